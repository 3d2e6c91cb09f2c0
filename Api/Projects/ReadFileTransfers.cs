using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Projects;

/// <summary>GET /api/projects/{id}/transfers: lists the files that members have requested.</summary>
internal static class ReadFileTransfers
{
    private static readonly Pages Pages = new("file_transfers", 50, 200, CursorParts.Time | CursorParts.Id);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(FileTransferRoutes.All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(ListDoc);
        routes.MapGet(FileTransferRoutes.One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(GetDoc);
    }

    private static async Task<IResult> ListAsync(
        string id, HttpContext context, IProjectLedger projects, IFileTransferLedger transfers, DevicePresence presence,
        FileReceivers receivers, StraightWays ways, TimeProvider time)
    {
        var query = new QueryReader(context.Request.Query, "status", "mine", "batch", "cursor", "limit");
        FileTransferList? view = query.Text("mine") switch
        {
            null or "" or "false" => FileTransferList.All,
            "asked" or "true" => FileTransferList.Asked,
            "serving" => FileTransferList.Serving,
            "requests" => FileTransferList.Requests,
            _ => null,
        };
        if (view is null)
            query.Refuse("mine must be asked, serving or requests.");
        var statuses = (query.Text("status") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(FileTransferWords.Status)
            .ToList();
        if (statuses.Contains(null))
            query.Refuse("status must be pending, in_progress, completed, failed or cancelled, or several of them with commas.");
        var (batch, isSingle) = (query.Text("batch"), query.Text("batch") == "none");
        var named = Guid.TryParse(batch, out var parsed) ? parsed : (Guid?)null;
        if (batch is { Length: > 0 } && !isSingle && named is null)
            query.Refuse("batch must be the id of a batch, or none.");
        var page = named is null ? Pages.Read(query) : Pages.ReadSorted(query, "file_batch", CursorParts.Text);
        if (query.Refusal is not null)
            return query.Refusal;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var caller = context.Caller();
        if (caller.ApiKey is { } key && view == FileTransferList.Serving)
            presence.Note(key);
        var isPaged = named is not null || view is FileTransferList.All or FileTransferList.Asked;
        var found = await transfers.ListAsync(
            caller, project.Id,
            new FileTransferQuery(
                view!.Value, [.. statuses.OfType<FileTransferStatus>()],
                isPaged && page.After is { Time: { } at } after ? (at, after.Id.Value) : null, isPaged ? page.Sought : page.Limit)
            {
                Batch = named,
                AfterPath = page.After?.Text,
                IsSingle = isSingle,
            },
            context.RequestAborted);
        var online = presence.Online(found.Select(one => one.Source));
        // The device that receives a batch gets the tokens of its transfers. Other lists contain none.
        var receiver = named is null ? null : await ways.NoteAsync(found, caller, context.RequestAborted);
        var now = time.GetUtcNow();
        var straight = new Dictionary<Guid, StraightView>();
        foreach (var one in found)
            straight[one.Id] = await ways.ViewAsync(one, caller, receiver, context.RequestAborted);
        var list = page.Of(
            found,
            one => named is null
                ? new PageKey(null, null, one.RequestedAt, new UploadId(one.Id)) : new PageKey(one.Path, null, null, default),
            one => FileTransferView.Of(
                one, caller, online, presence, receivers, now, straight[one.Id], view == FileTransferList.Serving));
        // The lists of a device have no second page: they show the next transfers once these have ended.
        return JsonAnswer.Of(new FileTransfersView(list.Items, isPaged ? list.NextCursor : null), ProjectJson.Out.FileTransfersView);
    }

    private static async Task<IResult> GetAsync(string id, string transfer, HttpContext context) =>
        await FileTransferRoutes.FindAsync(id, transfer, context) is { } found
            ? await FileTransferRoutes.AnswerOfAsync(context, found)
            : FileTransferRefusals.Absent;

    private static EndpointDoc ListDoc => new(
        ProjectRoutes.Tag, "ListFileTransfers", "List the files that were asked for",
        "Only the requester and the device's user see a transfer. `mine=asked` has what the caller has asked for, `mine=requests` what "
            + "waits for the caller's answer, `mine=serving` what the device of the request's key has to send: only what is approved, the "
            + "oldest of each member in turn.")
    {
        Query =
        [
            .. Pages.Parameters,
            new("status", "One or several states, with commas.", "pending,in_progress"),
            new("mine", "asked, serving or requests.", "asked"),
            new("batch", "The id of a batch, whose files are listed by their paths; none: only what is in no batch.", "none"),
        ],
        Answers =
        [
            new(200, "A page.", typeof(FileTransfersView), $$"""{"transfers":[{{FileTransferRoutes.Example}}],"next_cursor":null}"""),
        ],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.InvalidParameter, RequestError.InvalidCursor],
    };

    private static EndpointDoc GetDoc => new(
        ProjectRoutes.Tag, "GetFileTransfer", "Show a requested file",
        "For the requester and the device's user. The requester who looks is there to receive: the device begins. If the way is "
            + "straight or overlay, and the key is that of a device with a fingerprint, `transfer_info` has the addresses of the source, a "
            + "token and the source's fingerprint; the token is valid for a minute after the last look.")
    {
        Answers = [new(200, "The transfer.", typeof(FileTransferView), FileTransferRoutes.Example)],
        Errors = [RequestError.NoSuchTransfer],
    };
}
