using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using System.Xml;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Outbound.S3;

/// <summary>What the errors of S3 mean. The code decides where it is known, then the status: answers to HEAD have no body.</summary>
internal static partial class S3Faults
{
    private static readonly Dictionary<string, FaultKind> Known = new(StringComparer.Ordinal)
    {
        ["SlowDown"] = FaultKind.Throttled,
        ["ServiceUnavailable"] = FaultKind.Throttled,
        ["TooManyRequests"] = FaultKind.Throttled,
        ["TooManyRequestsException"] = FaultKind.Throttled,
        ["RequestLimitExceeded"] = FaultKind.Throttled,
        ["Throttling"] = FaultKind.Throttled,
        ["ThrottlingException"] = FaultKind.Throttled,
        ["BandwidthLimitExceeded"] = FaultKind.Throttled,
        ["InvalidAccessKeyId"] = FaultKind.SignIn,
        ["SignatureDoesNotMatch"] = FaultKind.SignIn,
        ["ExpiredToken"] = FaultKind.SignIn,
        ["InvalidToken"] = FaultKind.SignIn,
        ["TokenRefreshRequired"] = FaultKind.SignIn,
        ["NotSignedUp"] = FaultKind.SignIn,
        ["UserSuspended"] = FaultKind.SignIn,
        ["QuotaExceeded"] = FaultKind.Full,
        ["EntityQuotaExceeded"] = FaultKind.Full,
        ["StorageFull"] = FaultKind.Full,
        ["InsufficientStorage"] = FaultKind.Full,
        ["NoSuchUpload"] = FaultKind.SessionLost,
        ["InvalidPart"] = FaultKind.SessionLost,
        ["InvalidPartOrder"] = FaultKind.SessionLost,
        ["EntityTooSmall"] = FaultKind.SessionLost,
        ["NoSuchKey"] = FaultKind.Gone,
        ["NoSuchVersion"] = FaultKind.Gone,
        ["NoSuchBucket"] = FaultKind.Gone,
        ["PreconditionFailed"] = FaultKind.Taken,
        ["ConditionalRequestConflict"] = FaultKind.Transient,
        ["OperationAborted"] = FaultKind.Transient,
        ["InternalError"] = FaultKind.Transient,
        ["RequestTimeout"] = FaultKind.Transient,
        ["RequestTimeTooSkewed"] = FaultKind.Transient,
        ["BadDigest"] = FaultKind.Integrity,
        ["InvalidDigest"] = FaultKind.Integrity,
        ["IncompleteBody"] = FaultKind.Transient,
        ["XAmzContentSHA256Mismatch"] = FaultKind.Integrity,
        ["XAmzContentChecksumMismatch"] = FaultKind.Integrity,
    };

    public const string SkewedSentence = "The clocks of this service and of the storage differ by more than a quarter of an hour.";

    /// <summary>The store does not know something that the request asks for.</summary>
    public static StorageFault Unknown { get; } = new(FaultKind.Refused, "The storage does not know what was asked of it.");

    public static StorageFault Of(AmazonServiceException reason)
    {
        var (code, status) = (reason.ErrorCode ?? "", reason.StatusCode);
        if (code == "NotImplemented" || status == HttpStatusCode.NotImplemented)
            return Unknown;
        if (OtherRegionOf(reason) is { } region)
        {
            return new StorageFault(
                FaultKind.Refused, $"The bucket is in the region {region}. Remove the connection, and add it with this region.");
        }

        return Of(code, status) with { After = AfterOf(reason) };
    }

    /// <summary>The region of the bucket, if the request was refused because it named another one.</summary>
    public static string? OtherRegionOf(AmazonServiceException reason) =>
        RegionOf(reason) is { } region && (reason.ErrorCode is "PermanentRedirect" or "TemporaryRedirect" or "AuthorizationHeaderMalformed"
            or "IllegalLocationConstraintException" || (int)reason.StatusCode is 301 or 307 or 400)
            ? Short(region)
            : null;

    /// <summary>The meaning of an error by its code, which may be empty, and its status.</summary>
    public static StorageFault Of(string code, HttpStatusCode status)
    {
        var kind = Known.TryGetValue(code, out var known) ? known : ByStatus(status);
        return new StorageFault(kind, SentenceOf(code, status, kind));
    }

    /// <summary>A failure of the network, or an answer that cannot be read; null: the exception is something else.</summary>
    public static StorageFault? OfNetwork(Exception reason)
    {
        for (var one = reason; one is not null; one = one.InnerException)
        {
            if (NetworkFaults.Of(one) is { } fault)
                return fault;
            if (one is TimeoutException)
                return new StorageFault(FaultKind.Transient, NetworkFaults.BrokeOff);
        }

        // The SDK throws the last three for numbers, times and addresses of a response that it cannot parse.
        return reason is AmazonClientException or XmlException or FormatException or OverflowException or ArgumentException
            ? new StorageFault(FaultKind.Transient, "The storage sent an answer that cannot be read.")
            : null;
    }

    /// <summary>The SDK takes an answer that it cannot read to its end for an error of the service.</summary>
    public static bool IsTooLong(Exception? reason) =>
        reason is not null && (reason is AnswerTooLongException || IsTooLong(reason.InnerException));

    private static FaultKind ByStatus(HttpStatusCode status) => (int)status switch
    {
        401 => FaultKind.SignIn,
        404 => FaultKind.Gone,
        412 => FaultKind.Taken,
        429 or 503 => FaultKind.Throttled,
        507 => FaultKind.Full,
        408 or 409 => FaultKind.Transient,
        >= 500 or < 300 => FaultKind.Transient,
        _ => FaultKind.Refused,
    };

    private static string SentenceOf(string code, HttpStatusCode status, FaultKind kind) => code switch
    {
        "InvalidAccessKeyId" => "The storage does not know the access key. Give it another one.",
        "SignatureDoesNotMatch" => "The secret does not belong to the access key. Give it again.",
        "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" => "The access key was for a time that is over. Give it another one.",
        "NotSignedUp" or "UserSuspended" => "The storage has suspended the account of the access key.",
        "AccessDenied" or "Forbidden" or "AllAccessDisabled" or "AccountProblem" => "The access key may not do this. Its policy must "
            + "allow listing the bucket, and reading or writing its objects.",
        "NoSuchBucket" => "There is no bucket of this name.",
        "InvalidBucketName" => "The storage takes no bucket of this name.",
        "InvalidObjectState" => "The object is in an archive, and has to be restored there first.",
        "QuotaExceeded" or "EntityQuotaExceeded" or "StorageFull" or "InsufficientStorage" => "The storage has no room.",
        "KeyTooLongError" => "The path is longer than the storage takes.",
        "EntityTooLarge" => "The file is larger than the storage takes.",
        "RequestTimeTooSkewed" => SkewedSentence,
        "PermanentRedirect" or "TemporaryRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" =>
            "The bucket is in another region than the connection names.",
        _ => kind switch
        {
            FaultKind.Throttled => "The storage asks for fewer requests.",
            FaultKind.SessionLost => "The storage has forgotten the upload; it begins again.",
            FaultKind.Gone => "The storage has no such object.",
            FaultKind.Taken => "The storage has an object of this name.",
            FaultKind.Integrity => "Bytes did not arrive as they were sent.",
            FaultKind.Transient => $"The storage failed with {Word(code, status)}.",
            FaultKind.Refused when (int)status == 403 => "The access key may not do this. Its policy must allow listing the bucket, and "
                + "reading or writing its objects.",
            _ => $"The storage refuses it with {Word(code, status)}.",
        },
    };

    /// <summary>A code is a word of the protocol. Anything else a server may send there is not shown.</summary>
    private static string Word(string code, HttpStatusCode status) =>
        code.Length is > 0 and <= 64 && code.All(char.IsAsciiLetterOrDigit) ? code : $"status {(int)status}";

    private static string Short(string region) =>
        region.Length <= 64 && region.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-') ? region : "of another name";

    private static string? RegionOf(AmazonServiceException reason)
    {
        if (HeaderOf(reason, "x-amz-bucket-region") is { Length: > 0 } named)
            return named;
        // Elsewhere it is in the body, of which the SDK keeps the message alone.
        return Expected().Match(reason.Message) is { Success: true } match ? match.Groups[1].Value : null;
    }

    private static TimeSpan? AfterOf(AmazonServiceException reason) =>
        int.TryParse(HeaderOf(reason, "Retry-After"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static string? HeaderOf(AmazonServiceException reason, string name) =>
        reason.InnerException is HttpErrorResponseException { Response: { } answer } && answer.IsHeaderPresent(name)
            ? answer.GetHeaderValue(name)
            : null;

    [GeneratedRegex("expecting '([a-z0-9-]{1,64})'")]
    private static partial Regex Expected();
}
