using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Statistics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// GET /files/{id}: a finished upload is a file like any other (T182). It waits for nobody who writes. 1. the upload; 2. the rules;
/// 3. the same answer as in /api/files, but for caches: what one keeps of a GET it may answer HEAD with, and HEAD is the offset (T32).
/// </summary>
internal static class DownloadUpload
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(TusRoutes.Upload, HandleAsync).RequireAuthorization(AccessPolicy.Read).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog desk, ContentReader reader, ApiMeter meter)
    {
        // 1.
        if (!UploadId.TryParse(id, out var parsed))
            return Refusal.NoSuchUpload;
        var upload = await desk.FindAsync(context.Caller(), parsed, context.RequestAborted);

        // 2.
        if ((UploadRule.Exists(upload) ?? UploadRefusals.IfGone(upload!) ?? UploadRule.IsFile(upload!)) is { } failure)
            return Refusal.Of(failure);

        // 3.
        var answer = GetFileContent.Answer(context, upload!, reader, meter);
        context.Response.Headers.CacheControl = "no-store";
        return answer;
    }

    private static EndpointDoc Doc => new(
        TusRoutes.Tag, nameof(DownloadUpload), "Download a finished upload", "The same as `GET /api/files/{id}/content`, with ranges.")
    {
        Path = TusRoutes.Path,
        Answers = [new(200, "The whole content.", typeof(Stream)) { MediaType = "application/octet-stream" },
            new(206, "The ranges.", typeof(Stream)) { MediaType = "application/octet-stream" }, new(304, "Unchanged.")],
        Face = UploadProtocol.Tus,
        Fails = [.. TusRoutes.Always, UploadError.NotCompleted],
        Refuses = [RequestError.PreconditionFailed, RequestError.RangeNotSatisfiable, RequestError.TooManyRanges],
    };
}
