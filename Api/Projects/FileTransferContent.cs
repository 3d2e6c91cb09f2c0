using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Contents;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Projects;

/// <summary>
/// GET and HEAD /api/projects/{id}/transfers/{transfer}/content: sends the file, also while it is still being received. 1. the transfer; 2.
/// check for received bytes; 3. preconditions and the range; 4. the headers of a download; 5. the bytes, as they arrive.
/// </summary>
internal static class FileTransferContent
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(FileTransferRoutes.One + "/content", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects)
            .Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, string transfer, HttpContext context, IFileTransferLedger transfers, RelayReader reader, ContentOrigin origin,
        ApiMeter meter)
    {
        // 1. The transfer.
        if (await FileTransferRoutes.FindAsync(id, transfer, context) is not { } found)
            return FileTransferRefusals.Absent;
        if (!found.IsAskedBy(context.Caller()))
            return FileTransferRefusals.Of(FileTransferOutcome.NotRequester)!;

        // 2. Check for received bytes.
        var state = await transfers.RelayAsync(found.Id, 0, context.RequestAborted);
        switch (reader.Of(state, found.Attempt, found.Size))
        {
            case RelayReading.Gone:
                return Refusal.Of(RequestError.TransferGone, "The transfer, or this attempt of it, has ended.");
            case RelayReading.NotYet:
                return Refusal.Of(new RequestFailure(RequestError.NotYet, "No byte of the file has arrived yet; try again in a second.")
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                });
            default:
                break;
        }

        if (origin.AddressFor(context) is { } address)
        {
            context.Response.Headers.Location = address;
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.StatusCode(StatusCodes.Status307TemporaryRedirect);
        }

        // 3. Preconditions and the range.
        var tag = new EntityTagHeaderValue($"\"{found.Id:n}-{found.Attempt}\"");
        var request = context.Request;
        switch (Preconditions.Check(request, tag, found.ModifiedAt))
        {
            case Precondition.NotModified:
                return TypedResults.StatusCode(StatusCodes.Status304NotModified);
            case Precondition.Failed:
                return Refusal.Of(RequestError.PreconditionFailed, "Another attempt has begun: read the file again, without If-Match.");
            default:
                break;
        }

        var (range, isPart) = (new ByteRange(0, found.Size), false);
        if (HttpMethods.IsGet(request.Method) && Preconditions.RangeHolds(request, tag, found.ModifiedAt))
        {
            var reading = RangeField.Read(request.Headers.Range, found.Size, out var some);
            if (reading is RangeReading.Unsatisfiable or RangeReading.TooMany || (reading == RangeReading.Some && some.Count > 1))
            {
                context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{found.Size}");
                return reading == RangeReading.Unsatisfiable
                    ? Refusal.Of(RequestError.RangeNotSatisfiable, $"The file has {found.Size} bytes; no range lies inside it.")
                    : Refusal.Of(RequestError.TooManyRanges, "Ask for one range at a time.");
            }

            if (reading == RangeReading.Some)
                (range, isPart) = (some[0], true);
        }

        var offset = found.OffsetInRelay(range);
        if (offset is null && HttpMethods.IsGet(request.Method))
        {
            return Refusal.Of(
                RequestError.PartlyRelayed, "The receiver has a part of the file. Only the rest comes through the service: relay_ranges.");
        }

        if (isPart)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange =
                string.Create(CultureInfo.InvariantCulture, $"bytes {range.Offset}-{range.End - 1}/{found.Size}");
        }

        // 4. and 5.
        WriteHeaders(context.Response.Headers, found, tag, state!);
        return new Answer(found, range, offset ?? 0, reader, meter);
    }

    private static void WriteHeaders(IHeaderDictionary headers, FileTransfer found, EntityTagHeaderValue tag, RelayState state)
    {
        headers.AcceptRanges = "bytes";
        headers.ETag = tag.ToString();
        headers.CacheControl = "private, no-store";
        headers.ContentDisposition = ContentDisposition.Attachment(found.Path[(found.Path.LastIndexOf('/') + 1)..]);
        // Content of a device must not run in this origin, even if a browser ignores the attachment.
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (found.RelayRanges is null && state is { State: UploadState.Completed, Sha256: { } digest })
            headers[DigestHeaders.ReprDigest] = DigestField.Write(new Sha256Digest(digest));
    }

    private sealed class Answer(FileTransfer found, ByteRange range, long offset, RelayReader reader, ApiMeter meter) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            var caller = httpContext.Caller();
            response.ContentType = ServedType.Of(found.MimeType);
            response.ContentLength = range.Length;
            if (HttpMethods.IsHead(httpContext.Request.Method))
                return;
            await response.StartAsync(httpContext.RequestAborted);
            if (!await reader.CopyAsync(
                    found, caller, range with { Offset = offset }, response.BodyWriter, ConnectionOutput.FilesOf(httpContext),
                    httpContext.RequestAborted))
            {
                // Only an aborted connection shows that bytes are missing.
                httpContext.Abort();
                return;
            }

            meter.Sent(range.Length);
            await response.CompleteAsync();
            // A browser does not report what it has received.
            if (caller.Credential.Kind == CredentialKind.Session && range.End == found.Size)
                await reader.CompleteAsync(found, caller, CancellationToken.None);
        }
    }

    private static EndpointDoc Doc => new(
        ProjectRoutes.Tag, "GetFileTransferContent", "Receive a file while it arrives",
        "For the requester. With `Range` (one), `If-Range`, `If-Match`. Before the first byte the answer is 503 `not_yet`, after the end "
            + "410. Bytes that have not come yet are waited for; after 20 seconds without one the connection is broken off, and the rest "
            + "can be asked for with `If-Match`. Where a checker is set, nothing is sent before its verdict.")
    {
        Headers =
        [
            new("Range", "One range.", "bytes=1048576-"),
            new("If-Match", "The ETag of the attempt that the client has begun to read.", $"\"{Examples.Id}-1\""),
        ],
        Answers =
        [
            new(200, "The whole content.", typeof(Stream)) { MediaType = MediaTypeRule.Default },
            new(206, "The range.", typeof(Stream)) { MediaType = MediaTypeRule.Default },
        ],
        Errors =
        [
            RequestError.NoSuchTransfer, RequestError.NotPermitted, RequestError.NotYet, RequestError.TransferGone,
            RequestError.PreconditionFailed, RequestError.PartlyRelayed, RequestError.RangeNotSatisfiable, RequestError.TooManyRanges,
        ],
    };
}
