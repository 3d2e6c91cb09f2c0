using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>A lock of WebDAV that covers an entry.</summary>
/// <param name="By">The subject that holds it.</param>
/// <param name="Path">The path of the file or folder that is locked; empty for the whole space.</param>
/// <param name="Exclusive">Whether no other lock may cover the place.</param>
/// <param name="Deep">Whether it also covers the contents of the folder.</param>
/// <param name="EndsAt">When it ends, unless it is refreshed or a request still runs under it.</param>
internal sealed record LockView(string By, string Path, bool Exclusive, bool Deep, DateTimeOffset EndsAt);

internal sealed record LockListView(IReadOnlyList<LockView> Items);

/// <summary>GET /api/entries/{id}/locks: lists the WebDAV locks of a file or folder. They only apply to WebDAV clients.</summary>
internal static class ListLocks
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/entries/{id}/locks", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Look).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, FileTree tree, IDavLocks locks, TimeProvider time)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } fault)
            return fault;
        var found = EntryId.TryParse(id, out var entry)
            ? await tree.FindAsync(context.Caller(), entry, change: false, context.RequestAborted)
            : TreeRefusals.NoEntry();
        if (!found.Ok)
            return Refusal.Of(found.Failure);
        var place = DavPlace.Of(found.Value.Entry);
        var held = await locks.OverAsync(found.Value.Entry.Space, place.Parent, place.Name, context.RequestAborted);
        var now = time.GetUtcNow();
        var items = held.Select(one => new LockView(
            one.Subject, TreePath.Join(one.Path ?? []), one.Exclusive, one.Deep, now + TimeSpan.FromSeconds(one.Seconds)));
        return JsonAnswer.Of(new LockListView([.. items]), ApiJson.Out.LockListView);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(ListLocks), "List the WebDAV locks of an entry",
        """
        The locks that cover the file or folder: its own, and those of the folders above it that cover what is in them. They bind WebDAV
        only; every other way may change the entry, and what it replaces stays a version.

            curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8080/api/entries/$ID/locks
        """)
    {
        Answers =
        [
            new(200, "The locks.", typeof(LockListView), """
                {"items":[{"by":"user:0f3a51c2d4e5f60718293a4b5c6d7e8f","path":"reports/plan.docx","exclusive":true,"deep":false,
                 "endsAt":"2026-01-15T10:30:12.500Z"}]}
                """),
        ],
        Errors = [UploadError.NoEntry, RequestError.InvalidParameter],
    };
}
