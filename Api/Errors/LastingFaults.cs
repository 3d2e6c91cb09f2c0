namespace ChunkUpload.Api.Errors;

/// <summary>
/// How long what should never fail has failed when an upload was asked for its offset, by address. A client that is told to wait comes back
/// again and again; a fault of ours that does not pass must let it begin anew some time.
/// </summary>
internal sealed class LastingFaults(TimeProvider time)
{
    /// <summary>So long a fault is told as a trouble that passes: longer than clients' libraries try without a person.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);
    private const int Most = 10_000;

    private readonly Dictionary<string, (long First, long Last)> _faults = new(StringComparer.Ordinal);

    /// <summary>It has failed once more; true when it has for long.</summary>
    public bool Lasts(string address)
    {
        var now = time.GetTimestamp();
        lock (_faults)
        {
            // Forgetting costs a client another minute.
            if (_faults.Count >= Most)
                _faults.Clear();
            var first = _faults.TryGetValue(address, out var known) && time.GetElapsedTime(known.Last, now) < Memory ? known.First : now;
            _faults[address] = (first, now);
            return time.GetElapsedTime(first, now) >= Patience;
        }
    }
}
