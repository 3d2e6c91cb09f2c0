using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Sync;
using ChunkUpload.Core.Work;
using ChunkUpload.Wire.Sync;
using FluentValidation;

namespace ChunkUpload.Api.Sync;

/// <summary>/api/conflicts: paths at which the sides of pairs differ, and the decisions about them. A user sees only their own.</summary>
internal static partial class ConflictRoutes
{
    private const string Tag = "Pairs";
    private const string All = "/api/conflicts";
    private const string One = All + "/{id}";
    private const string Open = "open";
    private const string Decided = "decided";

    private static readonly Pages Conflicts = new("conflicts", 50, 200, CursorParts.Number);

    private static Refusal Absent { get; } = Refusal.Of(
        RequestError.NoSuchConflict, "You have no conflict with this id. GET /api/conflicts lists them.");

    public static void MapConflicts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ListDoc);
        routes.MapGet(One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapPost(One + "/decide", DecideAsync).RequireAuthorization(AccessPolicy.Transfers).Document(DecideDoc);
        routes.MapPost(One + "/take-back", TakeBackAsync).RequireAuthorization(AccessPolicy.Transfers).Document(TakeBackDoc);
        foreach (var side in Enum.GetValues<SyncSide>())
        {
            routes.MapGet($"{One}/{(side == SyncSide.Left ? "left" : "right")}",
                (string id, HttpContext context, ISyncConflictLedger conflicts, ISyncLedger syncs, SyncEnds ends) =>
                    ContentAsync(id, side, context, conflicts, syncs, ends))
                .AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(ContentDoc(side));
        }
    }

    private static async Task<IResult> ListAsync(HttpContext context, ISyncConflictLedger conflicts, ISyncLedger syncs)
    {
        var reader = new QueryReader(context.Request.Query, "state", "sync", "limit", "cursor");
        var state = reader.Text("state") ?? Open;
        if (state is not (Open or Decided))
            reader.Refuse("state must be open or decided.");
        var sync = reader.Text("sync");
        var page = Conflicts.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        Guid? pair = null;
        if (sync is not null)
        {
            if (!UploadId.TryParse(sync, out var parsed)
                || await syncs.FindAsync(context.Caller(), parsed.Value, context.RequestAborted) is null)
                return SyncRoutes.Absent;
            pair = parsed.Value;
        }

        var found = await conflicts.ListAsync(
            context.Caller(), pair, state == Decided, page.Number, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, one => one.Number, ConflictView.Of), ApiJson.Out.ListOfConflictView);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, ISyncConflictLedger conflicts) =>
        await FindAsync(id, context, conflicts) is { } conflict
            ? JsonAnswer.Of(ConflictView.Of(conflict), ApiJson.Out.ConflictView)
            : Absent;

    private static async Task<IResult> DecideAsync(
        string id, HttpContext context, IValidator<ConflictAnswerBody> validator, ISyncConflictLedger conflicts, ISyncLedger syncs,
        WorkQueue queue)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.ConflictAnswerBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await FindAsync(id, context, conflicts) is not { } conflict
            || await syncs.FindAsync(context.Caller(), conflict.Pair, context.RequestAborted) is not { } pair)
            return Absent;
        var answer = ConflictView.AnswerOf(body.Answer!);
        if (pair.Way != SyncWay.Both && answer is SyncAnswer.Right or SyncAnswer.Both)
            return Refusal.Of(RequestError.InvalidField, "answer must be left or leave where changes go from left to right only.");
        if (!await conflicts.DecideAsync(context.Caller(), conflict, answer, body.Digest!, context.RequestAborted))
        {
            return Refusal.Of(
                RequestError.ConflictChanged, "The sides have changed since, or the conflict has ended. GET it, and decide again.");
        }

        queue.Wake();
        return await GetAsync(id, context, conflicts);
    }

    private static async Task<IResult> TakeBackAsync(
        string id, HttpContext context, ISyncConflictLedger conflicts, SyncReversal reversal)
    {
        if (await FindAsync(id, context, conflicts) is not { } conflict)
            return Absent;
        var fault = await reversal.TakeBackAsync(context.Caller(), conflict, context.RequestAborted);
        return fault?.Kind switch
        {
            null => await GetAsync(id, context, conflicts),
            FaultKind.Taken => Refusal.Of(RequestError.ConflictChanged, fault.Sentence),
            FaultKind.Gone => Refusal.Of(RequestError.ConflictLoserGone, fault.Sentence),
            _ => Refusal.Of(RequestError.ConnectionFailed, fault.Sentence),
        };
    }

    private static async Task<IResult> ContentAsync(
        string id, SyncSide side, HttpContext context, ISyncConflictLedger conflicts, ISyncLedger syncs, SyncEnds ends)
    {
        var stop = context.RequestAborted;
        if (await FindAsync(id, context, conflicts) is not { } conflict
            || await syncs.FindAsync(context.Caller(), conflict.Pair, stop) is not { } pair)
            return Absent;
        if ((side == SyncSide.Left ? conflict.Left : conflict.Right) is not { IsFolder: false } seen)
            return Refusal.Of(RequestError.ConflictChanged, "This side has no file there.");
        var opened = await ends.OpenAsync(
            context.Caller(), pair.Left.Connection, pair.Right.Connection, pair.Way, pair.Options, stop);
        if (!opened.Ok)
            return Refusal.Of(RequestError.ConnectionFailed, opened.Fault.Sentence);
        using var sides = opened.Value;
        var found = await sides.SourceAt(side).StatAsync(seen.Id, stop);
        if (!found.Ok && found.Fault.Kind != FaultKind.Gone)
            return Refusal.Of(RequestError.ConnectionFailed, found.Fault.Sentence);
        if (!found.Ok || found.Value.Pin != seen.Version || found.Value.Size is not { } size)
            return Refusal.Of(RequestError.ConflictChanged, "The file has changed since the conflict was found.");

        // The bytes are untrusted, so browsers must not interpret them as a page.
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = size;
        context.Response.Headers.ContentDisposition = "attachment";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        if (size > 0 && !HttpMethods.IsHead(context.Request.Method)
            && await sides.SourceAt(side).ReadAsync(found.Value, 0, size, context.Response.BodyWriter, stop) is not null)
            context.Abort();
        return Results.Empty;
    }

    private static async Task<SyncConflictItem?> FindAsync(string id, HttpContext context, ISyncConflictLedger conflicts) =>
        UploadId.TryParse(id, out var parsed)
            ? await conflicts.FindAsync(context.Caller(), parsed.Value, context.RequestAborted)
            : null;
}
