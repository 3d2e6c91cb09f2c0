using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>GET /api/entries/{id}/versions: lists the contents of a file, the newest first.</summary>
internal static class ListVersions
{
    private static readonly Pages Pages = new("versions", 200, 1000, CursorParts.Number);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(VersionRoutes.All, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Read).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, FileVersions versions, TimeProvider time)
    {
        var query = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(query);
        if (page.Number > int.MaxValue)
            query.RefuseCursor();
        if (query.Refusal is not null)
            return query.Refusal;
        var file = await VersionRoutes.FileAsync(id, context, versions, change: false);
        if (!file.Ok)
            return Refusal.Of(file.Failure);
        var entry = file.Value.Entry;
        var found = await versions.ListAsync(entry, (int?)page.Number, page.Sought, context.RequestAborted);
        var rule = await versions.RuleAsync(entry, context.RequestAborted);
        var now = time.GetUtcNow();
        var list = page.Of(found, version => version.Number, version => VersionView.Of(entry, version, now));
        return JsonAnswer.OfLong(
            new VersionListView
            {
                Items = list.Items,
                NextCursor = list.NextCursor,
                Policy = VersionPolicyView.Of(rule.Policy),
                PolicyFolder = rule.Folder?.ToString(),
            },
            ApiJson.Out.VersionListView, list.Items.Count * (long)PageWeight.BytesOfRest);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(ListVersions), "List the versions of a file",
        """
        The present content and the earlier ones that are kept, the newest first. `policy` says what decides about earlier ones, and
        `leavesAt` when one may be freed.

            curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8080/api/entries/$ID/versions
        """)
    {
        Query = Pages.Parameters,
        Answers =
        [
            new(200, "A page.", typeof(VersionListView), $$"""
                {"items":[{{VersionView.Example}}],"nextCursor":null,
                 "policy":{"last":10,"hours":24,"days":30,"weeks":52,"bytes":null},"policyFolder":"{{Examples.Id}}"}
                """),
        ],
        Errors = [UploadError.NoEntry, UploadError.NotFile, RequestError.InvalidParameter, RequestError.InvalidCursor],
    };
}
