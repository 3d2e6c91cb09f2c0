namespace ChunkUpload.Api.Errors;

/// <summary>
/// Measures, per address, how long queries of the offset have failed with unexpected errors. A client that must wait retries again and
/// again; if the fault persists, the client must be allowed to restart.
/// </summary>
internal sealed class PersistentFaults(TimeProvider time)
{
    /// <summary>How long a fault is reported as temporary, which is longer than client libraries retry automatically.</summary>
    public static readonly TimeSpan TransientTime = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);
    private const int MaxAddresses = 10_000;

    private readonly Dictionary<string, (long First, long Last)> _faults = new(StringComparer.Ordinal);

    /// <summary>Records a failure, and returns whether the fault persists.</summary>
    public bool IsPersistent(string address)
    {
        var now = time.GetTimestamp();
        lock (_faults)
        {
            // Removing all only makes clients wait one more minute.
            if (_faults.Count >= MaxAddresses)
                _faults.Clear();
            var first = _faults.TryGetValue(address, out var known) && time.GetElapsedTime(known.Last, now) < Memory ? known.First : now;
            _faults[address] = (first, now);
            return time.GetElapsedTime(first, now) >= TransientTime;
        }
    }
}
