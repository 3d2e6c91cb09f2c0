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

    /// <summary>How its owner is told.</summary>
    public TransferNotes Notes { get; init; } = new();
}

/// <summary>A way to tell the owner of a transfer something. Webhooks of the tenant get the events in any case.</summary>
public enum NoteWay
{
    /// <summary>In the console, until the owner has seen it.</summary>
    Notice = 1,
    Mail,
}

/// <summary>How the owner of a transfer is told that it is done, that a part of it has failed, that it waits for its owner.</summary>
public sealed record TransferNotes
{
    public IReadOnlyList<NoteWay> Done { get; init; } = [NoteWay.Notice];
    public IReadOnlyList<NoteWay> Failed { get; init; } = [NoteWay.Notice];
    public IReadOnlyList<NoteWay> NeedsOwner { get; init; } = [NoteWay.Notice, NoteWay.Mail];
}

/// <summary>What the owner is told.</summary>
public enum TransferNote
{
    Done = 1,

    /// <summary>Also if some files are done.</summary>
    Failed,
    NeedsOwner,
}
