using ChunkUpload.Client.Uploads;

namespace ChunkUpload.Client.Progress;

/// <summary>Counts what a transfer moves and reports it at each chunk's end, and else at most ten times a second.</summary>
internal sealed class ProgressBoard
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly IProgress<TransferProgress>? _report;
    private readonly TimeProvider _time;
    private readonly Uri _service;
    private readonly long _began;
    private readonly Queue<(long At, long Bytes)> _samples = new();
    private readonly RangeSet _safe = new();
    private long _reported;
    private long _inWindow;
    private long _flying;
    private long _moved;
    private double _peak;
    private int _done;
    private int _running;
    private int _waiters;
    private (string Text, TimeSpan? Pause)? _trouble;
    private TransferPhase _phase = TransferPhase.Starting;

    public ProgressBoard(
        string name, long? size, Uri service, ChunkUploadClientOptions options, IProgress<TransferProgress>? report, TimeProvider time)
    {
        (Name, Size, _service, _report, _time) = (name, size, service, report, time);
        _began = time.GetTimestamp();
        Advice = new AdviceBook(options.MaxConnections, options.StallTimeout);
    }

    public string Name { get; set; }

    public long? Size { get; set; }

    public AdviceBook Advice { get; }

    public int Retries { get; private set; }

    public long Saved { get; private set; }

    public long SavedByCompressing { get; set; }

    /// <summary>Requests that wait to be repeated.</summary>
    public int Waiters => Volatile.Read(ref _waiters);

    public long Moved => Interlocked.Read(ref _moved);

    public TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>Rises with everything that has become safe.</summary>
    public int Steps { get; private set; }

    public double Speed
    {
        get
        {
            lock (_gate)
                return SpeedNow();
        }
    }

    /// <summary>What is there already; the rest is missing.</summary>
    public void Know(RangeSet safe, bool resumed)
    {
        lock (_gate)
        {
            if (resumed && Saved == 0)
                Saved = safe.Total;
            _safe.Clear();
            foreach (var range in safe.Items)
                _safe.Add(range.Offset, range.Length);
        }

        Report();
    }

    public void Enter(TransferPhase phase)
    {
        lock (_gate)
            _phase = phase;
        Report(always: true);
    }

    public void Begin()
    {
        lock (_gate)
            _running++;
        Report();
    }

    public void End()
    {
        lock (_gate)
            _running--;
    }

    /// <summary>Bytes were given to a connection; they are safe once their chunk is.</summary>
    public void Sending(long bytes)
    {
        lock (_gate)
        {
            _flying += bytes;
            if (bytes > 0)
            {
                _moved += bytes;
                _inWindow += bytes;
                _samples.Enqueue((_time.GetTimestamp(), bytes));
                _peak = Math.Max(_peak, SpeedNow());
                _trouble = null;
            }
        }

        Report();
    }

    public void Received(long offset, long length, bool chunk = true)
    {
        lock (_gate)
        {
            _safe.Add(offset, length);
            Steps++;
            if (chunk)
                _done++;
        }

        Report(always: chunk);
    }

    /// <summary>The service has kept this much of a chunk that broke off.</summary>
    public void Kept(long bytes)
    {
        lock (_gate)
        {
            Saved += bytes;
            Steps++;
        }
    }

    public IDisposable Waiting(TransferException failure, TimeSpan pause)
    {
        lock (_gate)
        {
            Retries++;
            _waiters++;
            _trouble = (failure.Message, pause);
        }

        ClientMeter.Retries.Add(1, new KeyValuePair<string, object?>("class", failure.Failure.ToString()));
        Report(always: true);
        return new Wait(this);
    }

    /// <summary>Shows that the transfer waits for something that is no failure.</summary>
    public IDisposable Waiting(string why)
    {
        lock (_gate)
        {
            _waiters++;
            _trouble = (why, null);
        }

        Report(always: true);
        return new Wait(this);
    }

    public void Done()
    {
        ClientMeter.Saved.Add(Saved);
        Enter(TransferPhase.Done);
    }

    private double SpeedNow()
    {
        while (_samples.TryPeek(out var oldest) && _time.GetElapsedTime(oldest.At) > Window)
        {
            _ = _samples.Dequeue();
            _inWindow -= oldest.Bytes;
        }

        return _samples.TryPeek(out var first) ? _inWindow / Math.Max(0.5, _time.GetElapsedTime(first.At).TotalSeconds) : 0;
    }

    private void Report(bool always = false)
    {
        if (_report is null)
            return;
        TransferProgress now;
        lock (_gate)
        {
            if (!always && _reported != 0 && _time.GetElapsedTime(_reported) < Pace)
                return;
            _reported = _time.GetTimestamp();
            var safe = _phase == TransferPhase.Done && Size is { } all ? all : _safe.Total;
            var sent = Math.Min(safe + Math.Max(0, _flying), Size ?? long.MaxValue);
            var speed = SpeedNow();
            var waiting = _waiters > 0 && _waiters >= _running && _phase != TransferPhase.Done;
            var left = Size - sent;
            now = new TransferProgress
            {
                Name = Name,
                Phase = waiting ? TransferPhase.Waiting : _phase,
                Size = Size,
                Safe = safe,
                Sent = sent,
                ChunksDone = _done,
                Chunks = _done + _running + (int)Math.Min(int.MaxValue / 2, Math.Max(0, left ?? 0) / Math.Max(1, Advice.Limit)),
                Speed = speed,
                AverageSpeed = _moved / Math.Max(0.001, Elapsed.TotalSeconds),
                PeakSpeed = _peak,
                Remaining = speed > 1 && left is { } rest ? TimeSpan.FromSeconds(Math.Min(rest / speed, 1e9)) : null,
                Retries = Retries,
                SavedByResuming = Saved,
                Trouble = waiting ? _trouble?.Text : null,
                RetryIn = waiting ? _trouble?.Pause : null,
                Service = _service,
            };
        }

        _report.Report(now);
    }

    private sealed class Wait(ProgressBoard board) : IDisposable
    {
        public void Dispose()
        {
            lock (board._gate)
                board._waiters--;
        }
    }
}
