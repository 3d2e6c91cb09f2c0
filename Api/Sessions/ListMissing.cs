using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Handles GET /api/sessions/{id}/missing: the missing ranges, in order.</summary>
internal static class ListMissing
{
    private static readonly Pages Pages = new("missing", 100, 1000, CursorParts.Number);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/sessions/{id}/missing", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog catalog)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        var missing = await catalog.MissingAsync(context.Caller(), upload, page.Number ?? 0, page.Sought, context.RequestAborted);
        if (!missing.Ok)
            return Refusal.Of(missing.Failure);
        return JsonAnswer.Of(
            page.Of(missing.Value.Items, range => range.End, range => new RangeView(range.Offset, range.Length)),
            ApiJson.Out.ListOfRangeView);
    }

    private static EndpointDoc Doc => new(
        "Chunks", nameof(ListMissing), "List missing ranges",
        "All of them, a page at a time. While the size is not known: the gaps before the last received byte.")
    {
        Query = Pages.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<RangeView>), Examples.Page("""{"offset":8388608,"length":12582912}"""))],
        Errors = [UploadError.NotFound],
    };
}
