using System.Collections.Concurrent;

namespace ChunkUpload.Core.Access;

/// <summary>Looks up the current rights of a running caller; returns null if the credential has ended.</summary>
/// <param name="key">The credential or subject that the caller depends on. Callers with the same key share one lookup.</param>
public sealed class CallerRecheck(string key, Func<CancellationToken, Task<Caller?>> ask)
{
    public string Key => key;

    public Task<Caller?> AskAsync(CancellationToken cancellationToken) => ask(cancellationToken);
}

/// <summary>
/// Lists the requests, listeners and items of work that run for each caller. Every second the callers are looked up again, mostly in
/// memory. If a credential has ended or the caller has lost a right, the caller's operations are stopped within two seconds; an upload
/// keeps the received bytes. An operation that is added just after a change of rights is stopped a second later.
/// </summary>
public sealed class RunningCallers
{
    private readonly ConcurrentDictionary<Entry, byte> _running = new();

    public RunningCallers(AccessWatch watch) => watch.Checked += CheckAsync;

    /// <summary>Adds an operation to the list until the result is disposed.</summary>
    /// <param name="caller">The rights that the operation needs. It is stopped if one of them ends.</param>
    /// <param name="stop">Called at most once, with the state, when a right has ended. It must neither wait nor throw.</param>
    public IDisposable Begin(Caller caller, CallerRecheck again, Action<object> stop, object state)
    {
        var entry = new Entry(this, caller, again, stop, state);
        _running[entry] = 0;
        return entry;
    }

    /// <summary>Adds work that is stopped by a token.</summary>
    /// <param name="label">Names the object of the work, such as <c>transfer:ID</c>, so that the work can be stopped by this label.</param>
    /// <param name="cancellationToken">Also stops the work, for example when a lease is lost.</param>
    public RunningWork Begin(Caller caller, CallerRecheck again, string? label, CancellationToken cancellationToken)
    {
        var work = new RunningWork(label, cancellationToken);
        work.Entry = Begin(caller, again, static work => ((RunningWork)work).Stop(rightsLost: true), work);
        return work;
    }

    /// <summary>The number of requests and items of work that run with each credential.</summary>
    public IReadOnlyDictionary<(CredentialKind Kind, string? Id), int> Counts => _running.Keys
        .CountBy(entry => (entry.Caller.Credential.Kind, entry.Caller.Credential.Id)).ToDictionary();

    /// <summary>Stops the work with this label in this process, because it was paused or cancelled.</summary>
    public void Stop(string label)
    {
        foreach (var entry in _running.Keys)
        {
            if (entry.State is RunningWork work && work.Label == label)
                work.Stop(rightsLost: false);
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        // One credential may have several secrets, and each can end separately, such as the previous secret of a rotated key.
        foreach (var same in _running.Keys.GroupBy(running => (running.Caller.Tenant, running.Caller.Credential, running.Again.Key)))
        {
            var now = await same.First().Again.AskAsync(cancellationToken);
            foreach (var running in same)
            {
                if (!MayGoOn(running.Caller, now) && _running.TryRemove(running, out _))
                    running.Stop();
            }
        }
    }

    private static bool MayGoOn(Caller was, Caller? now) =>
        now is not null && now.Tenant == was.Tenant && now.Scopes.HasFlag(was.Scopes) && (now.SeesAll || !was.SeesAll);

    private sealed class Entry(RunningCallers all, Caller caller, CallerRecheck again, Action<object> stop, object state) : IDisposable
    {
        public Caller Caller => caller;

        public CallerRecheck Again => again;

        public object State => state;

        public void Stop() => stop(state);

        public void Dispose() => all._running.TryRemove(this, out _);
    }
}

/// <summary>Work that runs for a caller. Dispose it when the work has ended.</summary>
public sealed class RunningWork : IDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop;
    private bool _ended;

    internal RunningWork(string? label, CancellationToken cancellationToken)
    {
        Label = label;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _stop.Token;
    }

    /// <summary>Fires when a right of the caller has ended, or the work is to stop for another reason.</summary>
    public CancellationToken Token { get; }

    /// <summary>Gets a value that indicates whether the caller has lost a right that the work needs.</summary>
    public bool HasLostRights { get; private set; }

    internal string? Label { get; }

    internal IDisposable? Entry { get; set; }

    public void Dispose()
    {
        Entry?.Dispose();
        lock (_lock)
        {
            _ended = true;
            _stop.Dispose();
        }
    }

    internal void Stop(bool rightsLost)
    {
        lock (_lock)
        {
            if (_ended)
                return;
            HasLostRights |= rightsLost;
            // Callbacks of the token run on another thread, so they do not delay other checks.
            _ = _stop.CancelAsync();
        }
    }
}
