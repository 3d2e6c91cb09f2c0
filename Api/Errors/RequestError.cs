namespace ChunkUpload.Api.Errors;

/// <summary>The errors of a request that never reaches Core. Core's own failures are <see cref="UploadError"/>.</summary>
internal enum RequestError
{
    Unauthorized = 1,
    InvalidKey,
    InvalidPassword,
    PasswordNeeded,
    CodeNeeded,
    InvalidCode,
    NoSecondFactor,
    SecondFactorOn,
    NotPermitted,
    SessionEnded,
    LinkEnded,
    NoSuchLink,
    LinkLocked,
    InvalidCsrfToken,
    TooManyAttempts,
    ForbiddenOrigin,
    TlsNeeded,
    NoSuchRoute,
    MethodNotAllowed,
    MediaTypeNotSupported,
    BodyTooLarge,
    AbsurdRatio,
    MalformedJson,
    MalformedXml,
    InvalidField,
    MalformedTar,
    MemberNotSupported,
    InvalidParameter,
    InvalidCursor,
    InvalidOffset,
    InvalidName,
    InvalidPath,
    InvalidHeader,
    MalformedDigest,
    DigestConflict,
    UnknownAlgorithm,
    ExtensionOff,
    UnsupportedVersion,
    ClientNotSupported,
    TooSmall,
    PreconditionFailed,
    RangeNotSatisfiable,
    TooManyRanges,
    BadRequest,
    RequestTimeout,
    HeadersTooLarge,
    UriTooLong,
    NoSuchJob,
    JobRunning,
    JobsOff,
    NoSuchNode,
    NodeRuns,
    TooManyListeners,
    NameInUse,
    NoSuchUser,
    NoSuchKey,
    NoSuchKeyRequest,
    KeyRevoked,
    NoSuchTenant,
    NoSuchSignIn,
    NoSuchAccount,
    LastWayIn,
    SignInAgain,
    NoTeamSpace,
    SpaceNotEmpty,
    TooManySpaces,
    NoSuchWebhook,
    NoSuchDelivery,
    TooManyWebhooks,
    NoSuchConnection,
    TooManyConnections,

    /// <summary>An external storage refused or failed the request.</summary>
    ConnectionFailed,

    /// <summary>A sign-in at a provider that was used before, has ended, or belongs to another user or browser.</summary>
    NoSuchProviderSignIn,
    NoSuchTransfer,
    TransferEnded,
    TransferNotPlanned,
    NoSuchSchedule,
    NoSuchSync,
    SyncQuestionChanged,
    NoSuchConflict,
    ConflictChanged,
    ConflictLoserGone,
    TooManySyncs,
    NoSuchTemplate,
    TransferGoesOn,
    BeginsByArrival,
    TooManyTransfers,

    /// <summary>A transfer of the caller that does the same has not ended.</summary>
    EqualTransferOpen,
    NoSuchProject,
    NoSuchDevice,
    NoSuchFolder,
    NoSuchInvitation,

    /// <summary>The named device is not that of the request's key.</summary>
    NotYourDevice,
    ProjectArchived,
    PlaceTaken,
    TooManyFolders,
    TooManyInvitations,

    /// <summary>A batch of a device does not follow the last one.</summary>
    Resync,
    NoSuchFile,
    FileChanged,
    DeclinedLately,
    DayUsedUp,
    TooLargeForRelay,
    TransferClaimed,
    AttemptOver,
    NotApproved,
    ReceiverAway,
    NoRelayRoom,
    AnsweredAlready,
    NotYet,
    NotSent,
    HashMismatch,
    NotFailed,

    /// <summary>The bytes must not be relayed by the service.</summary>
    StraightOnly,
    NoStraightWay,

    /// <summary>The service has only a part of the file.</summary>
    PartlyRelayed,
    TransferGone,
    RateLimited,
    Overloaded,
    NotReady,
    IssuerUnavailable,
    InternalError,
}

/// <summary>A refused request: the error, a sentence that a person can act on, and the errors of each field of a body.</summary>
internal sealed record RequestFailure(RequestError Error, string Detail)
{
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The id of the transfer that prevents it.</summary>
    public string? Transfer { get; init; }

    /// <summary>The number that the next batch of a device must follow.</summary>
    public long? Sequence { get; init; }

    /// <summary>The current SHA-256 of the file.</summary>
    public string? Hash { get; init; }

    /// <summary>The status of the response; null for the status in the table of errors.</summary>
    public int? Status { get; init; }

    /// <summary>When to retry, if known.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
