using System.Globalization;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Core.Advisor;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Errors;

/// <summary>An error answer: the status, the headers that clients act on, and problem+json where the method allows a body.</summary>
internal sealed class Refusal : IResult
{
    /// <summary>Repeats the code, for answers without a body (HEAD).</summary>
    public const string CodeHeader = ServiceHeaders.ErrorCode;

    // The framework has no reason phrase for this status of tus.
    private const int ChecksumMismatch = 460;

    private readonly ErrorRow _row;
    private readonly string _detail;
    private readonly UploadFailure? _upload;
    private readonly RequestFailure? _request;

    private Refusal(ErrorRow row, string detail, UploadFailure? upload, RequestFailure? request)
    {
        _row = row;
        _detail = detail;
        _upload = upload;
        _request = request;
    }

    public static Refusal Of(UploadFailure failure) => new(ErrorTable.Of(failure.Error), failure.Detail, failure, null);

    public static Refusal Of(RequestFailure failure) => new(ErrorTable.Of(failure.Error), failure.Detail, null, failure);

    public static Refusal Of(RequestError error, string detail) => Of(new RequestFailure(error, detail));

    public static Refusal Of(UploadError error, string detail) => Of(new UploadFailure(error, detail));

    /// <summary>The error of the request; null for a failure of an upload.</summary>
    public RequestError? Error => _request?.Error;

    public static Refusal NoKey { get; } = Of(RequestError.Unauthorized, "Send a key: Authorization: Bearer cu_…");

    /// <summary>The response for an unknown or malformed id.</summary>
    public static Refusal NoSuchUpload { get; } = Of(UploadError.NotFound, "There is no upload or file with this id.");

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        var advisor = httpContext.RequestServices.GetRequiredService<ChunkAdvisor>();
        var upload = _upload?.Upload;
        long? wait = _row.Retry switch
        {
            Retry.Never => null,
            Retry.AtOnce => 0,
            _ => (long)Math.Ceiling((_request?.RetryAfter ?? advisor.RetryAfter(upload)).TotalMilliseconds),
        };

        httpContext.RequestServices.GetRequiredService<ApiMeter>().Failed(_row.Code);
        var head = HttpMethods.IsHead(httpContext.Request.Method);
        var protocol = httpContext.Features.Get<ErrorProtocol>();
        var status = _upload?.Status ?? _request?.Status
            ?? _row.StatusFor(protocol?.Protocol, head: head && protocol is not { IsPersistent: true });
        response.StatusCode = status;
        if (status == ChecksumMismatch && httpContext.Features.Get<IHttpResponseFeature>() is { } line)
            line.ReasonPhrase = "Checksum Mismatch";
        response.Headers[CodeHeader] = _row.Code;
        if (wait > 0)
            response.Headers[HeaderNames.RetryAfter] = ((wait.Value + 999) / 1000).ToString(CultureInfo.InvariantCulture);
        if (_upload?.Error == UploadError.DigestMissing)
            response.Headers["Want-Content-Digest"] = "sha-256=10";
        if (_upload?.Offset is { } offset)
            response.Headers["Upload-Offset"] = offset.ToString(CultureInfo.InvariantCulture);
        var advised = Continues(upload, status) ? upload : null;
        if (_upload is not null)
        {
            foreach (var header in httpContext.RequestServices.GetServices<IRefusalHeader>())
                header.Write(httpContext, _upload, advised is not null);
        }

        RefusedBody.Prepare(httpContext);
        if (head)
            return;

        var tellsOffsets = _upload is { Error: UploadError.OffsetConflict } && protocol is { Protocol: UploadProtocol.Ietf };
        var problem = new Problem
        {
            Type = _row.TypeFor(protocol),
            Title = _row.Title,
            Status = status,
            Detail = _detail,
            Code = _row.Code,
            Retryable = _row.Retry != Retry.Never,
            RetryAfterMs = wait,
            Advice = advised is null ? null : advisor.Advise(advised),
            RequestId = httpContext.TraceIdentifier,
            Offset = _upload?.Offset,
            Limit = _upload?.Quota?.Limit,
            Used = _upload?.Quota?.Used,
            Missing = _upload?.Missing is { } missing ? RangeView.Of(missing) : null,
            Sequence = _request?.Sequence,
            Hash = _request?.Hash,
            Errors = _request?.Errors,
            Transfer = _request?.Transfer,
            ExpectedOffset = tellsOffsets ? _upload?.Offset : null,
            ProvidedOffset = tellsOffsets ? protocol!.ProvidedOffset : null,
        };
        await JsonAnswer.WriteAsync(httpContext, problem, ApiJson.Out.Problem, Problem.MediaType);
    }

    /// <summary>
    /// Returns whether the client has more bytes to send, which it has not if the upload has ended or is unknown, or for a download.
    /// </summary>
    private bool Continues(Upload? upload, int status) =>
        upload is { State: UploadState.Open }
        && _upload!.Error != UploadError.NotCompleted
        && status is not (StatusCodes.Status401Unauthorized or StatusCodes.Status404NotFound or StatusCodes.Status410Gone);
}
