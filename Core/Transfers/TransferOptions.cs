namespace ChunkUpload.Core.Transfers;

/// <summary>What to compare before a file counts as being there already.</summary>
public enum EqualBy
{
    /// <summary>A file of this name.</summary>
    Exists = 1,
    Size,

    /// <summary>Size and time of change.</summary>
    Time,

    /// <summary>Size and a digest that both ends know; where they have none in common, size and time.</summary>
    Checksum,
}

/// <summary>What happens when a name is taken by another content.</summary>
public enum WhenTaken
{
    Skip = 1,
    ReplaceOlder,
    Replace,
    KeepBoth,
}

public enum VerifyBy
{
    None = 1,

    /// <summary>By the digests that the storages name.</summary>
    Digest,
}

/// <summary>How a transfer is done.</summary>
public sealed record TransferOptions
{
    public EqualBy Equal { get; init; } = EqualBy.Checksum;
    public WhenTaken Taken { get; init; } = WhenTaken.KeepBoth;
    public VerifyBy Verify { get; init; } = VerifyBy.Digest;

    /// <summary>Patterns of paths with * and ?; empty: everything.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Whether documents that have no bytes of their own are exported to a usual format.</summary>
    public bool Export { get; init; } = true;
}
