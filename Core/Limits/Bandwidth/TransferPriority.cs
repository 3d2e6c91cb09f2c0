using ChunkUpload.Core.Access;

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
    /// <summary>
    /// The priority that a caller gets: through a link at most the link's own, which is never high; callers who may only read get at most
    /// normal. A higher one is lowered.
    /// </summary>
    /// <param name="wished">Null: the caller does not say.</param>
    public static TransferPriority For(Caller caller, TransferPriority? wished)
    {
        var most = caller.Grant is { } grant ? grant.Link.Uploads.Priority
            : caller.Scopes.HasFlag(Scopes.Upload) ? TransferPriority.High
            : TransferPriority.Normal;
        var asked = wished ?? TransferPriority.Normal;
        return asked < most ? asked : most;
    }

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
