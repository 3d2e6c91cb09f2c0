namespace ChunkUpload.Api.Errors;

/// <summary>
/// What can be wrong with a request before Core hears of it. Core's own failures are <see cref="Core.Uploads.UploadError"/>.
/// </summary>
internal enum RequestError
{
    Unauthorized = 1,
    InvalidKey,
    NotPermitted,
    SessionEnded,
    LinkEnded,
    InvalidCsrfToken,
    TooManyAttempts,
    ForbiddenOrigin,
    NoSuchRoute,
    MethodNotAllowed,
    MediaTypeNotSupported,
    BodyTooLarge,
    MalformedJson,
    InvalidField,
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
    NotReady,
    InternalError,
}

/// <summary>A request that is refused: which error, a sentence a person can act on, and for a body the faults of each field.</summary>
internal sealed record RequestFailure(RequestError Error, string Detail)
{
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>When to try again, where that is known.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
