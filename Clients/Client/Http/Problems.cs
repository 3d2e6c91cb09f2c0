using System.Text.Json;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Http;

/// <summary>Classes of refusals.</summary>
internal static class Problems
{
    /// <summary>The code of a 413 that a proxy gave.</summary>
    public const string ProxyTooLarge = "http_413";

    private const int MostDetail = 4000;

    // A timer supports at most some weeks; no wait is longer than this.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Codes of uploads of which the service has nothing any more.</summary>
    public static bool IsGone(TransferException failure) =>
        failure.Code is ProblemCodes.NotFound or ProblemCodes.Expired or ProblemCodes.Failed or ProblemCodes.Cancelled
            or ProblemCodes.Deleted;

    public static TransferException Of(HttpResponseMessage answer, byte[] body)
    {
        var status = (int)answer.StatusCode;
        ProblemAnswer? problem = null;
        if (answer.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true)
        {
            try
            {
                problem = JsonSerializer.Deserialize(body, ClientJson.Default.ProblemAnswer);
            }
            catch (JsonException)
            {
                // A cut answer has its code in a header, too.
            }
        }

        var code = problem?.Code
            ?? (answer.Headers.TryGetValues(ServiceHeaders.ErrorCode, out var codes) ? codes.First() : $"http_{status}");
        var wait = problem?.RetryAfterMs is { } ms
            ? TimeSpan.FromMilliseconds(Math.Clamp(ms, 0, (long)LongestWait.TotalMilliseconds))
            : answer.Headers.RetryAfter?.Delta is { } delta && delta > LongestWait ? LongestWait : answer.Headers.RetryAfter?.Delta;
        var failure = ClassOf(status, code);
        var sentence = problem?.Detail is { Length: > 0 and <= MostDetail } detail ? detail : SentenceOf(status, code);
        return new TransferException(failure, sentence)
        {
            Code = code,
            Status = status,
            RetryAfter = wait,
            // A wrong digest of a chunk means that it arrived wrong: it may be sent again. Whoever pauses an upload lets it go on later.
            IsTransient = (problem?.Retryable ?? (status is >= 500 or 408 or 423 or 429))
                || code is ProblemCodes.DigestMismatch or ProblemCodes.Paused,
            RequestId = problem?.RequestId,
            Advice = problem?.Advice,
        };
    }

    /// <summary>Answers to HEAD have no sentence.</summary>
    private static string SentenceOf(int status, string code) => code switch
    {
        ProblemCodes.NotPermitted => "The key has not the right to do this.",
        ProblemCodes.LinkLocked => "The link needs its password: --password (OpenLinkAsync).",
        ProblemCodes.NoSuchRoute => "Nothing is at this address of the service.",
        _ => $"The service answered with {status} ({code}).",
    };

    public static TransferFailure ClassOf(int status, string code) => code switch
    {
        ProblemCodes.DigestMismatch or ProblemCodes.FileDigestMismatch or ProblemCodes.ChecksumMismatch => TransferFailure.Checksum,
        ProblemCodes.NoSpace or ProblemCodes.QuotaExceeded or ProblemCodes.TooLarge or ProblemCodes.LinkSize or ProblemCodes.LinkFiles
            or ProblemCodes.LinkBytes => TransferFailure.Quota,
        ProblemCodes.LinkEnded or ProblemCodes.LinkClosed or ProblemCodes.LinkLocked or ProblemCodes.NoSuchLink or ProblemCodes.ReadOnly
            => TransferFailure.Authentication,
        ProblemCodes.NotFile or ProblemCodes.NotFolder => TransferFailure.Conflict,
        _ => status switch
        {
            401 or 403 => TransferFailure.Authentication,
            404 or 410 => TransferFailure.NotFound,
            409 or 412 => TransferFailure.Conflict,
            413 or 507 => TransferFailure.Quota,
            408 or 423 or 429 or >= 500 => TransferFailure.Server,
            _ => TransferFailure.Refused,
        },
    };
}
