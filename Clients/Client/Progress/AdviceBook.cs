using ChunkUpload.Client.Http;

namespace ChunkUpload.Client.Progress;

/// <summary>The newest advice of the service, within this client's bounds.</summary>
internal sealed class AdviceBook(int maxConnections, TimeSpan stallTimeout)
{
    private const int Largest = 16 << 20;
    private const int Smallest = 64 << 10;
    private const long MostChunk = 1L << 40;
    private const int MostConcurrency = 10_000;
    private const int MostMs = 3_600_000;

    private volatile AdviceAnswer _advice = new(1 << 20, 4, [125, 250], 8000, null, null, null);
    private long _limit = Largest;

    /// <summary>How many chunks are sent at a time.</summary>
    public int Streams => Math.Clamp(_advice.Concurrency, 1, maxConnections);

    /// <summary>With those that are sent and wait for their answer, so that the line is full meanwhile.</summary>
    public int MostRequests => Math.Min(2 * Streams, maxConnections);

    public TimeSpan StallTimeout => TimeSpan.FromMilliseconds(Math.Clamp(_advice.StallTimeoutMs, 1000, stallTimeout.TotalMilliseconds));

    /// <summary>The silence after which to ask whether the connections are dead; null if the service is older, and names none.</summary>
    public TimeSpan? ProbeAfter => _advice.ProbeAfterMs is > 0 and var ms ? TimeSpan.FromMilliseconds(ms) : null;

    /// <summary>The pause after the first failure in a row.</summary>
    public TimeSpan? RetryDelay => _advice.RetryDelayMs is [var low, var high] && low <= high && low >= 0
        ? TimeSpan.FromMilliseconds(Random.Shared.Next(low, high + 1))
        : null;

    /// <summary>What a proxy takes at most.</summary>
    public int Limit => (int)Interlocked.Read(ref _limit);

    public void Take(AdviceAnswer? advice)
    {
        // Arithmetic and timers have bounds that a damaged service need not keep to.
        if (advice is { ChunkSize: > 0 and <= MostChunk, Concurrency: > 0 and <= MostConcurrency, StallTimeoutMs: >= 0 and <= MostMs }
            && advice is { ProbeAfterMs: null or <= MostMs, SilentMs: null or <= MostMs }
            && advice.RetryDelayMs?.All(ms => ms is >= 0 and <= MostMs) != false)
            _advice = advice;
    }

    public void Lower(long limit)
    {
        for (var old = Interlocked.Read(ref _limit); limit < old;)
        {
            var seen = Interlocked.CompareExchange(ref _limit, Math.Max(limit, 1), old);
            if (seen == old)
                return;
            old = seen;
        }
    }

    /// <summary>
    /// How long the next chunk is. What is left is advised in equal parts for all streams; where fewer run, each gets more, and none so
    /// little that the beginning of its request takes longer than its bytes. Streams that begin together are staggered.
    /// </summary>
    public int NextLength(long gap, int busy, double speed)
    {
        var advice = _advice;
        var size = advice.Why?.LimitedBy == "remaining"
            ? Math.Max((double)advice.ChunkSize * advice.Concurrency / Streams, speed / 16)
            : advice.ChunkSize;
        var share = Math.Min(1, (Math.Max(0, busy) + 1d) / Streams);
        var most = Limit;
        var length = Math.Min(Math.Max(Smallest, (long)(size * share) / Smallest * Smallest), most);
        if (gap - length < length / 8 && gap <= most)
            length = gap;
        return (int)Math.Min(length, gap);
    }
}
