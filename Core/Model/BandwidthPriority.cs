namespace ChunkUpload.Core.Model;

/// <summary>The share of a limited bandwidth that an upload or a download gets, relative to others.</summary>
public enum BandwidthPriority
{
    Low = 1,
    Normal,
    High,
}

public static class BandwidthPriorities
{
    /// <summary>Returns the weight of a priority. Shares are proportional to it, so that a low priority never stops completely.</summary>
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
