using ChunkUpload.AdvisorLab.Senders;

namespace ChunkUpload.AdvisorLab.Model;

/// <summary>
/// Simulates a client, a link and a service as a fluid model from event to event: 1. idle streams take work; 2. the link is shared; 3. time
/// advances to the next event; 4. due events happen. Drops and wrong bytes come from independent sequences, so that every sender meets the
/// same ones for the same scenario and seed.
/// </summary>
internal sealed partial class UploadSimulation
{
    private const double Head = 900;
    private const double FirstWindow = 14_600;
    private const double IdleRestart = 0.2;
    private const double ConnectSeconds = 10;
    private const double StoreRate = 300e6;
    private const double SilentShare = 0.2;
    private const double BurstSeconds = 1;
    private const int MostStreams = 8;
    private const double Soon = 1e-9;

    private readonly StreamState[] _streams = new StreamState[MostStreams];
    private Scenario _scenario = null!;
    private Sender _sender = null!;
    private Action<RunMoment>? _watch;
    private Chance _drops;
    private Chance _flips;
    private Chance _jitter;
    private double _now;
    private int _step;
    private double _stepEnds;
    private double _link;
    private double _nextDrop;
    private double _nextFlip;
    private double _body;
    private double _lastByteAt;
    private double _unsent;
    private double _committed;
    private double _wasted;
    private int _requests;
    private int _failures;
    private double _failedAt;
    private bool _gaveUp;
    private double _sharedAge;
    private double _sharedLastSend;
    private double _sharedUntil;
    private bool _sharedOpen;

    /// <param name="limit">Seconds after which continuing is not worthwhile.</param>
    public UploadRun Run(
        Scenario scenario, Sender sender, int seed, double limit = double.PositiveInfinity, Action<RunMoment>? watch = null)
    {
        Begin(scenario, sender, seed, watch);
        limit = Math.Min(limit, scenario.Cap);
        while (_committed < scenario.Size && !_gaveUp)
        {
            // 1. Idle streams take work.
            TakeWork();

            // 2. The link is shared.
            var next = Math.Min(Share(), Math.Min(Math.Min(_stepEnds, _nextDrop), ProbeDue()));
            for (var index = 0; index < MostStreams; index++)
                next = Math.Min(next, Due(ref _streams[index]));
            if (next > limit)
                return new UploadRun(limit, false, _wasted / scenario.Size, _requests);

            // 3. Time advances to the next event.
            Advance(Math.Max(0, next - _now));
            _now = Math.Max(_now, next);

            // 4. Due events happen.
            if (_now >= _stepEnds - Soon)
                NextStep();
            if (_now >= _nextDrop - Soon)
                Drop();
            Probe();
            for (var index = 0; index < MostStreams; index++)
                Happen(index);
        }

        return new UploadRun(_gaveUp ? scenario.Cap : _now, !_gaveUp, _wasted / scenario.Size, _requests);
    }

    private void Begin(Scenario scenario, Sender sender, int seed, Action<RunMoment>? watch)
    {
        (_scenario, _sender, _watch) = (scenario, sender, watch);
        sender.Start();
        _drops = Chance.Of(scenario.Seed, (ulong)seed, 1);
        _flips = Chance.Of(scenario.Seed, (ulong)seed, 2);
        _jitter = Chance.Of(scenario.Seed, (ulong)seed, 3);
        Array.Fill(_streams, new StreamState { Until = double.PositiveInfinity, GapFrom = double.NaN, LastSend = double.NegativeInfinity });
        (_now, _body, _lastByteAt, _committed, _wasted, _requests, _failures) = (0, 0, 0, 0, 0, 0, 0);
        (_failedAt, _gaveUp, _sharedOpen, _sharedUntil, _sharedAge, _sharedLastSend) =
            (double.NegativeInfinity, false, false, double.NaN, 0, 0);
        _unsent = scenario.Size;
        BeginProbes();
        _nextDrop = _drops.Exponential(scenario.Mtbf);
        _nextFlip = scenario.Corruption > 0 ? _flips.Exponential(1 / scenario.Corruption) : double.PositiveInfinity;
        _step = scenario.Trace.StepAt(scenario.Offset);
        _stepEnds = scenario.Trace.EndOf(_step) - scenario.Offset;
        _link = scenario.Trace.RateOf(_step);
    }

    private void TakeWork()
    {
        // A stream that waits for a retry counts towards the advised number, but not in the stagger: after a break of every stream, all of
        // them would begin together with chunks of full size.
        var (active, running) = (0, 0);
        for (var index = 0; index < MostStreams; index++)
        {
            if (_streams[index].Phase == Phase.Idle)
                continue;
            active++;
            if (_streams[index].Phase != Phase.Waiting)
                running++;
        }

        for (var index = 0; index < MostStreams && _unsent >= 1; index++)
        {
            ref var stream = ref _streams[index];
            if (stream.Phase != Phase.Idle)
                continue;
            var size = _sender.Next(_scenario.Size - _committed - InFlight(), _failures);
            if (active >= _sender.Advice.Concurrency)
                return;

            // Streams that begin together would end together, and none would send while all wait for their answers.
            if (_sender.Staggers)
                size = Math.Max(Math.Min(size, 64 << 10), size * (running + 1) / _sender.Advice.Concurrency);

            // A rest that is too small for a request of its own goes with this one.
            stream.Size = _unsent - size < size / 8.0 ? (long)_unsent : size;
            stream.Kept = 0;
            _unsent -= stream.Size;
            active++;
            running++;
            if (IsConnected(stream))
                Send(ref stream);
            else
                Connect(ref stream);
        }
    }

    /// <summary>Bytes of the open chunks that have reached the service.</summary>
    private double InFlight()
    {
        var bytes = 0.0;
        for (var index = 0; index < MostStreams; index++)
        {
            ref var stream = ref _streams[index];
            if (stream.Size > 0)
                bytes += stream.Kept + (stream.Phase is Phase.Sending or Phase.Answering ? stream.Sent : 0);
        }

        return bytes;
    }

    private bool IsConnected(in StreamState stream) => _scenario.Http2 ? _sharedOpen : stream.Connected;

    private void Connect(ref StreamState stream)
    {
        stream.Phase = Phase.Connecting;
        Moved(ref stream, _now);
        stream.Deadline = _now + ConnectSeconds;
        stream.Until = _scenario.Http2 && (_sharedOpen || !double.IsNaN(_sharedUntil))
            ? _sharedOpen ? _now : _sharedUntil
            : _link > 0 ? _now + (2 * _scenario.RoundTrip) : double.PositiveInfinity;
        if (_scenario.Http2 && !_sharedOpen && double.IsFinite(stream.Until))
            _sharedUntil = stream.Until;
    }

    private void Send(ref StreamState stream)
    {
        if (_scenario.Http2)
        {
            if (_now - _sharedLastSend > _scenario.RoundTrip + IdleRestart)
                _sharedAge = 0;
        }
        else if (_now - stream.LastSend > _scenario.RoundTrip + IdleRestart)
        {
            stream.Age = 0;
        }

        stream.Phase = Phase.Sending;
        Moved(ref stream, _now);
        stream.Until = double.PositiveInfinity;
        stream.Body = stream.Size - stream.Kept;
        stream.Left = stream.Body + Head;
        stream.RequestStart = stream.LastProgress = _now;
        stream.Rate = stream.LastRate = 0;
        stream.Silent = false;
        _requests++;
        _sender.Link.Opened(_now, (long)_body, _now - stream.GapFrom);
        stream.GapFrom = double.NaN;
        _watch?.Invoke(new RunMoment(_now, _link, _committed, stream.Size, _sender.Advice.Concurrency, false));
    }

    /// <summary>When this stream is due next, if nothing else happens.</summary>
    private double Due(ref StreamState stream)
    {
        switch (stream.Phase)
        {
            case Phase.Idle:
                return double.PositiveInfinity;
            case Phase.Waiting:
                return stream.Until;
            case Phase.Connecting:
                return Math.Min(stream.Until, stream.Deadline);
            case Phase.Sending:
                var end = stream.Rate > 0 ? _now + (stream.Left / stream.Rate) : stream.LastProgress + _sender.StallSeconds;
                return Math.Min(end, stream.RequestStart + _scenario.RequestTimeout);
            default:
                var answer = !stream.Silent && _link > 0 ? stream.Until : stream.LastProgress + _sender.StallSeconds;
                return Math.Min(answer, stream.RequestStart + _scenario.RequestTimeout);
        }
    }

    private void Advance(double seconds)
    {
        _probeLeft = Math.Max(0, _probeLeft - (_probeRate * seconds));
        if (_probeLeft < 1e-3)
            _probeLeft = 0;
        var any = false;
        for (var index = 0; index < MostStreams; index++)
        {
            ref var stream = ref _streams[index];
            if (stream.Phase != Phase.Sending || !(stream.Rate > 0))
            {
                if (stream.Phase is Phase.Answering or Phase.Asking && !stream.Silent && _link > 0)
                    stream.LastProgress = _now + seconds;
                continue;
            }

            any = true;
            var before = stream.Sent;
            stream.Left = Math.Max(0, stream.Left - (stream.Rate * seconds));
            if (stream.Left < 1e-3)
                stream.Left = 0;
            _body += stream.Sent - before;
            SeeProgress(ref stream, before, seconds);
            while (_body >= _nextFlip)
            {
                stream.Corrupt = true;
                _nextFlip += _flips.Exponential(1 / _scenario.Corruption);
            }

            stream.LastRate = stream.Rate;
            stream.Age += seconds;
            stream.LastProgress = stream.LastSend = _now + seconds;
        }

        if (any)
        {
            _sharedAge += seconds;
            _lastByteAt = _sharedLastSend = _now + seconds;
            _sender.Link.Progress(_lastByteAt, (long)_body);
        }
    }

    private void NextStep()
    {
        var trace = _scenario.Trace;
        _step = _step + 1 == trace.Count ? 0 : _step + 1;
        _stepEnds += trace.EndOf(_step) - (_step == 0 ? 0 : trace.EndOf(_step - 1));
        var dead = _link <= 0;
        _link = trace.RateOf(_step);
        if (!dead || _link <= 0)
            return;
        ProbesGoOn();
        for (var index = 0; index < MostStreams; index++)
        {
            ref var stream = ref _streams[index];
            if (stream.Phase == Phase.Connecting && double.IsInfinity(stream.Until) && !stream.Silent)
            {
                stream.Until = _now + (2 * _scenario.RoundTrip);
                _sharedUntil = stream.Until;
            }
        }
    }
}
