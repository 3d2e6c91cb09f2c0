using System.Diagnostics.CodeAnalysis;
using ChunkUpload.Client;

namespace ChunkUpload.Agent;

/// <summary>Runs every duty until it is removed. A duty that fails is tried again after longer and longer pauses.</summary>
internal sealed class DutyRunner
{
    private const int Most = 100;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    // After this time of success, the next failure counts as the first one.
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly DutyStore _store;
    private readonly Dictionary<string, IDutyWork> _works;
    private readonly TimeProvider _time;
    private readonly Action<string> _note;
    private readonly SortedDictionary<long, Running> _duties = [];
    private CancellationToken? _stop;

    /// <param name="store">The duties on the disk.</param>
    /// <param name="works">The kinds that this agent has.</param>
    /// <param name="note">Receives a sentence for each file that cannot be understood, and for each new fault of a duty.</param>
    public DutyRunner(DutyStore store, IEnumerable<IDutyWork> works, TimeProvider time, Action<string> note)
    {
        (_store, _time, _note) = (store, time, note);
        _works = works.ToDictionary(work => work.Kind, StringComparer.Ordinal);
        foreach (var duty in store.Load(note))
            _duties[duty.Id] = new Running(duty);
    }

    public IReadOnlyList<DutyView> Views
    {
        get
        {
            lock (_gate)
                return [.. _duties.Values.Select(one => one.View)];
        }
    }

    /// <summary>Adds and starts a duty. It replaces an equal existing duty, because its settings may differ.</summary>
    /// <exception cref="AgentException">The agent does not have the kind, has too many duties, or cannot save the duty.</exception>
    public DutyView Add(Duty duty)
    {
        if (!_works.ContainsKey(duty.Kind))
            throw new AgentException(AgentException.BadRequest, $"This agent has no duties of the kind \"{duty.Kind}\".");
        Running? replaced;
        Running added;
        lock (_gate)
        {
            replaced = _duties.Values.FirstOrDefault(one => one.Duty.IsSameAs(duty));
            if (replaced is null && _duties.Count >= Most)
                throw new AgentException(AgentException.QueueFull, $"The agent has room for {Most} duties.");
            var id = replaced?.Duty.Id ?? _duties.Keys.LastOrDefault() + 1;
            added = new Running(duty with { Version = Duty.CurrentVersion, Id = id, AddedAt = _time.GetUtcNow() });
            if (!added.Duty.IsValid)
                throw new AgentException(AgentException.BadRequest, "This is no duty: it needs a folder and a service.");
            _store.Save(added.Duty);
            _duties[id] = added;
            // The next run of the same folder waits for the previous one, which holds the journal.
            Begin(added, replaced?.EndAsync() ?? Task.CompletedTask);
        }

        return added.View;
    }

    /// <summary>Ends a duty for good.</summary>
    /// <exception cref="AgentException">There is no such duty, or it cannot be removed from the disk.</exception>
    public DutyView Remove(long id)
    {
        lock (_gate)
        {
            if (!_duties.TryGetValue(id, out var running))
                throw new AgentException(AgentException.NoEntry, $"The agent has no duty {id}. cu agent duties lists them.");
            _store.Remove(id);
            _ = _duties.Remove(id);
            _ = running.EndAsync();
            return running.View;
        }
    }

    /// <summary>Runs all duties until it is cancelled, and then waits for them.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        lock (_gate)
        {
            _stop = stop;
            foreach (var running in _duties.Values)
                Begin(running, Task.CompletedTask);
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        List<Task> ends;
        lock (_gate)
        {
            // Duties that are added from now on are only saved.
            _stop = null;
            ends = [.. _duties.Values.Select(running => running.EndAsync())];
        }

        await Task.WhenAll(ends);
    }

    // The caller holds the lock.
    private void Begin(Running running, Task before)
    {
        if (_stop is { } stop)
            running.Task = Task.Run(() => RunAsync(running, before, stop), CancellationToken.None);
    }

    private async Task RunAsync(Running running, Task before, CancellationToken stop)
    {
        await before;
        if (!_works.TryGetValue(running.Duty.Kind, out var work))
        {
            running.Set("unknown", "This agent does not have the kind.", null, null);
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop, running.Token);
        string? noted = null;
        for (var failures = 0; !end.IsCancellationRequested;)
        {
            var began = _time.GetTimestamp();
            running.Set("running", null, null, null);
            var fault = await TryAsync(work, running, end.Token);
            if (fault is null)
                return;
            failures = _time.GetElapsedTime(began) > Settled ? 0 : failures;
            var pause = PauseAfter(failures++);
            running.Set("waiting", fault.Message, _time.GetUtcNow() + pause, fault);
            if (fault.Message != noted)
                _note(PrintableText.Of($"{running.Duty.Kind} {running.Duty.Local}: {noted = fault.Message}"));
            await Task.Delay(pause, _time, end.Token).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <returns>The failure; <c>null</c> if the run was cancelled.</returns>
    private static async Task<Fault?> TryAsync(IDutyWork work, Running running, CancellationToken stop)
    {
        try
        {
            await work.RunAsync(running.Duty, running, stop);
            return stop.IsCancellationRequested ? null : new Fault("fault", "The duty ended by itself.");
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (TransferException failure)
        {
            return new Fault(Fault.ClassOf(failure.Failure), failure.Message, failure.Code);
        }
        catch (Exception failure)
        {
            return new Fault("fault", $"{failure.GetType().Name}: {failure.Message}");
        }
    }

    private static TimeSpan PauseAfter(int failures) =>
        failures >= 6 ? LongestPause : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << failures));

    [SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing that must be released.")]
    private sealed class Running(Duty duty) : IProgress<string>
    {
        private readonly CancellationTokenSource _end = new();
        private volatile DutyView _view = new() { Duty = duty, State = "waiting", Text = "It has not begun." };

        public Duty Duty => duty;

        public DutyView View => _view;

        public Task Task { get; set; } = Task.CompletedTask;

        public CancellationToken Token => _end.Token;

        public void Report(string value) => _view = _view with { Text = value };

        public void Set(string state, string? text, DateTimeOffset? until, Fault? fault) =>
            _view = new DutyView { Duty = duty, State = state, Text = text, Until = until, Fault = fault };

        public Task EndAsync()
        {
            _end.Cancel();
            return Task;
        }
    }
}
