using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// Handles GET /files/{id}: downloads a finished upload like any other file (T182), without waiting for writers. 1. find the upload; 2.
/// check the rules; 3. answer as at /api/files, but forbid caching: a cache could answer HEAD from a stored GET, and HEAD is the offset
/// (T32).
/// </summary>
internal static class DownloadUpload
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(TusRoutes.Upload, HandleAsync).RequireAuthorization(AccessPolicy.Read).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, ContentReader reader, ApiMeter meter)
    {
        // 1. Find the upload.
        if (!UploadId.TryParse(id, out var parsed))
            return Refusal.NoSuchUpload;
        var upload = await catalog.FindAsync(context.Caller(), parsed, context.RequestAborted);

        // 2. Check the rules.
        if ((TusUploadRules.Exists(upload) ?? UploadRefusals.IfGone(upload!) ?? TusUploadRules.IsFile(upload!)) is { } failure)
            return Refusal.Of(failure);

        // 3.
        var answer = GetFileContent.Answer(context, new FileContent(upload!), reader, meter);
        context.Response.Headers.CacheControl = "no-store";
        return answer;
    }

    private static EndpointDoc Doc => new(
        TusRoutes.Tag, nameof(DownloadUpload), "Download a finished upload", "The same as `GET /api/files/{id}/content`, with ranges.")
    {
        Answers = [new(200, "The whole content.", typeof(Stream)) { MediaType = "application/octet-stream" },
            new(206, "The ranges.", typeof(Stream)) { MediaType = "application/octet-stream" }, new(304, "Unchanged.")],
        Protocol = UploadProtocol.Tus,
        Errors = [.. ErrorsOf.EndedUploads, .. ErrorsOf.Downloads, UploadError.NotCompleted, UploadError.Checking],
    };
}
