using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>DELETE /api/entries/{id}/versions/{number}: removes an earlier content.</summary>
internal static class RemoveVersion
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(VersionRoutes.One, HandleAsync).RequireAuthorization(AccessPolicy.Delete).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, string number, HttpContext context, FileVersions versions)
    {
        var (file, which, refusal) = await VersionRoutes.FindAsync(id, number, context, versions, change: true);
        if (file is null)
            return refusal!;
        return await versions.RemoveAsync(file.Entry, which, context.RequestAborted) is { } failure
            ? Refusal.Of(failure)
            : TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(RemoveVersion), "Delete a version of a file",
        "An earlier content, also one with a name. It cannot be restored any more; its space is freed soon afterwards. The present content "
            + "cannot be deleted in this way.")
    {
        Answers = [new(204, "Gone.")],
        Errors = [UploadError.NoEntry, UploadError.NotFile, UploadError.CurrentVersion, UploadError.ReadOnly],
    };
}
