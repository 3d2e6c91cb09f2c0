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

/// <summary>Why a transfer waits.</summary>
public enum WaitReason
{
    SignIn = 1,

    /// <summary>The destination is full.</summary>
    Quota,
    RateLimit,
    DailyLimit,

    /// <summary>It may not run at this time.</summary>
    Window,

    /// <summary>The service's own store is full.</summary>
    Space,
    Network,

    /// <summary>Its owner currently lacks a right.</summary>
    Rights,
}

/// <param name="Until">When it continues automatically; null if it waits for an event.</param>
public sealed record TransferWait(WaitReason Reason, DateTimeOffset Since, DateTimeOffset? Until);

/// <summary>A transfer of files from a source to a destination.</summary>
/// <param name="Scopes">The maximum rights; the owner's current rights limit them further.</param>
/// <param name="ApiKey">The key with which it was created. The transfer stops when that key ends.</param>
/// <param name="Source">Null for the service's own files.</param>
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

    /// <summary>Nothing is copied before the owner has approved the plan.</summary>
    public bool Planning { get; init; }
    public DateTimeOffset? PlannedAt { get; init; }

    /// <summary>Free bytes at the destination when it was planned; null if unknown.</summary>
    public long? Room { get; init; }

    /// <summary>When it ends even if it is not complete.</summary>
    public DateTimeOffset? Deadline { get; init; }
    public TransferCounts Counts { get; init; } = new(0, 0, 0, 0, 0, 0, 0, 0);
    public long Number { get; init; }

    /// <summary>The schedule that started it; null if a person did.</summary>
    public Guid? Schedule { get; init; }

    /// <summary>The pair of places for which it copies; <c>null</c> if there is none. The console shows the pair instead.</summary>
    public Guid? Sync { get; init; }

    /// <summary>The notice that the console shows the owner until it was seen.</summary>
    public TransferNote? Notice { get; init; }

    /// <summary>The mail that must be sent to the owner.</summary>
    public TransferNote? Mail { get; init; }
    public DateTimeOffset MadeAt { get; init; }
    public DateTimeOffset? BeganAt { get; init; }
    public DateTimeOffset? MovedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The rights that the transfer requires.</summary>
    public Scopes Needs => Scopes.Transfers
        | (Source is null ? Scopes.Read | Scopes.List : Scopes.None)
        | (Source is null && Options.Move ? Scopes.Delete : Scopes.None)
        | (Destination is null ? Scopes.Upload | Scopes.List : Scopes.None);

    public bool HasEnded => State is TransferState.Done or TransferState.PartlyDone or TransferState.Failed or TransferState.Cancelled;
}

/// <param name="Bytes">The size of the files that are known so far.</param>
/// <param name="MovedBytes">The bytes that the destination has accepted, including those of restarted files.</param>
public sealed record TransferCounts(
    long Files, long Folders, long Bytes, long DoneFiles, long DoneBytes, long Skipped, long Failed, long MovedBytes);

/// <summary>The progress of all files of a transfer.</summary>
/// <param name="All">Null until all folders of the source are read.</param>
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

    /// <summary>The number of attempts without progress.</summary>
    public int Attempts { get; init; }

    /// <summary>The number of restarts at byte 0.</summary>
    public int Restarts { get; init; }
    public string? Pin { get; init; }
    public string? TargetId { get; init; }

    /// <summary>The name at the destination; null before it was chosen.</summary>
    public string? TargetName { get; init; }

    /// <summary>The file at the destination that gets a new version.</summary>
    public string? Replaces { get; init; }

    /// <summary>For a pair of places: the only version of <see cref="Replaces"/> that may be replaced.</summary>
    public string? ReplacesVersion { get; init; }

    /// <summary>The upload at the destination, which is secret.</summary>
    public string? Session { get; init; }
    public DateTimeOffset? SessionEndsAt { get; init; }
    public long Position { get; init; }
    public byte[]? Hashes { get; init; }
    public Sha256Digest? Sha256 { get; init; }
    public string? Result { get; init; }
    public DigestKind? VerifiedBy { get; init; }
    public string? Cursor { get; init; }

    /// <summary>Its folder at the destination; null for that of the transfer.</summary>
    public string? Folder { get; init; }

    /// <summary>The planned outcome; null if there is no plan.</summary>
    public PlannedAs? Plan { get; init; }
    public string? PlanReason { get; init; }

    /// <summary>Gets a value that indicates whether it was removed at the source; <c>null</c> if it need not be, or not yet.</summary>
    public bool? IsRemoved { get; init; }

    /// <summary>Why it was not removed at the source.</summary>
    public string? KeptReason { get; init; }
    public DateTimeOffset? BeganAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The file's time at the destination, if it differs from that of the source.</summary>
    public DateTimeOffset? TargetTime { get; init; }

    /// <summary>A note about the copy for the owner.</summary>
    public string? Note { get; init; }

    /// <summary>When this attempt began, by the ledger's clock.</summary>
    public DateTimeOffset? TakenAt { get; init; }

    public override string ToString() => $"{nameof(TransferItem)} {Id:n}";
}

/// <summary>An item that was found in a folder.</summary>
public sealed record FoundItem(Guid Id, Guid? Parent, string Path, SourceItem Item)
{
    /// <summary>A folder that is created but not read, because its contents were selected.</summary>
    public bool Given { get; init; }

    /// <summary>
    /// The file at the destination that gets a new version, with its current version; <c>null</c> if no file may exist there.
    /// </summary>
    public SinkEntry? Replaces { get; init; }
}

/// <summary>An event of a transfer.</summary>
public sealed record TransferEvent(long Number, DateTimeOffset At, Guid? Item, string Kind, string? Text);

public sealed record RecordedCall(long Number, DateTimeOffset At, Guid? Item, bool AtDestination, StorageCall Call);
