using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Handles GET /api/sessions/{id}/chunks: the verified chunks, ordered by offset.</summary>
internal static class ListChunks
{
    private static readonly Pages Pages = new("chunks", 100, 1000, CursorParts.Number);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/sessions/{id}/chunks", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog catalog)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        var chunks = await catalog.ChunksAsync(context.Caller(), upload, page.Number ?? 0, page.Sought, context.RequestAborted);
        if (!chunks.Ok)
            return Refusal.Of(chunks.Failure);
        return JsonAnswer.Of(page.Of(chunks.Value.Items, chunk => chunk.Range.End, SessionViews.Of), ApiJson.Out.ListOfChunkView);
    }

    private static EndpointDoc Doc => new("Chunks", nameof(ListChunks), "List chunks", "With digest, attempts and times, by offset.")
    {
        Query = Pages.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<ChunkView>), Examples.Page(Examples.Chunk))],
        Errors = [UploadError.NotFound],
    };
}
