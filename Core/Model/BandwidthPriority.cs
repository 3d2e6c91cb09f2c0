namespace ChunkUpload.Core.Model;

/// <summary>How large a share of a limited bandwidth an upload or a download gets beside others.</summary>
public enum BandwidthPriority
{
    Low = 1,
    Normal,
    High,
}

public static class BandwidthPriorities
{
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
