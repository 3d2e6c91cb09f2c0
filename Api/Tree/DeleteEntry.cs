using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>DELETE /api/tree/{path}: moves an entry with its contents to the trash.</summary>
internal static class DeleteEntry
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        TreeRoutes.Map(TreeRoutes.Entry, at => routes.MapDelete(at, HandleAsync), AccessPolicy.Delete, Doc);
        routes.MapDelete("/api/entries/{id}", HandleIdAsync).RequireAuthorization(AccessPolicy.Delete)
            .Document(Doc with { Name = "DeleteEntryById" });
    }

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree)
    {
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, change: true);
        if (address is null)
            return refusal!;
        return await RemoveAsync(context, tree, await tree.FindAsync(address.Space, address.Path, context.RequestAborted));
    }

    private static async Task<IResult> HandleIdAsync(string id, HttpContext context, FileTree tree) =>
        EntryId.TryParse(id, out var entry)
            ? await RemoveAsync(context, tree, await tree.FindAsync(context.Caller(), entry, change: true, context.RequestAborted))
            : Refusal.Of(TreeRefusals.NoEntry());

    private static async Task<IResult> RemoveAsync(HttpContext context, FileTree tree, Result<PlacedEntry> found)
    {
        var (headers, fault) = EntryHeaders.Read(context.Request.Headers);
        if (headers is null)
            return fault!;
        if (!found.Ok)
            return Refusal.Of(found.Failure);
        var entry = found.Value.Entry;
        if (headers.Refuse(entry) is { } refusal)
            return refusal;
        var removed = await tree.RemoveAsync(context.Caller(), entry, headers.RevisionOf(entry), context.RequestAborted);
        return removed.Ok ? TypedResults.NoContent() : Refusal.Of(removed.Failure);
    }

    private static EndpointDoc Doc => new(
        "Tree", nameof(DeleteEntry), "Move to the trash",
        "A folder goes with all that is in it. The trash keeps it for `Files:KeepDeleted`; from there it can be brought back.")
    {
        Headers = [new("If-Match", "Delete only this revision (\"r5\") or this content (its ETag).", "\"r5\"")],
        Answers = [new(204, "It is in the trash.")],
        Errors =
        [
            UploadError.NoEntry, UploadError.EntryChanged, UploadError.RootFolder, RequestError.InvalidPath, RequestError.InvalidHeader,
            RequestError.PreconditionFailed,
        ],
    };
}
