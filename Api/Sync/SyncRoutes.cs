using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Transfers;
using ChunkUpload.Core.Sync;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using ChunkUpload.Wire.Sync;
using FluentValidation;

namespace ChunkUpload.Api.Sync;

/// <summary>/api/syncs: pairs of folders that are kept in sync. A user sees only their own.</summary>
internal static partial class SyncRoutes
{
    private const string Tag = "Pairs";
    private const string All = "/api/syncs";
    private const string One = All + "/{id}";

    private static readonly Pages Items = new("sync items", 100, 1000, CursorParts.Text);
    private static readonly Pages Events = new("sync events", 50, 200, CursorParts.Number);

    internal static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchSync, "You have no pair with this id. GET /api/syncs lists them.");

    public static void MapSyncs(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ListDoc);
        routes.MapPost(All, AddAsync).RequireAuthorization(AccessPolicy.Transfers).Document(AddDoc);
        routes.MapGet(All + "/stats", StatisticsAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(StatisticsDoc);
        routes.MapGet(One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapDelete(One, RemoveAsync).RequireAuthorization(AccessPolicy.Transfers).Document(RemoveDoc);
        routes.MapGet(One + "/items", ItemsAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ItemsDoc);
        routes.MapGet(One + "/events", EventsAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(EventsDoc);
        routes.MapGet(One + "/plan", PlanAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(PlanDoc);
        routes.MapPost(One + "/approve", ApproveAsync).RequireAuthorization(AccessPolicy.Transfers).Document(ApproveDoc);
        foreach (var what in new[] { "run", "pause", "resume" })
        {
            routes.MapPost(
                    $"{One}/{what}",
                    (string id, HttpContext context, ISyncLedger ledger, WorkQueue queue, NodeWaits waits) =>
                        ChangeAsync(id, what, context, ledger, queue, waits))
                .RequireAuthorization(AccessPolicy.Transfers).Document(ChangeDoc(what));
        }
    }

    private static async Task<IResult> ListAsync(HttpContext context, ISyncLedger ledger, NodeWaits waits)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } fault)
            return fault;
        var found = await ledger.ListAsync(context.Caller(), context.RequestAborted);
        return JsonAnswer.Of(new ListOf<SyncView>([.. found.Select(pair => ViewOf(pair, waits))], null), ApiJson.Out.ListOfSyncView);
    }

    private static async Task<IResult> StatisticsAsync(HttpContext context, ISyncLedger ledger)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } fault)
            return fault;
        return JsonAnswer.Of(await ledger.StatisticsAsync(context.Caller(), context.RequestAborted), ApiJson.Out.SyncStatistics);
    }

    private static async Task<IResult> AddAsync(HttpContext context, IValidator<NewSyncBody> validator, SyncMaker maker, SyncTimes times)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewSyncBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var draft = body.ToDraft();
        if (draft.Cron is { } cron && times.Fault(cron, draft.Options) is { } fault)
            return Refusal.Of(RequestError.InvalidField, fault);
        var (made, refusal) = await maker.MakeAsync(context.Caller(), draft, context.RequestAborted);
        if (made is null)
        {
            return refusal!.Fault == DraftFault.TooMany
                ? Refusal.Of(RequestError.TooManySyncs, refusal.Detail)
                : AddTransfer.RefusalOf(refusal);
        }

        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{All}/{made.Id:n}");
        return JsonAnswer.Of(SyncView.Of(made), ApiJson.Out.SyncView, StatusCodes.Status201Created);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, ISyncLedger ledger, NodeWaits waits) =>
        await FindAsync(id, context, ledger) is { } pair ? JsonAnswer.Of(ViewOf(pair, waits), ApiJson.Out.SyncView) : Absent;

    private static SyncView ViewOf(SyncPair pair, NodeWaits waits) =>
        SyncView.Of(pair).WaitingFor(waits.Of(pair.Tenant, pair.Subject, pair.Left.Connection, pair.Right.Connection));

    private static async Task<IResult> RemoveAsync(string id, HttpContext context, ISyncLedger ledger, WorkQueue queue)
    {
        if (!UploadId.TryParse(id, out var parsed) || !await ledger.RemoveAsync(context.Caller(), parsed.Value, context.RequestAborted))
            return Absent;
        queue.Cancel(SyncWork.KindName, [parsed.Value]);
        return Results.NoContent();
    }

    private static async Task<IResult> ItemsAsync(string id, HttpContext context, ISyncLedger ledger)
    {
        var reader = new QueryReader(context.Request.Query, "failing", "limit", "cursor");
        var failing = reader.Text("failing");
        if (failing is not (null or "true"))
            reader.Refuse("failing must be true, or missing.");
        var page = Items.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await FindAsync(id, context, ledger) is not { } pair)
            return Absent;
        var found = await ledger.ItemsAsync(pair.Id, failing is not null, page.After?.Text, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, one => one.Path, SyncItemView.Of), ApiJson.Out.ListOfSyncItemView);
    }

    private static async Task<IResult> EventsAsync(string id, HttpContext context, ISyncLedger ledger)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Events.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await FindAsync(id, context, ledger) is not { } pair)
            return Absent;
        var found = await ledger.EventsAsync(pair.Id, page.Number, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, one => one.Number, SyncEventView.Of), ApiJson.Out.ListOfSyncEventView);
    }

    private static async Task<IResult> PlanAsync(string id, HttpContext context, ISyncLedger ledger, SyncEnds ends, SyncLook look)
    {
        if (await FindAsync(id, context, ledger) is not { } pair)
            return Absent;
        var stop = context.RequestAborted;
        var opened = await ends.OpenAsync(
            context.Caller(), pair.Left.Connection, pair.Right.Connection, pair.Way, pair.Options, stop);
        if (!opened.Ok)
            return Refusal.Of(RequestError.ConnectionFailed, opened.Fault.Sentence);
        using var sides = opened.Value;
        var looked = await look.LookAsync(pair, sides, static () => { }, stop);
        return looked.Ok
            ? JsonAnswer.Of(SyncPlanView.Of(looked.Value), ApiJson.Out.SyncPlanView)
            : Refusal.Of(RequestError.ConnectionFailed, looked.Fault.Sentence);
    }

    private static async Task<IResult> ApproveAsync(
        string id, HttpContext context, IValidator<SyncAnswerBody> validator, ISyncLedger ledger, WorkQueue queue,
        NodeWaits waits)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.SyncAnswerBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await FindAsync(id, context, ledger) is not { } pair)
            return Absent;
        if (body.Answer is "right" or "both" && (pair.Way != SyncWay.Both || pair.Question is { Conflicts: 0 }))
        {
            return Refusal.Of(
                RequestError.InvalidField, "answer may be right or both only if changes go in both directions, for differences.");
        }

        if (!await ledger.ChangeAsync(pair, body.Answer!, body.Digest, context.RequestAborted))
        {
            return Refusal.Of(
                RequestError.SyncQuestionChanged, "The pair asks another question now. GET the pair, and answer that question.");
        }

        queue.Wake();
        return await GetAsync(id, context, ledger, waits);
    }

    private static async Task<IResult> ChangeAsync(
        string id, string what, HttpContext context, ISyncLedger ledger, WorkQueue queue, NodeWaits waits)
    {
        if (await FindAsync(id, context, ledger) is not { } pair || !await ledger.ChangeAsync(pair, what, null, context.RequestAborted))
            return Absent;
        if (what == "pause")
            queue.Cancel(SyncWork.KindName, [pair.Id]);
        else
            queue.Wake();
        return await GetAsync(id, context, ledger, waits);
    }

    private static async Task<SyncPair?> FindAsync(string id, HttpContext context, ISyncLedger ledger) =>
        UploadId.TryParse(id, out var parsed) ? await ledger.FindAsync(context.Caller(), parsed.Value, context.RequestAborted) : null;
}
