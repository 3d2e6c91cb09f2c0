using System.Collections.Concurrent;

namespace ChunkUpload.Core.Access;

/// <summary>Finds the caller of something that runs again, as he is now; null once his right has ended.</summary>
/// <param name="key">What it rests on: a key, a token, a certificate, a subject. What has the same key shares one question.</param>
public sealed class CallerRecheck(string key, Func<CancellationToken, Task<Caller?>> ask)
{
    public string Key => key;

    public Task<Caller?> AskAsync(CancellationToken cancellationToken) => ask(cancellationToken);
}

/// <summary>
/// Everything that runs for a caller: requests, with the listeners and transfers of bytes inside of them, and items of work. Every second
/// the callers are looked up again, mostly in memory. What runs for a caller whose credential has ended, or who has lost a right, is
/// stopped within two seconds: an upload keeps the bytes that came. What was begun with rights from before a change and is listed after it
/// is stopped a second later.
/// </summary>
public sealed class RunningCallers
{
    private readonly ConcurrentDictionary<Entry, byte> _running = new();

    public RunningCallers(AccessWatch watch) => watch.Checked += CheckAsync;

    /// <summary>Lists something until the result is disposed of.</summary>
    /// <param name="caller">The rights that it needs: all of these must stay.</param>
    /// <param name="stop">Called at most once, with the state, when a right has ended. It must neither wait nor throw.</param>
    public IDisposable Begin(Caller caller, CallerRecheck again, Action<object> stop, object state)
    {
        var entry = new Entry(this, caller, again, stop, state);
        _running[entry] = 0;
        return entry;
    }

    /// <summary>The same for work that is stopped by a token.</summary>
    /// <param name="label">What it works on, so that it can also be stopped by that: <c>transfer:ID</c>.</param>
    /// <param name="cancellationToken">Stops the work, too, for example when a lease is lost.</param>
    public RunningWork Begin(Caller caller, CallerRecheck again, string? label, CancellationToken cancellationToken)
    {
        var work = new RunningWork(label, cancellationToken);
        work.Entry = Begin(caller, again, static work => ((RunningWork)work).Stop(rightsLost: true), work);
        return work;
    }

    /// <summary>How many requests and items of work run with each credential.</summary>
    public IReadOnlyDictionary<(CredentialKind Kind, string? Id), int> Counts => _running.Keys
        .CountBy(entry => (entry.Caller.Credential.Kind, entry.Caller.Credential.Id)).ToDictionary();

    /// <summary>Stops the work of this process with this label: it was paused, or is to end.</summary>
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
        // Several secrets may stand for one credential: each of them ends by itself, as a rotated key's former one does.
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

/// <summary>Work that runs for a caller. Dispose of it when the work has ended.</summary>
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

    /// <summary>Whether the caller has lost a right that the work needs.</summary>
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
            // What is registered with the token runs elsewhere, so it delays no other check.
            _ = _stop.CancelAsync();
        }
    }
}
