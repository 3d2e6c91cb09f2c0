using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tree;

/// <summary>GET and HEAD /api/entries/{id}/versions/{number}/content: the bytes of one version.</summary>
internal static class GetVersionContent
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(VersionRoutes.One + "/content", [HttpMethods.Get, HttpMethods.Head], HandleAsync)
            .RequireAuthorization(AccessPolicy.Read).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, string number, HttpContext context, FileVersions versions, UploadCatalog catalog, ContentReader reader, ApiMeter meter)
    {
        var (file, which, refusal) = await VersionRoutes.FindAsync(id, number, context, versions, change: false);
        if (file is null)
            return refusal!;
        var version = await versions.FindAsync(file.Entry, which, context.RequestAborted);
        if (!version.Ok)
            return Refusal.Of(version.Failure);
        var content = await catalog.FileAsync(context.Caller(), version.Value.Upload, context.RequestAborted);
        return content.Ok
            ? GetFileContent.Answer(
                context, new FileContent(content.Value, file.Entry with { Modified = version.Value.Modified }), reader, meter)
            : Refusal.Of(content.Failure);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(GetVersionContent), "Download a version of a file",
        "As `/api/entries/{id}/content`, with ranges and conditions. It has the name of the file and the modified time of the version.")
    {
        Answers =
        [
            new(200, "The content.", typeof(Stream)) { MediaType = MediaTypeRule.Default }, new(206, "The ranges."), new(304, "Unchanged."),
        ],
        Errors = [.. ErrorsOf.Downloads, UploadError.NoEntry, UploadError.NotFile],
    };
}
