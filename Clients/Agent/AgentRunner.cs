using System.Threading.Channels;
using ChunkUpload.Client;

namespace ChunkUpload.Agent;

/// <summary>How a run of an entry ended. No fault: it is done.</summary>
/// <param name="Fault">Why it failed.</param>
/// <param name="IsTransient">Whether it may succeed later.</param>
/// <param name="Past">The entry of the library's history.</param>
internal sealed record Outcome(Fault? Fault = null, bool IsTransient = false, PastTransfer? Past = null)
{
    /// <summary>Returns the row of the history for an entry that completed, or failed for good.</summary>
    public PastTransfer ToHistory(QueueEntry entry, DateTimeOffset now)
    {
        var past = Past ?? new PastTransfer
        {
            EndedAt = now,
            IsUpload = entry.Work.IsUp,
            Local = entry.Work.Local,
            Remote = entry.Work.Remote,
            Service = new Uri(entry.Work.Url).GetLeftPart(UriPartial.Authority),
        };
        return past with { QueueId = entry.Id, Message = Fault?.Message, Code = Fault?.Code };
    }
}

/// <summary>Runs the work of entries.</summary>
internal interface IEntryWork
{
    /// <summary>Transfers the files; after a cancellation, the next call resumes.</summary>
    Task<Outcome> RunAsync(QueueEntry entry, BandwidthLimit own, IProgress<TransferProgress> progress, CancellationToken stop);

    /// <summary>Removes the unfinished files of a cancelled entry on both sides, as far as they can be reached.</summary>
    Task AbandonAsync(QueueEntry entry, CancellationToken stop);
}

/// <summary>
/// Decides what runs: 1. what is cancelled is removed; 2. what has missed its deadline is given up; 3. what may run no more is stopped;
/// 4. free places are filled in the order of the queue; 5. where there is none, one of a lower priority makes room.
/// </summary>
internal sealed class AgentRunner(
    AgentQueue queue, IEntryWork work, Network network, BandwidthLimit bandwidth, TimeProvider time, Action<QueueEntry, Outcome> ended)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private const int MostAttempts = 30;

    // The wall clock may be set, and a laptop may sleep.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<long, Running> _running = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The transfers that run, with their last reports.</summary>
    public IReadOnlyDictionary<long, TransferProgress?> Now
    {
        get
        {
            lock (_gate)
            {
                return _running.Where(one => one.Value.IsTransfer).ToDictionary(one => one.Key, one => one.Value.Progress);
            }
        }
    }

    /// <summary>Decides until it is stopped, and then waits for what runs.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        queue.Changed += Wake;
        network.Answered += Wake;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var next = Step();
                var wait = next - time.GetUtcNow() is { } left && left < LongestWait ? left : LongestWait;
                using var alarm = time.CreateTimer(
                    _ => Wake(), null, wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                _ = await _signal.Reader.ReadAsync(stop);
            }
        }
        catch (OperationCanceledException)
        {
        }
        finally
        {
            queue.Changed -= Wake;
            network.Answered -= Wake;
            await StopAllAsync();
        }
    }

    /// <summary>Why an entry does not run.</summary>
    public Verdict Why(QueueEntry entry)
    {
        var verdict = Schedule.Of(entry, queue.Settings, time.GetUtcNow(), time.LocalTimeZone, network.IsMetered);
        return verdict.Reason is null && entry.Plan.NotMetered && !network.HasAnswered
            ? verdict with { Reason = "it is being found out whether the network is metered" }
            : verdict;
    }

    /// <summary>Decides once.</summary>
    /// <returns>When the time itself will change something.</returns>
    public DateTimeOffset? Step()
    {
        DateTimeOffset? next = null;
        var ready = new List<QueueEntry>();
        lock (_gate)
        {
            // Within the lock: an entry that has ended left the queue before it left what runs, and must not be begun again.
            var (entries, settings) = (queue.Entries, queue.Settings);
            if (entries.Any(entry => entry.Plan.NotMetered))
                network.Look();
            foreach (var entry in entries)
            {
                var running = _running.GetValueOrDefault(entry.Id);
                // 1. What is cancelled is removed.
                if (entry.State == EntryState.Cancelling)
                {
                    if (running is null)
                        Begin(entry, (_, stop) => AbandonAsync(entry, stop), isTransfer: false);
                    else if (running.IsTransfer)
                        running.Stop();
                    continue;
                }

                if (entry.State != EntryState.Waiting)
                {
                    running?.Stop();
                    continue;
                }

                // 2. What has missed its deadline is given up.
                var verdict = Why(entry);
                next = Schedule.Earlier(next, verdict.Until);
                if (verdict.IsOver)
                {
                    running?.Stop();
                    Miss(entry);
                    continue;
                }

                // 3. What may run no more is stopped.
                if (verdict.Reason is not null)
                    running?.Stop();
                else if (running is null)
                    ready.Add(entry);
                else
                    running.Limit.Set(entry.Plan.Bandwidth, time);
            }

            foreach (var (id, running) in _running)
            {
                if (running.IsTransfer && entries.All(entry => entry.Id != id))
                    running.Stop();
            }

            bandwidth.Set(settings.Bandwidth, time);
            Fill(ready, entries, settings.AtOnce);
            return NextRate(next, entries, settings);
        }
    }

    private void Fill(List<QueueEntry> ready, IReadOnlyList<QueueEntry> entries, int atOnce)
    {
        // 4. Free places are filled in the order of the queue.
        var transfers = _running.Values.Where(running => running.IsTransfer).ToList();
        var busy = transfers.Select(running => running.Key).ToHashSet();
        var free = atOnce - transfers.Count;
        foreach (var entry in ready)
        {
            if (!busy.Add(AgentQueue.KeyOf(entry.Work)))
                continue;
            if (free > 0)
            {
                free--;
                Begin(entry, (running, stop) => MoveAsync(entry, running, stop), isTransfer: true);
                continue;
            }

            // 5. Where there is none, one of a lower priority makes room.
            var lowest = entries.LastOrDefault(other =>
                other.Plan.Priority < entry.Plan.Priority && _running.TryGetValue(other.Id, out var one) && one is { IsTransfer: true });
            if (lowest is not null && transfers.All(running => !running.IsStopping))
                _running[lowest.Id].Stop();
            break;
        }

        // Fewer at once than run: the last ones make room.
        var over = transfers.Count - atOnce;
        foreach (var entry in entries.Reverse())
        {
            if (over > 0 && _running.TryGetValue(entry.Id, out var running) && running.IsTransfer)
            {
                running.Stop();
                over--;
            }
        }
    }

    /// <summary>Timetables change rates without stopping anything.</summary>
    private DateTimeOffset? NextRate(DateTimeOffset? next, IReadOnlyList<QueueEntry> entries, QueueSettings settings)
    {
        var now = time.GetUtcNow();
        var hasTimes = settings.Bandwidth?.Contains(',', StringComparison.Ordinal) == true
            || entries.Any(entry => entry.Plan.Bandwidth?.Contains(',', StringComparison.Ordinal) == true);
        return hasTimes ? Schedule.Earlier(next, now.AddTicks(TimeSpan.TicksPerMinute - (now.Ticks % TimeSpan.TicksPerMinute))) : next;
    }

    private void Begin(QueueEntry entry, Func<Running, CancellationToken, Task> run, bool isTransfer)
    {
        var running = new Running(AgentQueue.KeyOf(entry.Work), isTransfer, new BandwidthLimit(time));
        running.Limit.Set(entry.Plan.Bandwidth, time);
        _running[entry.Id] = running;
        running.Task = Task.Run(async () =>
        {
            try
            {
                await run(running, running.Token);
            }
            catch (AgentException failure)
            {
                // The queue cannot be saved: its saved state is still valid, so the entry runs again later.
                ended(entry, new Outcome(new Fault("localFile", failure.Message, failure.Code), IsTransient: true));
                await Task.Delay(FirstPause, time, CancellationToken.None);
            }
            finally
            {
                lock (_gate)
                    _ = _running.Remove(entry.Id);
                running.Dispose();
                Wake();
            }
        });
    }

    private async Task MoveAsync(QueueEntry entry, Running running, CancellationToken stop)
    {
        var began = time.GetUtcNow();
        Outcome outcome;
        try
        {
            outcome = await work.RunAsync(entry, running.Limit, running, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure) when (failure is not AgentException)
        {
            // The failure may be temporary. The pauses grow, and the number of attempts is limited.
            outcome = new Outcome(
                new Fault("fault", $"{failure.GetType().Name}: {failure.Message}"), IsTransient: entry.Failures < MostAttempts);
        }

        Settle(entry.Id, outcome, entry.NotBefore ?? began);
        ended(entry, outcome);
    }

    private async Task AbandonAsync(QueueEntry entry, CancellationToken stop)
    {
        try
        {
            await work.AbandonAsync(entry, stop);
        }
        catch (OperationCanceledException)
        {
            // The next agent does it.
            return;
        }

        queue.Remove(entry.Id);
    }

    private void Settle(long id, Outcome outcome, DateTimeOffset came)
    {
        var now = time.GetUtcNow();
        if (outcome.Fault is { } fault && outcome.IsTransient)
        {
            _ = queue.ChangeIfThere(id, entry => entry.State != EntryState.Waiting ? entry : entry with
            {
                Failures = entry.Failures + 1,
                Fault = fault,
                RetryAt = now + Pause(entry.Failures),
            });
            return;
        }

        // Schedule the next run, whatever the result is.
        var again = queue.ChangeIfThere(id, entry => entry.Plan.Every is not { } every || entry.State == EntryState.Cancelling
            ? entry
            : AgentQueue.Fresh(entry) with
            {
                State = entry.State,
                NotBefore = Every.Parse(every, out _)!.Next(came, now, time.LocalTimeZone),
                Fault = outcome.Fault,
            });
        if (again is not null)
            return;
        if (outcome.Fault is null)
            queue.Remove(id);
        else
            _ = queue.ChangeIfThere(id, entry => entry.State == EntryState.Cancelling
                ? entry
                : entry with { State = EntryState.Failed, Fault = outcome.Fault });
    }

    private void Miss(QueueEntry entry)
    {
        var fault = new Fault("deadline", "It was not done by its deadline.");
        try
        {
            if (queue.ChangeIfThere(entry.Id, now => now with { State = EntryState.Failed, Fault = fault }) is not null)
                ended(entry, new Outcome(fault));
        }
        catch (AgentException)
        {
            // It cannot be saved now, so it is not started; the next decision tries again.
        }
    }

    private static TimeSpan Pause(int failures) =>
        failures >= 6 ? LongestPause : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << failures));

    private void Wake() => _ = _signal.Writer.TryWrite(true);

    private async Task StopAllAsync()
    {
        List<Task> tasks;
        lock (_gate)
        {
            tasks = [.. _running.Values.Select(running => running.Task)];
            foreach (var running in _running.Values)
                running.Stop();
        }

        await Task.WhenAll(tasks).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>A run of an entry; it takes its reports.</summary>
    private sealed class Running(string key, bool isTransfer, BandwidthLimit limit) : IProgress<TransferProgress>, IDisposable
    {
        private readonly CancellationTokenSource _stop = new();

        public string Key => key;

        public bool IsTransfer => isTransfer;

        public bool IsStopping { get; private set; }

        public BandwidthLimit Limit => limit;

        public Task Task { get; set; } = Task.CompletedTask;

        public TransferProgress? Progress { get; private set; }

        public CancellationToken Token => _stop.Token;

        public void Report(TransferProgress value) => Progress = value;

        public void Stop()
        {
            if (IsStopping)
                return;
            IsStopping = true;
            _ = _stop.CancelAsync();
        }

        public void Dispose() => _stop.Dispose();
    }
}
