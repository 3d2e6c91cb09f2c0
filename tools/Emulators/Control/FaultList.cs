namespace ChunkUpload.Emulators.Control;

/// <summary>The faults that were asked for and not used up.</summary>
internal sealed class FaultList
{
    /// <summary>Kinds that act on a request.</summary>
    private static readonly string[] OfRequests =
    [
        "status", "resetAfter", "resetBeforeReply", "delay", "throttle", "truncateRange", "ignoreRange", "corruptByte", "hold", "holdReply",
    ];

    /// <summary>Kinds that change the emulator's state; without a match they do it at once.</summary>
    private static readonly string[] OfState = ["expireSessions", "expireDownloadUrls", "revokeToken", "revokeSignIn", "quota"];

    private readonly Lock _gate = new();
    private readonly List<Fault> _faults = [];
    private int _last;

    public IReadOnlyList<Fault> All
    {
        get
        {
            lock (_gate)
                return [.. _faults];
        }
    }

    public static bool IsOfState(string kind) => OfState.Contains(kind);

    public Fault Add(FaultMatch match, FaultAction action)
    {
        if (!OfRequests.Contains(action.Kind) && !IsOfState(action.Kind))
            throw new ControlException($"There is no fault '{action.Kind}'. There are: {string.Join(", ", OfRequests.Concat(OfState))}.");
        lock (_gate)
        {
            var fault = new Fault(++_last, match, action);
            _faults.Add(fault);
            return fault;
        }
    }

    public Fault? Find(int id)
    {
        lock (_gate)
            return _faults.Find(fault => fault.Id == id);
    }

    /// <summary>The faults for this request, in the order in which they were added.</summary>
    public IReadOnlyList<Fault> Take(string method, string pathAndQuery)
    {
        lock (_gate)
            return [.. _faults.Where(fault => fault.Takes(method, pathAndQuery))];
    }

    public void Remove(int id)
    {
        lock (_gate)
        {
            _faults.Find(fault => fault.Id == id)?.Release();
            _faults.RemoveAll(fault => fault.Id == id);
        }
    }

    public void Reset()
    {
        lock (_gate)
        {
            foreach (var fault in _faults)
                fault.Release();
            _faults.Clear();
        }
    }
}
