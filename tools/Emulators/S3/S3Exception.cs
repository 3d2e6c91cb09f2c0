using System.Security;

namespace ChunkUpload.Emulators.S3;

/// <summary>An error in the form of S3's.</summary>
internal sealed class S3Exception(string code, int? status = null, string? message = null, params (string Name, string Value)[] more)
    : Exception(message ?? code)
{
    private static readonly Dictionary<string, int> Statuses = new(StringComparer.Ordinal)
    {
        ["PermanentRedirect"] = 301,
        ["AuthorizationHeaderMalformed"] = 400,
        ["BadDigest"] = 400,
        ["EntityTooSmall"] = 400,
        ["IncompleteBody"] = 400,
        ["InvalidArgument"] = 400,
        ["InvalidBucketName"] = 400,
        ["InvalidDigest"] = 400,
        ["InvalidPart"] = 400,
        ["InvalidPartOrder"] = 400,
        ["InvalidRequest"] = 400,
        ["KeyTooLongError"] = 400,
        ["MalformedXML"] = 400,
        ["XAmzContentChecksumMismatch"] = 400,
        ["XAmzContentSHA256Mismatch"] = 400,
        ["ExpiredToken"] = 400,
        ["RequestTimeout"] = 400,
        ["AccessDenied"] = 403,
        ["InvalidAccessKeyId"] = 403,
        ["InvalidObjectState"] = 403,
        ["QuotaExceeded"] = 403,
        ["RequestTimeTooSkewed"] = 403,
        ["SignatureDoesNotMatch"] = 403,
        ["NoSuchBucket"] = 404,
        ["NoSuchKey"] = 404,
        ["NoSuchUpload"] = 404,
        ["NoSuchVersion"] = 404,
        ["MethodNotAllowed"] = 405,
        ["BucketAlreadyOwnedByYou"] = 409,
        ["BucketNotEmpty"] = 409,
        ["ConditionalRequestConflict"] = 409,
        ["PreconditionFailed"] = 412,
        ["InvalidRange"] = 416,
        ["InternalError"] = 500,
        ["NotImplemented"] = 501,
        ["SlowDown"] = 503,
        ["ServiceUnavailable"] = 503,
    };

    public string Code => code;

    public int Status => status ?? Statuses.GetValueOrDefault(code, 400);

    public IReadOnlyList<(string Name, string Value)> More => more;

    public string Body(string requestId) => Text(code, Message, requestId, more);

    public static string Text(string code, string message, string requestId, params IEnumerable<(string Name, string Value)> more) =>
        $"""<?xml version="1.0" encoding="UTF-8"?>{"\n"}<Error><Code>{code}</Code><Message>{SecurityElement.Escape(message)}</Message>"""
        + string.Concat(more.Select(one => $"<{one.Name}>{SecurityElement.Escape(one.Value)}</{one.Name}>"))
        + $"<RequestId>{requestId}</RequestId></Error>";
}
