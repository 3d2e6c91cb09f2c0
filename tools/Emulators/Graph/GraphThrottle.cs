namespace ChunkUpload.Emulators.Graph;

/// <summary>Counts cost units by the minute, as SharePoint does for an application in a tenant.</summary>
internal sealed class GraphThrottle(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _minute;
    private long _used;

    /// <summary>Takes units; calls that are refused cost as much as others.</summary>
    public GraphAllowance Take(int units, long? limit)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        lock (_gate)
        {
            if (_minute != now / 60)
                (_minute, _used) = (now / 60, 0);
            _used += units;
            return new GraphAllowance(limit, _used, 60 - (now % 60));
        }
    }

    public void Reset()
    {
        lock (_gate)
            _used = 0;
    }
}

/// <summary>The rest of a minute's units.</summary>
internal readonly record struct GraphAllowance(long? Limit, long Used, long SecondsToReset)
{
    public bool IsExceeded => Limit is { } limit && Used > limit;

    /// <summary>The headers appear when four fifths are used.</summary>
    public bool IsNear => Limit is { } limit && Used * 5 >= limit * 4;

    public long Remaining => Math.Max(0, (Limit ?? 0) - Used);
}
