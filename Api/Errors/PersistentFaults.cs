namespace ChunkUpload.Api.Errors;

/// <summary>
/// Measures, per address, for how long unexpected errors have answered a request for the offset. A client that is told to wait comes back
/// again and again; when the fault persists, the client must be allowed to start again.
/// </summary>
internal sealed class PersistentFaults(TimeProvider time)
{
    /// <summary>For this long a fault is reported as temporary: longer than client libraries retry without a person.</summary>
    public static readonly TimeSpan TransientTime = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);
    private const int MaxAddresses = 10_000;

    private readonly Dictionary<string, (long First, long Last)> _faults = new(StringComparer.Ordinal);

    /// <summary>Records one more failure; true when the fault persists.</summary>
    public bool IsPersistent(string address)
    {
        var now = time.GetTimestamp();
        lock (_faults)
        {
            // Forgetting only makes clients wait one minute more.
            if (_faults.Count >= MaxAddresses)
                _faults.Clear();
            var first = _faults.TryGetValue(address, out var known) && time.GetElapsedTime(known.Last, now) < Memory ? known.First : now;
            _faults[address] = (first, now);
            return time.GetElapsedTime(first, now) >= TransientTime;
        }
    }
}
