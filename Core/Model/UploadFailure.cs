namespace ChunkUpload.Core.Model;

/// <summary>
/// Every expected failure, in one list for all protocols. Api/Errors maps each to its code and status. Core does not throw exceptions for
/// them.
/// </summary>
public enum UploadError
{
    NotFound = 1,
    Cancelled,
    Expired,
    Failed,
    Deleted,
    Damaged,

    /// <summary>The bytes lie in another store than this service's.</summary>
    Elsewhere,
    AlreadyCompleted,
    NotCompleted,
    Completing,

    /// <summary>All bytes are there, and a checker decides whether they become a file.</summary>
    Checking,

    /// <summary>The checker has refused the file.</summary>
    RefusedByCheck,

    /// <summary>The hook that decides about new uploads has refused this one.</summary>
    RefusedByHook,

    /// <summary>The hook that decides about new uploads does not answer.</summary>
    HookAway,
    Paused,
    WrongProtocol,
    Overlap,
    BeyondSize,
    TooLarge,
    EmptyChunk,
    LengthMismatch,
    DigestMissing,
    DigestMismatch,
    FileDigestMismatch,
    ChecksumMismatch,
    ChecksumMissing,
    PartsMismatch,
    Joined,
    SizeMismatch,
    SizeUnknown,
    MissingRanges,
    NoSuchRange,
    PrefixConflict,
    OffsetConflict,
    IdempotencyMismatch,
    Interrupted,
    MalformedBody,
    IdleTimeout,
    TakenOver,
    NoSpace,

    /// <summary>A limit of the tenant, the user or the key has no room for it.</summary>
    QuotaExceeded,
    StoreDegraded,
    VerifyFailed,
    StorageFailed,
    LedgerUnavailable,
    Stopping,

    /// <summary>The path or the id leads to no entry of the tree.</summary>
    NoEntry,

    /// <summary>The caller may read the space but not change it.</summary>
    ReadOnly,
    NameTaken,

    /// <summary>A file or a link lies where a folder is needed.</summary>
    NotFolder,

    /// <summary>A folder lies where a file is needed.</summary>
    NotFile,

    /// <summary>The folder does not exist, or not any more.</summary>
    NoFolder,

    /// <summary>The entry has another revision than the request named.</summary>
    EntryChanged,
    IntoItself,

    /// <summary>The tree would get deeper than it may.</summary>
    TooDeep,

    /// <summary>The present content of a file is no earlier version that could be removed.</summary>
    CurrentVersion,

    /// <summary>A space may have no more policies of versions.</summary>
    TooManyPolicies,

    /// <summary>The root of a space can neither be moved nor removed.</summary>
    RootFolder,

    /// <summary>A lock of WebDAV holds at this place.</summary>
    Locked,

    /// <summary>A lock of WebDAV holds below this folder.</summary>
    LockedBelow,

    /// <summary>Another lock of WebDAV forbids this one.</summary>
    LockConflict,

    /// <summary>No lock of this token covers the resource.</summary>
    NoLock,
    TooManyLocks,
    TooManyProperties,

    /// <summary>The upload is the content of a file in the tree.</summary>
    Published,

    /// <summary>No file that the caller can read has the content that a digest names.</summary>
    ContentUnknown,

    /// <summary>The link through which the request came has ended.</summary>
    LinkClosed,

    /// <summary>The file is larger than the link allows.</summary>
    LinkSize,

    /// <summary>The link takes no more files.</summary>
    LinkFiles,

    /// <summary>The link takes no more bytes.</summary>
    LinkBytes,
    LinkType,
    LinkName,

    /// <summary>A limit of the tenant, the user or the key does not permit files of this type.</summary>
    TypeNotAllowed,

    /// <summary>Types are limited, and the file does not begin like one of its declared type.</summary>
    TypeMismatch,
    NameNotAllowed,

    /// <summary>The metadata lacks what a limit demands, or has what it does not permit.</summary>
    MetadataRefused,
}

/// <summary>An expected failure: its kind, a sentence that a person can act on, and the data for the answer.</summary>
public sealed record UploadFailure(UploadError Error, string Detail)
{
    /// <summary>The upload if it is known, for advice and retry times.</summary>
    public Upload? Upload { get; init; }

    /// <summary>The offset at which the client can resume.</summary>
    public long? Offset { get; init; }

    /// <summary>The status of the answer; null means as the table of errors has it.</summary>
    public int? Status { get; init; }

    /// <summary>The first missing ranges.</summary>
    public IReadOnlyList<ByteRange>? Missing { get; init; }

    /// <summary>The limit that has no room.</summary>
    public QuotaExcess? Quota { get; init; }
}

/// <summary>Either a value or an expected failure.</summary>
public readonly struct Result<T>
    where T : class
{
    private Result(T? value, UploadFailure? failure) => (Value, Failure) = (value, failure);

    public T? Value { get; }
    public UploadFailure? Failure { get; }

    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Value))]
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(false, nameof(Failure))]
    public bool Ok => Failure is null;

#pragma warning disable CA2225 // The conversions exist so that a method can return either.
    public static implicit operator Result<T>(T value) => new(value, null);

    public static implicit operator Result<T>(UploadFailure failure) => new(null, failure);
#pragma warning restore CA2225
}
