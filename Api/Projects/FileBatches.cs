using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Work;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>Shows, answers and cancels requests for folders and for several files.</summary>
internal static class FileBatches
{
    private const string All = ProjectRoutes.One + "/batches";
    private const string One = All + "/{batch}";
    private const int Most = 100;

    public const string Example = $$"""
        {"batch_id":"{{ProjectRoutes.ExampleId}}","project_id":"{{ProjectRoutes.ExampleId}}","prefix":"/line-14/",
         "requester":{"subject":"user:8f14e45fceea167a5a36dedd4bea2543","name":"Ines Okafor"},"role":"requester","status":"in_progress",
         "approval":"approved","files":1204,"waiting":0,"pending":890,"in_progress":2,"completed":312,"failed":0,"cancelled":0,
         "total_bytes":49283072000,"bytes_transferred":12320768000,"percent_complete":25,"source_devices":["Mara's laptop"],
         "requested_at":"2026-01-15T09:30:12.000Z","completed_at":null}
        """;

    private static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchTransfer, "You see no request for several files with this id. GET /api/projects/{id}/batches lists them.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(ListDoc);
        routes.MapGet(One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(GetDoc);
        routes.MapDelete(One, CancelAsync).RequireAuthorization(AccessPolicy.Projects).Document(CancelDoc);
        routes.MapPost(One + "/approve", ApproveAsync).RequireAuthorization(AccessPolicy.Projects).Document(
            AnswerDoc("ApproveFileBatch", "Approve a request for several files"));
        routes.MapPost(One + "/decline", DeclineAsync).RequireAuthorization(AccessPolicy.Projects).Document(
            AnswerDoc("DeclineFileBatch", "Decline a request for several files"));
    }

    private static async Task<IResult> ListAsync(string id, HttpContext context, IProjectLedger projects, IFileBatchLedger batches)
    {
        var query = new QueryReader(context.Request.Query, "mine", "open");
        FileBatchList? list = query.Text("mine") switch
        {
            null or "" => FileBatchList.All,
            "asked" => FileBatchList.Asked,
            "requests" => FileBatchList.Requests,
            _ => null,
        };
        if (list is null)
            query.Refuse("mine must be asked or requests.");
        bool? open = query.Text("open") switch
        {
            null or "" or "false" => false,
            "true" => true,
            _ => null,
        };
        if (open is null)
            query.Refuse("open must be true or false.");
        if (query.Refusal is not null)
            return query.Refusal;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var caller = context.Caller();
        var found = await batches.ListAsync(caller, project.Id, list!.Value, open!.Value, Most, context.RequestAborted);
        return JsonAnswer.Of(
            new FileBatchesView([.. found.Select(one => FileBatchView.Of(one, caller))]), ProjectJson.Out.FileBatchesView);
    }

    private static async Task<IResult> GetAsync(
        string id, string batch, HttpContext context, IFileBatchLedger batches, FileReceivers receivers, StraightWays ways) =>
        await FindAsync(id, batch, context, batches, receivers, ways) is { } found ? View(context, found) : Absent;

    private static async Task<IResult> CancelAsync(
        string id, string batch, HttpContext context, IFileBatchLedger batches, FileReceivers receivers, StraightWays ways, WorkQueue queue)
    {
        if (await FindAsync(id, batch, context, batches, receivers, ways) is not { } found)
            return Absent;
        var outcome = await batches.CancelAsync(found.Project, found.Id, context.Caller(), context.RequestAborted);
        queue.Wake();
        return await AnswerAsync(outcome, found, context, batches);
    }

    private static Task<IResult> ApproveAsync(
        string id, string batch, HttpContext context, IValidator<TransferAnswerBody> validator, IFileBatchLedger batches,
        FileReceivers receivers, StraightWays ways, WorkQueue queue) =>
        AnswerAsync(id, batch, context, validator, batches, receivers, ways, queue, approve: true);

    private static Task<IResult> DeclineAsync(
        string id, string batch, HttpContext context, IValidator<TransferAnswerBody> validator, IFileBatchLedger batches,
        FileReceivers receivers, StraightWays ways, WorkQueue queue) =>
        AnswerAsync(id, batch, context, validator, batches, receivers, ways, queue, approve: false);

    private static async Task<IResult> AnswerAsync(
        string id, string batch, HttpContext context, IValidator<TransferAnswerBody> validator, IFileBatchLedger batches,
        FileReceivers receivers, StraightWays ways, WorkQueue queue, bool approve)
    {
        var read = await JsonBody.ReadAsync(
            context, ProjectJson.In.TransferAnswerBody, validator, new TransferAnswerBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await FindAsync(id, batch, context, batches, receivers, ways) is not { } found)
            return Absent;
        var outcome = await batches.AnswerAsync(
            found.Project, found.Id, context.Caller(), approve, body.For == "folder", context.RequestAborted);
        queue.Wake();
        // The requester sees the batch, but cannot answer it.
        return outcome == FileTransferOutcome.Absent
            ? FileTransferRefusals.Of(FileTransferOutcome.NotSource)!
            : await AnswerAsync(outcome, found, context, batches);
    }

    private static async Task<IResult> AnswerAsync(
        FileTransferOutcome outcome, FileBatch before, HttpContext context, IFileBatchLedger batches)
    {
        if (FileTransferRefusals.Of(outcome) is { } refused)
            return refused;
        return await batches.FindAsync(context.Caller(), before.Project, before.Id, context.RequestAborted) is { } now
            ? View(context, now)
            : Absent;
    }

    private static async Task<FileBatch?> FindAsync(
        string id, string batch, HttpContext context, IFileBatchLedger batches, FileReceivers receivers, StraightWays ways)
    {
        if (!Guid.TryParse(id, out var project) || !Guid.TryParse(batch, out var parsed)
            || await batches.FindAsync(context.Caller(), project, parsed, context.RequestAborted) is not { } found)
            return null;
        await ways.NoteAsync(found, context.Caller(), context.RequestAborted);
        await receivers.NoteAsync(found, context.Caller(), context.RequestAborted);
        return found;
    }

    private static JsonAnswer<FileBatchView> View(HttpContext context, FileBatch batch) =>
        JsonAnswer.Of(FileBatchView.Of(batch, context.Caller()), ProjectJson.Out.FileBatchView);

    private static EndpointDoc ListDoc => new(
        ProjectRoutes.Tag, "ListFileBatches", "List the requests for several files",
        $"The last {Most}. The requester and the users of the devices see a batch, each the sums of the own transfers. "
            + "`GET …/transfers?batch=` lists the files.")
    {
        Query =
        [
            new("mine", "asked: what the caller has asked for; requests: what waits for the caller's answer.", "requests"),
            new("open", "true: only open ones.", "true"),
        ],
        Answers = [new(200, "The batches.", typeof(FileBatchesView), $$"""{"batches":[{{Example}}]}""")],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.InvalidParameter],
    };

    private static EndpointDoc GetDoc => new(
        ProjectRoutes.Tag, "GetFileBatch", "Show a request for several files",
        "The requester who looks is there to receive all of its files: the devices begin.")
    {
        Answers = [new(200, "The batch.", typeof(FileBatchView), Example)],
        Errors = [RequestError.NoSuchTransfer],
    };

    private static EndpointDoc CancelDoc => new(
        ProjectRoutes.Tag, "CancelFileBatch", "Cancel a request for several files",
        "By the requester: all of its transfers that are still open.")
    {
        Answers = [new(200, "The batch.", typeof(FileBatchView), Example)],
        Errors = [RequestError.NoSuchTransfer, RequestError.NotPermitted],
    };

    private static EndpointDoc AnswerDoc(string name, string summary) => new(
        ProjectRoutes.Tag, name, summary,
        "By the user of a device that has some of it: all of these that wait for an answer, in the versions that were asked for. With "
            + "`for` `folder`, an approval also holds for all that the member asks for in these served folders, for 30 days.")
    {
        Json = new(typeof(TransferAnswerBody), """{"for":"version"}""", Required: false),
        Answers = [new(200, "The batch.", typeof(FileBatchView), Example)],
        Errors = [RequestError.NoSuchTransfer, RequestError.NotPermitted],
    };
}
