namespace ChunkUpload.Core.Advisor;

/// <summary>The link of one upload: its state, guarded; which bodies are open; and what was advised last. One lock, held for arithmetic only.</summary>
public sealed class LinkWatch
{
    // So many bodies can end before the next one begins; more streams than that nobody has.
    private const int MostGaps = 16;
    private const double LongestReport = 3600;

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly LinkBook _book;
    private readonly Queue<double> _ended = new(MostGaps);
    private readonly LinkState _state;
    private ClientLink? _client;
    private long _bytes;
    private long _openBytes;
    private double _lastByteAt;
    private long _touchedAt;
    private AdviceStep? _lastStep;
    private int _succeeded;
    private int _failed;
    private long _stepBytes;

    internal LinkWatch(LinkBook book, TimeProvider time, NetworkKey? network, in LinkFigures known)
    {
        (_book, _time, Network) = (book, time, network);
        _state = new LinkState(known);
        _touchedAt = time.GetTimestamp();
    }

    /// <summary>Null while no request said where it came from.</summary>
    internal NetworkKey? Network { get; private set; }

    internal TimeSpan IdleFor => _time.GetElapsedTime(Volatile.Read(ref _touchedAt));

    internal int OpenBodies { get; private set; }

    internal void Greet(NetworkKey? network, ClientLink? client)
    {
        lock (_gate)
        {
            _touchedAt = _time.GetTimestamp();
            Network = network ?? Network;
            if (client is null)
                return;
            _client = client;
            if (client.SendSeconds > 0 && _state.Figures.LastOk > 0)
                _state.Reported(Math.Clamp(client.SendSeconds, LinkState.TickSeconds, LongestReport), _state.Figures.LastOk);
        }
    }

    internal BodyWatch Open()
    {
        lock (_gate)
            OpenBodies++;
        return new BodyWatch(this);
    }

    internal double Read(long bytes, bool first)
    {
        lock (_gate)
        {
            var now = Now();
            _bytes += bytes;
            _openBytes += bytes;
            _lastByteAt = now;
            if (first)
                _state.Opened(now, _bytes, _ended.TryDequeue(out var before) ? now - before : double.NaN);
            else
                _state.Progress(now, _bytes);
            return now;
        }
    }

    internal void Ended(BodyWatch body, bool opened, BodyOutcome outcome)
    {
        LinkFigures figures;
        lock (_gate)
        {
            var now = Now();
            OpenBodies--;
            _openBytes -= body.Bytes;
            _stepBytes += body.Bytes;
            // What was on its way when it broke never came here, and the client has to send it again.
            if (outcome.IsBreak)
                outcome = outcome with { Lost = Math.Max(outcome.Lost, (long)Math.Min(outcome.Received, _state.Figures.Rate * _state.Figures.Gap)) };
            if (!opened)
                _state.Opened(now, _bytes);
            _state.Ended(now, _lastByteAt, _bytes, outcome);
            if (outcome.Ending == BodyEnding.Ok)
            {
                _succeeded++;
                if (_ended.Count == MostGaps)
                    _ = _ended.Dequeue();
                if (opened)
                    _ended.Enqueue(body.LastByteAt);
            }
            else if (outcome.Ending != BodyEnding.Unrelated)
            {
                _failed++;
                _ended.Clear();
            }

            figures = _state.Measured;
            _touchedAt = _time.GetTimestamp();
        }

        _book.Learned(this, figures, body.Bytes, outcome);
    }

    /// <param name="remaining">The upload's bytes that are not durable; what is on its way is taken off here.</param>
    internal AdviceFigures Decide(IAdvicePolicy policy, AdviceQuestion question, long? remaining, out LinkFigures seen)
    {
        lock (_gate)
        {
            var advice = policy.Decide(_state, question with
            {
                Remaining = remaining is { } bytes ? Math.Max(0, bytes - _openBytes) : null,
                RoundTrip = _client?.RoundTrip ?? 0,
                HintedRate = _client?.Rate ?? 0,
                Sparing = question.Sparing || _client is { Sparing: true },
            });
            _state.Advised = advice.Size;
            seen = _state.Figures;
            return advice;
        }
    }

    /// <summary>Seconds since the last byte of the bodies that are open; NaN when none is, or none has brought a byte.</summary>
    internal double Silence
    {
        get
        {
            lock (_gate)
                return OpenBodies > 0 && _bytes > 0 ? Math.Max(0, Now() - _lastByteAt) : double.NaN;
        }
    }

    internal int FailuresInRow
    {
        get
        {
            lock (_gate)
                return _state.FailuresInRow;
        }
    }

    /// <summary>The next line of the upload's history, if this advice is another than the last one: with what became of the last one.</summary>
    internal AdviceStep? Step(Uploads.UploadId upload, in AdviceFigures advice, int most)
    {
        lock (_gate)
        {
            if (_lastStep is { } last && ((last.ChunkSize == advice.Size && last.Concurrency == advice.Concurrency) || last.Number >= most))
                return null;
            var step = new AdviceStep(
                upload, (_lastStep?.Number ?? 0) + 1, _time.GetUtcNow(), advice.Size, advice.Concurrency, AdviceText.Word(advice.LimitedBy),
                AdviceText.Finite(advice.Rate), AdviceText.Finite(advice.DeadTime), AdviceText.Finite(advice.Mtbf), _succeeded, _failed, _stepBytes);
            (_succeeded, _failed, _stepBytes, _lastStep) = (0, 0, 0, step);
            return step;
        }
    }

    private double Now() => _time.GetTimestamp() / (double)_time.TimestampFrequency;
}
