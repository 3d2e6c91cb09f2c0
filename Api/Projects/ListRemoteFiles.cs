using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Projects;

/// <summary>GET /api/projects/{id}/files-paginated: lists the files that devices serve.</summary>
internal static class ListRemoteFiles
{
    private static readonly Pages Pages = new("remote_files", 100, 200, CursorParts.Text | CursorParts.Number);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(ProjectRoutes.One + "/files-paginated", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects)
            .Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IProjectLedger projects, ICatalogueLedger catalogue, DevicePresence presence)
    {
        var query = new QueryReader(context.Request.Query, "cursor", "limit", "path", "search", "sort");
        RemoteFileSort? sort = query.Text("sort") switch
        {
            null or "" or "path" => RemoteFileSort.Path,
            "-modified_at" => RemoteFileSort.Newest,
            "-size" => RemoteFileSort.Largest,
            _ => null,
        };
        if (sort is null)
            query.Refuse("sort must be path, -modified_at or -size.");
        var below = query.Text("path")?.TrimEnd('/');
        if (below is { Length: > 0 } && below[0] != '/')
            query.Refuse("path must begin with a slash.");
        var search = query.Text("search")?.Trim();
        var page = Pages.ReadSorted(query, $"remote_files {sort}", CursorParts.Text | CursorParts.Number);
        if (query.Refusal is not null)
            return query.Refusal;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var files = await catalogue.FilesAsync(
            project.Id,
            new RemoteFileQuery(
                sort!.Value, below is { Length: > 0 } ? below : null, search is { Length: > 0 } ? search : null,
                page.After is { } after ? new RemoteFilePosition(after.Text!, after.Number ?? 0) : null, page.Sought),
            context.RequestAborted);
        var online = presence.Online(project.Folders.Select(folder => folder.Device));
        var onlineDevices = project.Folders.Where(folder => online.Contains(folder.Device.Key))
            .Select(folder => folder.Device.Id).ToHashSet();
        var list = page.Of(files, file => KeyOf(file, sort.Value), file => RemoteFileView.Of(file, onlineDevices.Contains(file.Device)));
        return JsonAnswer.Of(new RemoteFilesView(list.Items, list.NextCursor, project.Sequence), ProjectJson.Out.RemoteFilesView);
    }

    private static PageKey KeyOf(RemoteFile file, RemoteFileSort sort) => new(
        file.Path,
        sort switch
        {
            RemoteFileSort.Newest => file.ModifiedAt.UtcTicks,
            RemoteFileSort.Largest => file.Size,
            _ => 0,
        },
        null, default);

    private static EndpointDoc Doc => new(
        ProjectRoutes.Tag, nameof(ListRemoteFiles), "List the files on devices",
        "For members. `online` says whether the device is there now. `sequence` is the number of the last event that the list has.")
    {
        Query =
        [
            .. Pages.Parameters,
            new("path", "Only what lies below this folder.", "/line-14"),
            new("search", "A part of the path, in any case.", "xtf"),
            new("sort", "path, -modified_at or -size.", "path"),
        ],
        Answers =
        [
            new(200, "A page.", typeof(RemoteFilesView), $$"""
                {"files":[{"path":"/line-14/a.xtf","size":73400320,"hash":"{{Examples.Sha256}}","mime_type":"application/octet-stream",
                 "modified_at":"2026-01-15T09:30:12.000Z","device_id":"{{ProjectRoutes.ExampleId}}","online":true}],
                 "next_cursor":null,"sequence":42}
                """),
        ],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.InvalidParameter, RequestError.InvalidCursor],
    };
}
