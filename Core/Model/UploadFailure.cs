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

    /// <summary>The bytes are in the store of another service.</summary>
    Elsewhere,
    AlreadyCompleted,
    NotCompleted,
    Completing,

    /// <summary>All bytes are received, and a checker decides whether they become a file.</summary>
    Checking,

    /// <summary>The checker has refused the file.</summary>
    RefusedByCheck,

    /// <summary>The hook that decides about new uploads has refused this one.</summary>
    RefusedByHook,

    /// <summary>The hook that decides about new uploads does not respond.</summary>
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

    /// <summary>A limit of the tenant, the user or the key would be exceeded.</summary>
    QuotaExceeded,
    StoreDegraded,
    VerifyFailed,
    StorageFailed,
    LedgerUnavailable,
    Stopping,

    /// <summary>No entry of the tree has the path or the id.</summary>
    NoEntry,

    /// <summary>The caller may read the space but not change it.</summary>
    ReadOnly,
    NameTaken,

    /// <summary>A file or a link exists where a folder is required.</summary>
    NotFolder,

    /// <summary>A folder exists where a file is required.</summary>
    NotFile,

    /// <summary>The folder does not exist, or no longer exists.</summary>
    NoFolder,

    /// <summary>The entry has another revision than the one in the request.</summary>
    EntryChanged,
    IntoItself,

    /// <summary>The tree would exceed its maximum depth.</summary>
    TooDeep,

    /// <summary>The current content of a file cannot be removed as an earlier version.</summary>
    CurrentVersion,

    /// <summary>The space has the maximum number of version policies.</summary>
    TooManyPolicies,

    /// <summary>The root of a space can neither be moved nor removed.</summary>
    RootFolder,

    /// <summary>A WebDAV lock covers this place.</summary>
    Locked,

    /// <summary>A WebDAV lock covers an entry below this folder.</summary>
    LockedBelow,

    /// <summary>Another WebDAV lock conflicts with this one.</summary>
    LockConflict,

    /// <summary>No lock with this token covers the resource.</summary>
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

    /// <summary>The link accepts no more files.</summary>
    LinkFiles,

    /// <summary>The link accepts no more bytes.</summary>
    LinkBytes,
    LinkType,
    LinkName,

    /// <summary>A limit of the tenant, the user or the key does not permit files of this type.</summary>
    TypeNotAllowed,

    /// <summary>Types are limited, and the first bytes of the file do not match its declared type.</summary>
    TypeMismatch,
    NameNotAllowed,

    /// <summary>The metadata lacks a field that a limit requires, or has one that it does not permit.</summary>
    MetadataRefused,
}

/// <summary>An expected failure: its kind, a sentence that a person can act on, and the data for the response.</summary>
public sealed record UploadFailure(UploadError Error, string Detail)
{
    /// <summary>The upload if it is known, for advice and retry times.</summary>
    public Upload? Upload { get; init; }

    /// <summary>The offset at which the client can resume.</summary>
    public long? Offset { get; init; }

    /// <summary>The status of the response; null for the status in the table of errors.</summary>
    public int? Status { get; init; }

    /// <summary>The first missing ranges.</summary>
    public IReadOnlyList<ByteRange>? Missing { get; init; }

    /// <summary>The limit that would be exceeded.</summary>
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
