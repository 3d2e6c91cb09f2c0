using ChunkUpload.Core.Access;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Core.Transfers;

public enum TransferState
{
    Queued = 1,
    Scanning,
    Planned,
    Running,
    Done,

    /// <summary>Ended, and some of its files failed.</summary>
    PartlyDone,
    Failed,
    Cancelled,
    Paused,
}

/// <summary>Why a transfer that could go on does not.</summary>
public enum WaitReason
{
    SignIn = 1,

    /// <summary>The destination is full.</summary>
    Quota,
    RateLimit,
    DailyLimit,

    /// <summary>The times at which it may run.</summary>
    Window,

    /// <summary>No room in the service's own store.</summary>
    Space,
    Network,

    /// <summary>Its owner may not do this at the moment.</summary>
    Rights,
}

/// <param name="Until">When it goes on by itself; null if something has to happen first.</param>
public sealed record TransferWait(WaitReason Reason, DateTimeOffset Since, DateTimeOffset? Until);

/// <summary>Files that the service moves from a source to a destination.</summary>
/// <param name="Scopes">The most that it may do; its owner's rights at each moment limit it further.</param>
/// <param name="ApiKey">The key with which it was made: it stops when that key ends.</param>
/// <param name="Source">Null means the service's own files.</param>
/// <param name="Target">The id of the folder at the destination.</param>
public sealed record Transfer(
    Guid Id, string Tenant, string Subject, Scopes Scopes, Guid? ApiKey, string Label, Guid? Source, Guid? Destination, string Target,
    string TargetName, TransferOptions Options, BandwidthPriority Priority)
{
    public TransferState State { get; init; } = TransferState.Queued;
    public TransferWait? Wait { get; init; }
    public string? Reason { get; init; }
    public bool Cancelling { get; init; }
    public bool Scanned { get; init; }

    /// <summary>Nothing moves before its owner has approved its plan.</summary>
    public bool Planning { get; init; }
    public DateTimeOffset? PlannedAt { get; init; }

    /// <summary>Free bytes at the destination when it was planned; null if unknown.</summary>
    public long? Room { get; init; }

    /// <summary>When it ends, whatever is left.</summary>
    public DateTimeOffset? Deadline { get; init; }
    public TransferCounts Counts { get; init; } = new(0, 0, 0, 0, 0, 0, 0, 0);
    public long Number { get; init; }

    /// <summary>That began it; null if a person did.</summary>
    public Guid? Schedule { get; init; }

    /// <summary>The pair of places for which it copies; <c>null</c> if there is none. People see the pair instead.</summary>
    public Guid? Sync { get; init; }

    /// <summary>What the console shows its owner until it was seen.</summary>
    public TransferNote? Notice { get; init; }

    /// <summary>What its owner is to be mailed.</summary>
    public TransferNote? Mail { get; init; }
    public DateTimeOffset MadeAt { get; init; }
    public DateTimeOffset? BeganAt { get; init; }
    public DateTimeOffset? MovedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The rights without which nothing of it can be done.</summary>
    public Scopes Needs => Scopes.Transfers
        | (Source is null ? Scopes.Read | Scopes.List : Scopes.None)
        | (Source is null && Options.Move ? Scopes.Delete : Scopes.None)
        | (Destination is null ? Scopes.Upload | Scopes.List : Scopes.None);

    public bool HasEnded => State is TransferState.Done or TransferState.PartlyDone or TransferState.Failed or TransferState.Cancelled;
}

/// <param name="Bytes">Of the files that are known so far.</param>
/// <param name="MovedBytes">Accepted by the destination, also of files that began again.</param>
public sealed record TransferCounts(
    long Files, long Folders, long Bytes, long DoneFiles, long DoneBytes, long Skipped, long Failed, long MovedBytes);

/// <summary>How far the files of a transfer are together.</summary>
/// <param name="All">Null means folders of the source are still to be read.</param>
/// <param name="Moved">Never gets less.</param>
public readonly record struct TransferBytes(long Done, long? All, long Moved);

public enum TransferItemState
{
    /// <summary>Not in the queue yet.</summary>
    Ready = 1,
    Queued,
    Running,
    Done,
    Skipped,
    Failed,
    Cancelled,
}

/// <summary>A file or a folder of a transfer.</summary>
public sealed record TransferItem(Guid Id, Guid Transfer, long Number, Guid? Parent, StorageItemKind Kind, string Name, string Path)
{
    public required string SourceId { get; init; }
    public long? Size { get; init; }
    public DateTimeOffset? Modified { get; init; }
    public string? MediaType { get; init; }
    public TransferItemState State { get; init; } = TransferItemState.Ready;
    public FaultKind? Fault { get; init; }
    public string? Reason { get; init; }

    /// <summary>Without progress.</summary>
    public int Attempts { get; init; }

    /// <summary>From byte 0.</summary>
    public int Restarts { get; init; }
    public string? Pin { get; init; }
    public string? TargetId { get; init; }

    /// <summary>The name at the destination; null before it was chosen.</summary>
    public string? TargetName { get; init; }

    /// <summary>The file at the destination that gets a new version.</summary>
    public string? Replaces { get; init; }

    /// <summary>For a pair of places: the only version of <see cref="Replaces"/> that may be replaced.</summary>
    public string? ReplacesVersion { get; init; }

    /// <summary>The upload at the destination: a secret.</summary>
    public string? Session { get; init; }
    public DateTimeOffset? SessionEndsAt { get; init; }
    public long Position { get; init; }
    public byte[]? Hashes { get; init; }
    public Sha256Digest? Sha256 { get; init; }
    public string? Result { get; init; }
    public DigestKind? VerifiedBy { get; init; }
    public string? Cursor { get; init; }

    /// <summary>Its folder at the destination, where it was taken up; null means that of the transfer.</summary>
    public string? Folder { get; init; }

    /// <summary>What its plan says; null if it has none.</summary>
    public PlannedAs? Plan { get; init; }
    public string? PlanReason { get; init; }

    /// <summary>Gets a value that indicates whether it was removed at the source; <c>null</c>: it need not be, or not yet.</summary>
    public bool? IsRemoved { get; init; }

    /// <summary>Why the source still has it.</summary>
    public string? KeptReason { get; init; }
    public DateTimeOffset? BeganAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The time that the destination has for the file, where it is not the one of the source.</summary>
    public DateTimeOffset? TargetTime { get; init; }

    /// <summary>What its owner should know about the copy.</summary>
    public string? Note { get; init; }

    /// <summary>When this attempt began, by the ledger's clock.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    public override string ToString() => $"{nameof(TransferItem)} {Id:n}";
}

/// <summary>What was found in a folder.</summary>
public sealed record FoundItem(Guid Id, Guid? Parent, string Path, SourceItem Item)
{
    /// <summary>A folder that is made and not read: what goes into it was chosen.</summary>
    public bool Given { get; init; }

    /// <summary>The file at the destination that gets a new version, and its version now; <c>null</c> if nothing may be there.</summary>
    public SinkEntry? Replaces { get; init; }
}

/// <summary>A sentence of a transfer's story.</summary>
public sealed record TransferEvent(long Number, DateTimeOffset At, Guid? Item, string Kind, string? Text);

public sealed record RecordedCall(long Number, DateTimeOffset At, Guid? Item, bool AtDestination, StorageCall Call);
