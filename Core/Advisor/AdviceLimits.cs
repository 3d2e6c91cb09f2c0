namespace ChunkUpload.Core.Advisor;

/// <summary>The limits of all advice: the service's own, and those of the proxies in front of it.</summary>
public sealed record AdviceLimits
{
    public long MinSize { get; init; } = 64 << 10;

    public long MaxSize { get; init; } = 64 << 20;

    /// <summary>The largest body that reaches the service; null when nothing in front of it has a limit.</summary>
    public long? BodyLimit { get; init; }

    /// <summary>How long a request may take before a proxy in front of the service ends it; null when none does.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>Sizes are multiples of this.</summary>
    public long Multiple { get; init; } = 64 << 10;

    public int MaxConcurrency { get; init; } = 8;

    public TimeSpan RetryBase { get; init; } = TimeSpan.FromMilliseconds(250);

    public TimeSpan RetryCap { get; init; } = TimeSpan.FromSeconds(8);

    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The largest size that any limit allows.</summary>
    public long Ceiling => Math.Max(1, Math.Min(MaxSize, BodyLimit ?? long.MaxValue));

    /// <summary>The smallest size worth advising; never above the ceiling.</summary>
    public long Floor => Math.Min(MinSize, Ceiling);

    /// <summary>The nearest allowed size. If no multiple lies between floor and ceiling, the largest multiple below.</summary>
    public long Fit(double bytes)
    {
        var (floor, ceiling) = (Math.Max(1, Floor), Ceiling);
        var least = ((floor - 1) / Multiple * Multiple) + Multiple;
        var most = ceiling < Multiple ? ceiling : ceiling - (ceiling % Multiple);
        if (!(bytes > least))
            return Math.Min(least, most);
        return bytes >= most ? most : (long)Math.Round(bytes / Multiple) * Multiple;
    }
}
