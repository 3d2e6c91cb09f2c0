using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Model;

/// <summary>The events of a stream: it connects, completes or breaks a request, waits, continues.</summary>
internal sealed partial class UploadSimulation
{
    private void Happen(int index)
    {
        ref var stream = ref _streams[index];
        switch (stream.Phase)
        {
            case Phase.Waiting when _now >= stream.Until - Soon:
                // Without a chunk of its own, the stream helps with the rest.
                stream.Phase = Phase.Idle;
                stream.Until = double.PositiveInfinity;
                if (stream.Size > 0)
                    Resume(ref stream);
                break;
            case Phase.Connecting when _now >= stream.Until - Soon:
                stream.Connected = true;
                stream.Age = 0;
                stream.LastSend = _now;
                if (_scenario.Http2 && !_sharedOpen)
                    (_sharedOpen, _sharedUntil, _sharedAge, _sharedLastSend) = (true, double.NaN, 0, _now);
                Resume(ref stream);
                break;
            case Phase.Connecting when _now >= stream.Deadline - Soon:
                Fail(index, NetworkOutcome.Stall);
                break;
            case Phase.Asking when _now >= stream.Until - Soon && !stream.Silent && _link > 0:
                Send(ref stream);
                break;
            case Phase.Sending when stream.Left <= 0:
                stream.Phase = Phase.Answering;
                stream.BodyEnd = _now;
                stream.Until = _now + _scenario.RoundTrip + _scenario.Commit + (stream.Size / StoreRate);
                break;
            case Phase.Answering when _now >= stream.Until - Soon && !stream.Silent && _link > 0:
                Answer(index);
                break;
            case Phase.Asking or Phase.Sending or Phase.Answering when _now >= stream.LastProgress + _sender.StallSeconds - Soon
                && (stream.Silent || _link <= 0):
                Break(index, NetworkOutcome.Stall);
                break;
            case Phase.Sending or Phase.Answering when _now >= stream.RequestStart + _scenario.RequestTimeout - Soon:
                Fail(index, NetworkOutcome.Timeout);
                break;
        }
    }

    private void Resume(ref StreamState stream)
    {
        if (!IsConnected(stream))
        {
            Connect(ref stream);
        }
        else if (stream.Asks)
        {
            stream.Asks = false;
            stream.Phase = Phase.Asking;
            stream.Until = _now + _scenario.RoundTrip;
            stream.LastProgress = stream.RequestStart = _now;
            stream.Silent = false;
        }
        else
        {
            Send(ref stream);
        }
    }

    private void Answer(int index)
    {
        ref var stream = ref _streams[index];
        Moved(ref stream, _now);
        if (stream.Corrupt)
        {
            // Continues at once on the same connection, because the network is up.
            _wasted += stream.Size;
            _sender.Link.Ended(
                _now, _lastByteAt, (long)_body,
                new BodyOutcome(NetworkOutcome.Checksum, stream.Size, (long)stream.Body, (long)stream.Body));
            _unsent += stream.Size;
            Rest(ref stream);
            return;
        }

        _committed += stream.Size;
        _failures = 0;
        _sender.Link.Ended(_now, _lastByteAt, (long)_body, new BodyOutcome(NetworkOutcome.Ok, stream.Size, (long)stream.Body, 0));
        stream.GapFrom = stream.BodyEnd;
        Rest(ref stream);
        _watch?.Invoke(new RunMoment(_now, _link, _committed, 0, _sender.Advice.Concurrency, false));
    }

    private static void Rest(ref StreamState stream)
    {
        (stream.Phase, stream.Until) = (Phase.Idle, double.PositiveInfinity);
        (stream.Size, stream.Kept, stream.Corrupt) = (0, 0, false);
    }

    /// <summary>A drop of the network ends each connection; one in five drops is silent.</summary>
    private void Drop()
    {
        var silent = _drops.Unit() < SilentShare && !_sender.Foresees;
        _nextDrop += _drops.Exponential(_scenario.Mtbf);
        // A second connection that was being opened is gone as well. After a silent drop it waits until the first one is given up.
        if (!double.IsNaN(_askedAt))
        {
            if (silent)
                _answerAt = Never;
            else
                EndQuestion(_now + _sender.ProbeSeconds);
        }

        for (var index = 0; index < MostStreams; index++)
        {
            ref var stream = ref _streams[index];
            if (silent && stream.Phase is Phase.Connecting)
            {
                (stream.Until, stream.Silent) = (double.PositiveInfinity, true);
            }
            else if (silent && stream.Phase is Phase.Asking or Phase.Sending or Phase.Answering)
            {
                stream.Silent = true;
            }
            else if (!silent && stream.Phase is Phase.Connecting or Phase.Asking or Phase.Sending or Phase.Answering && !stream.Silent)
            {
                Fail(index, NetworkOutcome.Disconnect);
            }
            else if (stream.Phase == Phase.Idle)
            {
                stream.Connected = false;
            }
        }

        (_sharedOpen, _sharedUntil) = (false, double.NaN);
    }

    /// <summary>A stalled connection stalls HTTP/2's other streams too.</summary>
    private void Break(int index, NetworkOutcome outcome, bool atOnce = false)
    {
        Fail(index, outcome, atOnce);
        if (!_scenario.Http2)
            return;
        for (var other = 0; other < MostStreams; other++)
        {
            ref var stream = ref _streams[other];
            if (stream.Phase is Phase.Asking or Phase.Sending or Phase.Answering && (stream.Silent || _link <= 0))
                Fail(other, outcome, atOnce);
        }
    }

    /// <param name="atOnce">There is a connection on which to continue.</param>
    private void Fail(int index, NetworkOutcome outcome, bool atOnce = false)
    {
        ref var stream = ref _streams[index];
        var sent = stream.Phase is Phase.Sending or Phase.Answering;
        if (sent)
        {
            var received = stream.Sent;
            var lost = received;
            if (_sender.KeepsPrefix)
            {
                // Bytes in flight for less than a round trip never arrived.
                var since = stream.Phase == Phase.Answering ? stream.LastProgress - stream.BodyEnd : 0;
                lost = Math.Min(received, stream.LastRate * Math.Max(0, _scenario.RoundTrip - since));
                stream.Kept += received - lost;
            }

            _wasted += lost;
            _sender.Link.Ended(_now, _lastByteAt, (long)_body, new BodyOutcome(outcome, stream.Size, (long)received, (long)lost));
            // A break after progress counts as the first one again.
            if (_sender.KeepsPrefix && received > lost)
                _failures = 0;
        }

        if (!_sender.KeepsPrefix)
        {
            _unsent += stream.Size;
            (stream.Size, stream.Corrupt) = (0, false);
        }

        // A probe without an answer belongs to a connection that is given up.
        if (!double.IsNaN(_askedAt) && _answerAt == Never)
            EndQuestion(_now);
        stream.Asks = _sender.KeepsPrefix;
        stream.GapFrom = double.NaN;
        stream.Silent = false;
        if (!_scenario.Http2 || outcome != NetworkOutcome.Timeout)
        {
            stream.Connected = false;
            if (_scenario.Http2)
                (_sharedOpen, _sharedUntil) = (false, double.NaN);
        }

        if (!(_now - _failedAt < BurstSeconds) || _sender.Waits is not null)
        {
            _failures++;
            _failedAt = _now;
        }

        var wait = _sender.Wait(_failures, ref _jitter);
        _gaveUp |= double.IsNaN(wait);
        stream.Phase = Phase.Waiting;
        stream.Until = atOnce ? _now : _now + wait;
        _watch?.Invoke(new RunMoment(_now, _link, _committed, stream.Size, _sender.Advice.Concurrency, true));
    }
}
