using ChunkUpload.Api.Access;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Files;

/// <summary>GET /api/files: a page of finished files.</summary>
internal static class ListFiles
{
    private static readonly UploadState[] Finished = [UploadState.Completed];

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/files", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, UploadCatalog catalog, FileViews views, TimeProvider time)
    {
        var reader =
            new QueryReader(context.Request.Query, "name", "createdAfter", "createdBefore", "minAge", "maxAge", "sort", "limit", "cursor");
        var query = UploadQueryReader.Read(reader, context.Caller(), Finished, time);
        if (reader.Refusal is { } refusal)
            return refusal;
        var page = await catalog.ListAsync(query, context.RequestAborted);
        return JsonAnswer.Of(UploadQueryReader.PageOf(query, page, views.Of), ApiJson.Out.ListOfFileView);
    }

    private static EndpointDoc Doc =>
        new("Files", nameof(ListFiles), "List unfiled files",
            "Finished uploads without a place in the tree, searched by name and age, sorted, a page at a time. `/api/tree` lists the "
                + "others.")
        {
            Query = UploadQueryReader.Parameters,
            Answers = [new(200, "A page.", typeof(ListOf<FileView>), Examples.Page(Examples.File))],
        };
}
