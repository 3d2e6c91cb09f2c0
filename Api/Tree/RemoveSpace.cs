using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>DELETE /api/spaces/{space}: removes a team space, for its owner or an administrator.</summary>
internal static class RemoveSpace
{
    private const string Contents = "contents";
    private const string WithContents = "delete";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(SpaceMembers.One, HandleAsync).RequireAuthorization(AccessPolicy.Delete).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, ISpaceLedger spaces, Trash trash)
    {
        var query = new QueryReader(context.Request.Query, Contents);
        var contents = query.Text(Contents);
        if (query.Refusal is { } fault)
            return fault;
        if (contents is not (null or WithContents))
            return Refusal.Of(RequestError.InvalidParameter, $"{Contents} must be {WithContents}, or absent.");
        var (space, refusal) = await SpaceMembers.TeamAsync(context, tree, manage: true);
        if (space is null)
            return refusal!;
        if (!await spaces.RemoveAsync(space.Id, contents is not null, context.RequestAborted))
        {
            return Refusal.Of(
                RequestError.SpaceNotEmpty,
                $"The space has {space.Entries} files and folders, also in its trash. "
                    + $"Move what you need, or send {Contents}={WithContents}.");
        }

        // The purge of the trash also frees the space's files.
        await trash.EmptyAsync(space.Id, CancellationToken.None);
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(RemoveSpace), "Remove a team space",
        "By the one who made it, or an administrator. Its members and links end at once, and uploads on their way there stay unfiled. A "
            + "space that is not empty needs `contents=delete`: its files are given up like those of an emptied trash, and cannot be "
            + "restored.")
    {
        Query = [new(Contents, "delete: also with what is in it.", WithContents)],
        Answers = [new(204, "It is removed.")],
        Errors = [UploadError.NoEntry, UploadError.ReadOnly, RequestError.NoTeamSpace, RequestError.SpaceNotEmpty],
    };
}
