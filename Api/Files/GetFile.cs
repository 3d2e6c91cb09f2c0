using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Files;

/// <summary>GET /api/files/{id}: describes a finished file.</summary>
internal static class GetFile
{
    private const int MostPlaces = 10;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/files/{id}", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Read).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, FileViews views, ITreeLedger tree, IFileHeaders headers)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var result = await catalog.FileAsync(context.Caller(), upload, context.RequestAborted);
        if (!result.Ok)
            return Refusal.Of(result.Failure);
        headers.Write(context.Response.Headers, result.Value);
        var places = result.Value.IsPublished ? await tree.FilesOfAsync(context.Caller(), upload, MostPlaces, context.RequestAborted) : [];
        return JsonAnswer.Of(
            views.Of(result.Value) with { Places = [.. places.Select(place => TreePath.Join(place.Path))] }, ApiJson.Out.FileView);
    }

    private static EndpointDoc Doc =>
        new("Files", nameof(GetFile), "Describe a file",
            "If the client declared no `sha256`, it is null until it is computed. `places` says where the file lies in the tree.")
        {
            Answers = [new(200, "The file.", typeof(FileView), Examples.FiledFile)],
            Errors = [.. ErrorsOf.Files, UploadError.Damaged],
        };
}
