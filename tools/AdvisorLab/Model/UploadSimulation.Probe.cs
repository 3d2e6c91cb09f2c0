using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Model;

/// <summary>
/// A client that asks over second connections whether bytes still arrive, when none of its connections has made progress for some time: 1.
/// its own progress is visible in steps only; 2. each connection gets a second one, which takes two round trips to connect and one to ask,
/// and whose bytes use the link even after a false alarm; 3. the service reports how long no byte has arrived for the upload; 4. if that is
/// too long, the client abandons the connections without progress since then in favour of the second ones. While the link is down there is
/// no answer. A drop ends the probe too.
/// </summary>
internal sealed partial class UploadSimulation
{
    private const int ProbeTrips = 3;

    // A TLS handshake, and the head of the request.
    private const double ProbeBytes = 700 + Head;

    // Sockets accept bytes in steps, here of 16 KiB.
    private const double VisibleStep = 16 << 10;

    // The network dropped the second connection silently.
    private const double Never = double.MaxValue;

    private double _movedAt;
    private double _askedAt;
    private double _answerAt;
    private double _askAgainAt;
    private double _probeLeft;
    private double _probeRate;
    private int _probes;
    private int _takeovers;

    /// <summary>How many second connections were opened, and how many of them took over.</summary>
    public (int Tried, int TookOver) Probes => (_probes, _takeovers);

    private void BeginProbes() =>
        (_movedAt, _askedAt, _answerAt, _askAgainAt, _probeLeft, _probeRate, _probes, _takeovers) =
            (0, double.NaN, double.PositiveInfinity, 0, 0, 0, 0, 0);

    private void Moved(ref StreamState stream, double at) => stream.MovedAt = _movedAt = Math.Max(_movedAt, at);

    // 1. Its own progress is visible in steps only.
    private void SeeProgress(ref StreamState stream, double before, double seconds)
    {
        var step = Math.Floor(stream.Sent / VisibleStep) * VisibleStep;
        if (step > before)
            Moved(ref stream, _now + (seconds * (step - before) / Math.Max(1e-9, stream.Sent - before)));
    }

    private double ProbeDue()
    {
        if (double.IsInfinity(_sender.ProbeSeconds))
            return double.PositiveInfinity;
        if (!double.IsNaN(_askedAt))
            return _probeLeft > 0 || _link <= 0 ? double.PositiveInfinity : _answerAt;
        return InFlightCount() > 0 ? Math.Max(_movedAt + _sender.ProbeSeconds, _askAgainAt) : double.PositiveInfinity;
    }

    private void ProbesGoOn()
    {
        if (!double.IsNaN(_askedAt) && double.IsInfinity(_answerAt))
            _answerAt = _now + (ProbeTrips * _scenario.RoundTrip);
    }

    private void Probe()
    {
        if (_now < ProbeDue() - Soon)
            return;
        if (double.IsNaN(_askedAt))
        {
            // 2.
            var count = _scenario.Http2 ? 1 : InFlightCount();
            _probes += count;
            _probeLeft = count * ProbeBytes;
            (_askedAt, _answerAt) = (_now, _link > 0 ? _now + (ProbeTrips * _scenario.RoundTrip) : double.PositiveInfinity);
            return;
        }

        // 3. The service reports how long no byte has arrived for the upload.
        var asked = _askedAt;
        var dead = _now - _scenario.RoundTrip - _lastByteAt >= _sender.ProbeSeconds;
        EndQuestion(_now + _sender.ProbeSeconds);
        if (!dead)
            return;

        // 4.
        for (var index = 0; index < MostStreams; index++)
        {
            ref var stream = ref _streams[index];
            if (stream.Phase is not (Phase.Connecting or Phase.Asking or Phase.Sending or Phase.Answering) || stream.MovedAt > asked)
                continue;
            _takeovers++;
            Fail(index, NetworkOutcome.Stall, atOnce: true);
            (stream.Connected, stream.Age, stream.LastSend) = (true, 0, _now);
            if (_scenario.Http2)
                (_sharedOpen, _sharedUntil, _sharedAge, _sharedLastSend) = (true, double.NaN, 0, _now);
        }
    }

    private void EndQuestion(double again) => (_askedAt, _answerAt, _probeLeft, _askAgainAt) =
        (double.NaN, double.PositiveInfinity, 0, again);

    private int InFlightCount()
    {
        var count = 0;
        for (var index = 0; index < MostStreams; index++)
            count += _streams[index].Phase is Phase.Connecting or Phase.Asking or Phase.Sending or Phase.Answering ? 1 : 0;
        return count;
    }
}
