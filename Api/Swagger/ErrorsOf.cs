using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Swagger;

/// <summary>The errors that the contract names for an endpoint, and the sets that several endpoints share.</summary>
internal static class ErrorsOf
{
    /// <summary>An upload of tus or of the IETF draft that is no longer there.</summary>
    public static IReadOnlyList<ErrorRow> EndedUploads { get; } =
    [
        UploadError.NotFound, UploadError.Cancelled, UploadError.Expired, UploadError.Failed, UploadError.Deleted, UploadError.Damaged,
        UploadError.Elsewhere, UploadError.RefusedByCheck,
    ];

    /// <summary>A session that accepts no bytes and no changes: it does not exist, is ending, or has ended.</summary>
    public static IReadOnlyList<ErrorRow> ClosedSessions { get; } =
    [
        UploadError.NotFound, UploadError.Completing, UploadError.Checking, UploadError.RefusedByCheck, UploadError.AlreadyCompleted,
        UploadError.Cancelled, UploadError.Expired, UploadError.Failed,
    ];

    /// <summary>An id that is not, or no longer, that of a file.</summary>
    public static IReadOnlyList<ErrorRow> Files { get; } =
    [
        UploadError.NotFound, UploadError.NotCompleted, UploadError.Checking, UploadError.RefusedByCheck, UploadError.Deleted,
        UploadError.Cancelled, UploadError.Expired, UploadError.Failed,
    ];

    /// <summary>Sending content to a client.</summary>
    public static IReadOnlyList<ErrorRow> Downloads { get; } =
    [
        UploadError.Damaged, UploadError.Elsewhere, RequestError.PreconditionFailed, RequestError.RangeNotSatisfiable,
        RequestError.TooManyRanges,
    ];

    /// <summary>The rules for new uploads.</summary>
    public static IReadOnlyList<ErrorRow> Admission { get; } =
    [
        UploadError.QuotaExceeded, UploadError.RefusedByHook, UploadError.HookAway, UploadError.TypeNotAllowed, UploadError.NameNotAllowed,
        UploadError.MetadataRefused, UploadError.TooLarge, UploadError.NoSpace, UploadError.StoreDegraded,
    ];

    /// <summary>Receiving and storing bytes.</summary>
    public static IReadOnlyList<ErrorRow> Bytes { get; } =
    [
        UploadError.QuotaExceeded, UploadError.MalformedBody, UploadError.TooLarge, UploadError.NoSpace, UploadError.StoreDegraded,
        UploadError.StorageFailed,
    ];

    /// <summary>The header fields of a body with a digest.</summary>
    public static IReadOnlyList<ErrorRow> Digests { get; } =
        [RequestError.InvalidHeader, RequestError.MalformedDigest, RequestError.DigestConflict, RequestError.MediaTypeNotSupported];

    /// <summary>A place in a tree for a new or moved entry.</summary>
    public static IReadOnlyList<ErrorRow> Places { get; } =
        [UploadError.NameTaken, UploadError.NotFolder, UploadError.NoFolder, UploadError.RootFolder, UploadError.TooDeep];

    /// <summary>The current password is needed.</summary>
    public static IReadOnlyList<ErrorRow> Reauthentication { get; } =
        [RequestError.PasswordNeeded, RequestError.SignInAgain, RequestError.TooManyAttempts];

    private static readonly ErrorRow[] Callers =
        [RequestError.Unauthorized, RequestError.InvalidKey, RequestError.NotPermitted, UploadError.LedgerUnavailable];

    private static readonly ErrorRow[] Json =
        [RequestError.MalformedJson, RequestError.InvalidField, RequestError.BodyTooLarge, RequestError.MediaTypeNotSupported];

    private static readonly ErrorRow[] Query = [RequestError.InvalidParameter];

    private static readonly ErrorRow[] Cursor = [RequestError.InvalidCursor];

    /// <summary>
    /// All errors of an endpoint, in the table's order. The errors of authentication, bodies and parameters are derived from the rest of
    /// the documentation.
    /// </summary>
    public static IEnumerable<ErrorRow> Endpoint(EndpointDoc doc, bool anonymous)
    {
        HashSet<ErrorRow> named =
        [
            .. doc.Errors,
            .. anonymous ? [] : Callers,
            .. doc.Json is null ? [] : Json,
            .. doc.Query.Count == 0 || doc.QueryIsForeign ? [] : Query,
            .. doc.Query.Any(parameter => parameter.Name == "cursor") ? Cursor : [],
        ];
        return ErrorTable.All.Where(named.Contains);
    }
}
