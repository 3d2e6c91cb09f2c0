using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>One call of the engine on the store, on an open file, or on the ledger.</summary>
/// <param name="Changes">False for a call that is marked as a query.</param>
internal sealed record EngineCall(string Name, object?[] Arguments, bool Changes = true)
{
    public T? Argument<T>() => Arguments.OfType<T>().FirstOrDefault();
}

/// <summary>The process is dead: every later call fails, and current ones are cut off.</summary>
internal sealed class ProcessDiedException() : Exception("The process has died.");

/// <summary>Lets a test hold the engine's calls on the store and the ledger, make them fail, or end the process at one of them.</summary>
internal sealed class EngineHooks
{
    /// <summary>The name of an upload's creation here, because a file's creation has the same name.</summary>
    public const string CreateUpload = "CreateUploadAsync";

    // With an unknown name, a test would wait forever, or nothing would be held.
    private static readonly HashSet<string> Names =
    [
        CreateUpload,
        .. HookedProxy.LedgerRoles.Append(typeof(IReadableStore)).Append(typeof(IChunkStore)).Append(typeof(IStoredFileWriter))
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

    /// <summary>Holds the next such call after it is done and before its caller learns of it.</summary>
    public Gate HoldAfter(string name, Func<EngineCall, bool>? when = null) => Hold(name, when, after: true);

    /// <summary>Completes when this number of such calls have begun.</summary>
    public Task WhenSeenAsync(string name, int count)
    {
        lock (_gate)
        {
            if (Count(Known(name)) >= count)
                return Task.CompletedTask;
            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((name, count, waiter));
            return waiter.Task.WaitAsync(Eventually.Limit);
        }
    }

    /// <summary>Throws instead of making the call.</summary>
    public void Fail(string name, Func<Exception> exception, int times = 1, Func<EngineCall, bool>? when = null) =>
        Add(new Rule(Known(name), when, false, times, _ => throw exception()));

    /// <summary>Makes the call and then throws, as if its answer were lost.</summary>
    public void LoseAnswer(string name, Func<Exception> exception, int times = 1, Func<EngineCall, bool>? when = null) =>
        Add(new Rule(Known(name), when, true, times, _ => throw exception()));

    /// <summary>Runs after the call and before its caller continues.</summary>
    public void After(string name, Func<EngineCall, Task> act, int times = 1) => Add(new Rule(Known(name), null, true, times, act));

    /// <summary>Ends the process before its n-th changing call from now on.</summary>
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

/// <summary>A point at which a call waits for the test.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a call has arrived. The deadline only ends a test that would hang.</summary>
    public Task Reached => _reached.Task.WaitAsync(Eventually.Limit);

    public void Open() => _open.TrySetResult();

    internal Task PassAsync()
    {
        _reached.TrySetResult();
        return _open.Task;
    }
}
