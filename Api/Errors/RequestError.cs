namespace ChunkUpload.Api.Errors;

/// <summary>The errors of a request that never reaches Core. Core's own failures are <see cref="Core.Uploads.UploadError"/>.</summary>
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
    NoSuchRoute,
    MethodNotAllowed,
    MediaTypeNotSupported,
    BodyTooLarge,
    MalformedJson,
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
    TooManyListeners,
    NameInUse,
    NoSuchUser,
    NoSuchKey,
    KeyRevoked,
    NoSuchTenant,
    NoSuchSignIn,
    NoSuchAccount,
    LastWayIn,
    SignInAgain,
    NoTeamSpace,
    NoSuchWebhook,
    NoSuchDelivery,
    TooManyWebhooks,
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

    /// <summary>When to retry, if known.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
