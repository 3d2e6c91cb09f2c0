using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Dav;

/// <summary>GET and HEAD: the content of a file, with ranges and conditions. For a folder it returns a sentence for people.</summary>
internal static class GetResource
{
    private const string AboutFolders = "This is a folder of WebDAV. Open its address with a program for drives, or open the console.\n";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, [HttpMethods.Get, HttpMethods.Head], HandleAsync).RequireAuthorization(AccessPolicy.Read)
            .WithMetadata(new UndocumentedTraffic(CreatesUpload: false)).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, UploadCatalog catalog, ContentReader reader, ApiMeter meter)
    {
        var (address, refusal) = await DavAddress.ReadAsync(context, spaces, change: false);
        if (address is null)
            return refusal!;
        if (address.IsRoot)
            return TypedResults.Text(AboutFolders);
        var found = await address.FindAsync(tree, context.RequestAborted);
        if (!found.Ok)
            return DavRefusals.Of(context, found.Failure);
        if (found.Value.Entry.Upload is not { } upload)
            return TypedResults.Text(AboutFolders);
        var file = await catalog.FileAsync(context.Caller(), upload, context.RequestAborted);
        return file.Ok
            ? GetFileContent.Answer(context, new FileContent(file.Value, found.Value.Entry), reader, meter)
            : Refusal.Of(file.Failure);
    }
}
