namespace ChunkUpload.Tests.Support;

/// <summary>
/// A clock that stands still until a test moves it. Timers fire inside <see cref="Advance"/>, in the order of their times.
/// </summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private TimeSpan _elapsed;
    private DateTimeOffset _start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate)
            return _elapsed.Ticks;
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
            return _start + _elapsed;
    }

    /// <summary>Changes the wall clock only, as an administrator or a wrong time server does.</summary>
    public void Jump(TimeSpan by)
    {
        lock (_gate)
            _start += by;
    }

    public void Advance(TimeSpan by)
    {
        TimeSpan until;
        lock (_gate)
            until = _elapsed + by;
        while (true)
        {
            Timer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.Due <= until).MinBy(timer => timer.Due);
                _elapsed = next?.Due ?? until;
                if (next is null)
                    return;
                if (next.Period > TimeSpan.Zero)
                    next.Due += next.Period;
                else
                    _timers.Remove(next);
            }

            next.Fire();
        }
    }

    /// <summary>Completes when a timer that is due after this time waits: the code under test has reached that delay.</summary>
    public Task WaitForTimerAsync(TimeSpan due, CancellationToken cancellationToken = default) =>
        WaitAsync(() => _timers.Exists(timer => timer.Due - _elapsed == due), cancellationToken);

    /// <summary>Waits until the code under test has reached a delay of this length, and lets that time pass.</summary>
    public async Task PassAsync(TimeSpan delay)
    {
        await WaitForTimerAsync(delay);
        Advance(delay);
    }

    /// <summary>Waits until the code under test has reached any delay, and lets the shortest one pass.</summary>
    public async Task PassNextAsync()
    {
        await WaitAsync(() => _timers.Count > 0, CancellationToken.None);
        TimeSpan next;
        lock (_gate)
            next = _timers.Min(timer => timer.Due) - _elapsed;
        Advance(next);
    }

    private async Task WaitAsync(Func<bool> reached, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (reached())
                    return;
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(Eventually.Limit, cancellationToken);
            }
            catch (TimeoutException)
            {
                lock (_gate)
                    Assert.Fail($"Reached no such delay, but {string.Join(", ", _timers.Select(timer => timer.Due - _elapsed))}.");
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(ManualTime owner, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            TaskCompletionSource changed;
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = owner._elapsed + dueTime;
                    Period = period;
                    owner._timers.Add(this);
                }

                changed = owner._changed;
                owner._changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            changed.SetResult();
            return true;
        }

        public void Dispose()
        {
            lock (owner._gate)
                owner._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
