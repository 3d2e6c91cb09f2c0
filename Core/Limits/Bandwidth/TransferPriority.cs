namespace ChunkUpload.Core.Limits;

/// <summary>How large a share of a limited bandwidth an upload or a download gets beside others.</summary>
public enum TransferPriority
{
    Low = 1,
    Normal,
    High,
}

public static class TransferPriorities
{
    /// <summary>Shares are proportional to it, so that even a low priority never waits for ever.</summary>
    public static int Weight(this TransferPriority priority) => priority switch
    {
        TransferPriority.Low => 1,
        TransferPriority.High => 16,
        _ => 4,
    };

    public static string Word(this TransferPriority priority) => priority switch
    {
        TransferPriority.Low => "low",
        TransferPriority.High => "high",
        _ => "normal",
    };

    public static TransferPriority? Parse(string? word) => word switch
    {
        "low" => TransferPriority.Low,
        "normal" => TransferPriority.Normal,
        "high" => TransferPriority.High,
        _ => null,
    };
}
