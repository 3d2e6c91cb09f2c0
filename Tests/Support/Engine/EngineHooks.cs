using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>One call of the engine on the store, on one of its files, or on the ledger.</summary>
/// <param name="Changes">False for a call that the seam marks as a query.</param>
internal sealed record EngineCall(string Name, object?[] Arguments, bool Changes = true)
{
    public T? Argument<T>() => Arguments.OfType<T>().FirstOrDefault();
}

/// <summary>The process is dead: it does nothing any more, and whatever it was doing is cut off.</summary>
internal sealed class ProcessDiedException() : Exception("The process has died.");

/// <summary>
/// What a test does to the engine's calls on the store and the ledger: hold them, let them fail, or end the process there.
/// </summary>
internal sealed class EngineHooks
{
    /// <summary>What Interposed calls the creation of an upload: a file's creation has the same name.</summary>
    public const string CreateUpload = "CreateUploadAsync";

    // A name that no seam has would wait for ever, or hold nothing.
    private static readonly HashSet<string> Names =
    [
        CreateUpload,
        .. Interposed.LedgerRoles.Append(typeof(IChunkStore)).Append(typeof(IStoredFileWriter))
            .SelectMany(seam => seam.GetMethods()).Select(method => method.Name),
    ];

    private readonly Lock _gate = new();
    private readonly List<Rule> _rules = [];
    private readonly List<(string Name, int Count, TaskCompletionSource Source)> _waiters = [];
    private volatile bool _dead;
    private int _steps;
    private int? _end;

    public ConcurrentQueue<EngineCall> Seen { get; } = [];

    public int Count(string name) => Seen.Count(call => call.Name == Known(name));

    /// <summary>Holds the next such call before it is made.</summary>
    public Gate HoldBefore(string name, Func<EngineCall, bool>? when = null) => Hold(name, when, after: false);

    /// <summary>Holds the next such call when it is done and its caller does not know yet.</summary>
    public Gate HoldAfter(string name, Func<EngineCall, bool>? when = null) => Hold(name, when, after: true);

    /// <summary>Ends when so many such calls have begun.</summary>
    public Task WhenSeenAsync(string name, int count)
    {
        lock (_gate)
        {
            if (Count(Known(name)) >= count)
                return Task.CompletedTask;
            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((name, count, waiter));
            return waiter.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }
    }

    /// <summary>Throws instead of making the call.</summary>
    public void Fail(string name, Func<Exception> exception, int times = 1, Func<EngineCall, bool>? when = null) =>
        Add(new Rule(Known(name), when, false, times, _ => throw exception()));

    /// <summary>Makes the call and throws: its answer is lost.</summary>
    public void LoseAnswer(string name, Func<Exception> exception, int times = 1, Func<EngineCall, bool>? when = null) =>
        Add(new Rule(Known(name), when, true, times, _ => throw exception()));

    /// <summary>Runs in place of the test's own eyes: after the call, before its caller goes on.</summary>
    public void After(string name, Func<EngineCall, Task> act, int times = 1) => Add(new Rule(Known(name), null, true, times, act));

    /// <summary>The process dies before its n-th changing call, counted from now.</summary>
    public void DieAt(int step) => (_steps, _end) = (0, step);

    public void Die() => _dead = true;

    public async Task BeforeAsync(EngineCall call)
    {
        ThrowIfDead();
        Note(call);
        if (call.Changes && Interlocked.Increment(ref _steps) - 1 == _end)
            Die();
        ThrowIfDead();
        if (Take(call, after: false) is { } rule)
            await rule.Act(call);
        ThrowIfDead();
    }

    public async Task AfterAsync(EngineCall call)
    {
        ThrowIfDead();
        if (Take(call, after: true) is { } rule)
            await rule.Act(call);
        ThrowIfDead();
    }

    private Gate Hold(string name, Func<EngineCall, bool>? when, bool after)
    {
        var gate = new Gate();
        Add(new Rule(Known(name), when, after, 1, _ => gate.PassAsync()));
        return gate;
    }

    private static string Known(string name) =>
        Names.Contains(name) ? name : throw new ArgumentException($"Neither the store nor the ledger has a call {name}.", nameof(name));

    private void Note(EngineCall call)
    {
        lock (_gate)
        {
            Seen.Enqueue(call);
            foreach (var waiter in _waiters.Where(waiter => waiter.Name == call.Name && Count(call.Name) >= waiter.Count).ToList())
            {
                _waiters.Remove(waiter);
                waiter.Source.SetResult();
            }
        }
    }

    private void Add(Rule rule)
    {
        lock (_gate)
            _rules.Add(rule);
    }

    private Rule? Take(EngineCall call, bool after)
    {
        lock (_gate)
        {
            var rule = _rules.Find(rule => rule.Name == call.Name && rule.After == after && rule.When?.Invoke(call) != false);
            if (rule is not null && --rule.Left == 0)
                _rules.Remove(rule);
            return rule;
        }
    }

    private void ThrowIfDead()
    {
        if (_dead)
            throw new ProcessDiedException();
    }

    private sealed class Rule(string name, Func<EngineCall, bool>? when, bool after, int times, Func<EngineCall, Task> act)
    {
        public string Name => name;

        public Func<EngineCall, bool>? When => when;

        public bool After => after;

        public int Left { get; set; } = times;

        public Func<EngineCall, Task> Act => act;
    }
}

/// <summary>A place where a call waits for the test.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A call is here. The deadline ends a test that would hang; nothing depends on it.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public void Open() => _open.TrySetResult();

    internal Task PassAsync()
    {
        _reached.TrySetResult();
        return _open.Task;
    }
}
