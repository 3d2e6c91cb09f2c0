using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>POST /api/entries/{id}/versions/{number}/restore: restores an earlier content as the current one.</summary>
internal static class RestoreVersion
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(VersionRoutes.One + "/restore", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, string number, HttpContext context, FileVersions versions)
    {
        var (headers, fault) = EntryHeaders.Read(context.Request.Headers);
        if (headers is null)
            return fault!;
        var (file, which, refusal) = await VersionRoutes.FindAsync(id, number, context, versions, change: true);
        if (file is null)
            return refusal!;
        if (headers.Refuse(file.Entry) is { } unmet)
            return unmet;
        var caller = context.Caller();
        var restored = await versions.RestoreAsync(caller, file.Entry, which, headers.RevisionOf(file.Entry), context.RequestAborted);
        return restored.Ok
            ? JsonAnswer.Of(EntryView.For(caller, file with { Entry = restored.Value }), ApiJson.Out.EntryView)
            : Refusal.Of(restored.Failure);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(RestoreVersion), "Restore a version of a file",
        """
        The content becomes a new version with the next number, and what was the present content becomes an earlier one: nothing is lost,
        and no bytes are copied.

            curl -X POST -H "Authorization: Bearer $KEY" http://127.0.0.1:8080/api/entries/$ID/versions/3/restore
        """)
    {
        Headers = [EntryHeaders.IfMatch],
        Answers = [new(200, "The file as it is now.", typeof(EntryView), Examples.Entry)],
        Errors =
        [
            .. ErrorsOf.Places, UploadError.NoEntry, UploadError.NotFile, UploadError.EntryChanged, UploadError.Damaged,
            UploadError.ReadOnly, RequestError.InvalidHeader, RequestError.PreconditionFailed,
        ],
    };
}
