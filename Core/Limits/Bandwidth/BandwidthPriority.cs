using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Limits;

/// <summary>How large a share of a limited bandwidth an upload or a download gets beside others.</summary>
public enum BandwidthPriority
{
    Low = 1,
    Normal,
    High,
}

public static class BandwidthPriorities
{
    /// <summary>
    /// The priority that a caller gets: through a link at most the link's own, which is never high; callers who may only read get at most
    /// normal. A higher one is lowered.
    /// </summary>
    /// <param name="wished">Null: the caller does not say.</param>
    public static BandwidthPriority For(Caller caller, BandwidthPriority? wished)
    {
        var most = caller.Grant is { } grant ? grant.Link.Uploads.Priority
            : caller.Scopes.HasFlag(Scopes.Upload) ? BandwidthPriority.High
            : BandwidthPriority.Normal;
        var asked = wished ?? BandwidthPriority.Normal;
        return asked < most ? asked : most;
    }

    /// <summary>Shares are proportional to it, so that even a low priority never waits for ever.</summary>
    public static int Weight(this BandwidthPriority priority) => priority switch
    {
        BandwidthPriority.Low => 1,
        BandwidthPriority.High => 16,
        _ => 4,
    };

    public static string Word(this BandwidthPriority priority) => priority switch
    {
        BandwidthPriority.Low => "low",
        BandwidthPriority.High => "high",
        _ => "normal",
    };

    public static BandwidthPriority? Parse(string? word) => word switch
    {
        "low" => BandwidthPriority.Low,
        "normal" => BandwidthPriority.Normal,
        "high" => BandwidthPriority.High,
        _ => null,
    };
}
