using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Contents;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Files;

/// <summary>
/// GET and HEAD /api/files/{id}/content: 1. the file; 2. the headers that any answer has; 3. preconditions; 4. ranges; 5. the bytes.
/// </summary>
internal static class GetFileContent
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        // Two endpoints, because an OpenAPI operation has one method.
        routes.MapMethods("/api/files/{id}/content", [HttpMethods.Get], HandleAsync)
            .RequireAuthorization(AccessPolicy.Read).Document(Download);
        routes.MapMethods("/api/files/{id}/content", [HttpMethods.Head], HandleAsync).RequireAuthorization(AccessPolicy.Read).Document(Ask);
    }

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, ContentReader reader, ApiMeter meter)
    {
        // 1. The file.
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var found = await catalog.FileAsync(context.Caller(), upload, context.RequestAborted);
        if (!found.Ok)
            return Refusal.Of(found.Failure);
        return Answer(context, new FileContent(found.Value), reader, meter);
    }

    /// <summary>Steps 2 to 5, for every address at which a finished file can be downloaded.</summary>
    public static IResult Answer(HttpContext context, FileContent content, ContentReader reader, ApiMeter meter)
    {
        if (content.Upload.IsElsewhere)
            return Refusal.Of(UploadRefusals.Elsewhere(content.Upload));
        if (context.RequestServices.GetRequiredService<ContentOrigin>().AddressFor(context) is { } address)
        {
            // The framework's own redirection logs the address, and this one is a secret.
            context.Response.Headers.Location = address;
            context.Response.Headers.CacheControl = "no-store";
            return TypedResults.StatusCode(StatusCodes.Status307TemporaryRedirect);
        }

        // 2 and 3.
        content.WriteHeaders(context.Response.Headers);
        switch (Preconditions.Check(context.Request, content.ETag, content.LastModified))
        {
            case Precondition.NotModified:
                return TypedResults.StatusCode(StatusCodes.Status304NotModified);
            case Precondition.Failed:
                FileContent.ClearHeaders(context.Response.Headers);
                return Refusal.Of(RequestError.PreconditionFailed,
                    "The file does not meet the condition in If-Match or If-Unmodified-Since.");
            default:
                break;
        }

        // 4. Only GET has ranges (RFC 9110, 14.2).
        var ranges = content.Whole;
        if (HttpMethods.IsGet(context.Request.Method) && Preconditions.RangeHolds(context.Request, content.ETag, content.LastModified))
        {
            switch (RangeField.Read(context.Request.Headers.Range, content.Size, out var some))
            {
                case RangeReading.Unsatisfiable:
                    return Unsatisfiable(
                        context, content, RequestError.RangeNotSatisfiable, $"The file has {content.Size} bytes; no range lies inside it.");
                case RangeReading.TooMany:
                    return Unsatisfiable(
                        context, content, RequestError.TooManyRanges, $"Ask for at most {RangeField.MaxRanges} ranges at a time.");
                case RangeReading.Some:
                    ranges = some;
                    context.Response.StatusCode = StatusCodes.Status206PartialContent;
                    break;
                default:
                    break;
            }
        }

        // 5. The bytes.
        if (PieceDigests.IsAskedFor(context.Request))
            return new PieceDigests(content, ranges[0], reader);
        return new ContentAnswer(content, ranges, reader, meter);
    }

    private static Refusal Unsatisfiable(HttpContext context, FileContent content, RequestError error, string detail)
    {
        FileContent.ClearHeaders(context.Response.Headers);
        context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{content.Size}");
        return Refusal.Of(error, detail);
    }

    private static EndpointDoc Download => new(
        "Files", nameof(GetFileContent), "Download a file",
        """
        With `Range` (one or several), `If-Range`, `If-None-Match`, `If-Modified-Since`, `If-Match`, `If-Unmodified-Since`. The content of
        an id never changes. It is always an attachment that no browser runs.

            curl -C - -OJ -H "Authorization: Bearer $KEY" http://127.0.0.1:8080/api/files/$ID/content

        `?digests=true` answers with JSON instead: the SHA-256 of each piece of `piece` bytes from the range's beginning (`offset`) on, for
        at most 128 MiB. So a copy whose digest is wrong is repaired by the ranges that are wrong.
        """)
    {
        Query = [new(PieceDigests.Query, "true: digests of pieces instead of the bytes.", "true")],
        QueryIsForeign = true,
        Headers =
        [
            new("Range", $"At most {RangeField.MaxRanges} ranges; those that overlap are joined.", "bytes=0-1023"),
            new("If-Range", "The ETag or the Last-Modified of the part that one has.", $"\"{Examples.Id}\""),
            IfNoneMatch,
        ],
        Answers =
        [
            new(200, "The whole content.", typeof(Stream)) { MediaType = MediaTypeRule.Default, Headers = Validators },
            new(206, "The ranges; several of them as multipart/byteranges.", typeof(Stream)) { MediaType = MediaTypeRule.Default, Headers =
                Validators },
            new(304, "Unchanged."),
        ],
        Errors = [.. ErrorsOf.EndedUploads, .. ErrorsOf.Downloads, UploadError.NotCompleted, UploadError.Checking],
    };

    private static EndpointDoc Ask => new("Files", "HeadFileContent", "Ask about a download", "The headers that GET would answer with.")
    {
        Headers = [IfNoneMatch],
        Answers = [new(200, "The whole content's headers.") { Headers = Validators }, new(304, "Unchanged.")],
        Errors = [.. ErrorsOf.EndedUploads, UploadError.NotCompleted, UploadError.Checking, RequestError.PreconditionFailed],
    };

    private static EndpointDoc.Parameter IfNoneMatch => new("If-None-Match", "ETags.", $"\"{Examples.Id}\"");

    private static IReadOnlyList<EndpointDoc.Parameter> Validators =>
    [
        new("ETag", "Strong.", $"\"{Examples.Id}\""),
        new("Last-Modified", "When the file was completed.", "Thu, 15 Jan 2026 09:30:12 GMT"),
        new("Repr-Digest", "The file's SHA-256, once it is known.", Examples.Digest),
        new("Content-Disposition", "attachment, with the name in both forms of RFC 6266.", "attachment; filename=\"holiday.mp4\""),
        new("Accept-Ranges", "bytes", "bytes"),
    ];
}
