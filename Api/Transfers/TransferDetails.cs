using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

/// <summary>GET of a transfer, its items, its story and its calls.</summary>
internal static class TransferDetails
{
    private const string Items = "transfer items", Events = "transfer events", Calls = "transfer calls";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(TransferRoutes.One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(GetDoc);
        routes.MapGet(TransferRoutes.One + "/items", ItemsAsync).AlsoForHead()
            .RequireAuthorization(AccessPolicy.Transfers).Document(ItemsDoc);
        routes.MapGet(TransferRoutes.One + "/events", EventsAsync).AlsoForHead()
            .RequireAuthorization(AccessPolicy.Transfers).Document(EventsDoc);
        routes.MapGet(TransferRoutes.One + "/calls", CallsAsync).AlsoForHead()
            .RequireAuthorization(AccessPolicy.Transfers).Document(CallsDoc);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, ITransferLedger transfers, TimeProvider time) =>
        await TransferRoutes.FindAsync(id, context, transfers) is { } transfer
            ? JsonAnswer.Of(TransferView.Of(transfer, time.GetUtcNow(), context.Caller().Subject), ApiJson.Out.TransferView)
            : TransferRoutes.Absent;

    private static async Task<IResult> ItemsAsync(string id, HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "state", "plan", "limit", "cursor");
        var state = TransferWords.Parse<TransferItemState>(reader.Text("state"));
        if (state is null && reader.Text("state") is not null)
            reader.Refuse($"state must be one of: {string.Join(", ", TransferWords.All<TransferItemState>())}.");
        var plan = TransferWords.Parse<PlannedAs>(reader.Text("plan"));
        if (plan is null && reader.Text("plan") is not null)
            reader.Refuse($"plan must be one of: {string.Join(", ", TransferWords.All<PlannedAs>())}.");
        var (limit, cursor) = PageOf(reader, Items);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        var found = await transfers.ItemsAsync(transfer.Id, state, plan, cursor ?? 0, limit + 1, context.RequestAborted);
        var next = found.Count > limit ? Cursor.WriteOffset(Items, found[limit - 1].Number) : null;
        return JsonAnswer.Of(
            new ListOf<TransferItemView>([.. found.Take(limit).Select(TransferItemView.Of)], next), ApiJson.Out.ListOfTransferItemView);
    }

    private static async Task<IResult> EventsAsync(string id, HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var (limit, cursor) = PageOf(reader, Events);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        var found = await transfers.EventsAsync(transfer.Id, cursor ?? 0, limit + 1, context.RequestAborted);
        var next = found.Count > limit ? Cursor.WriteOffset(Events, found[limit - 1].Number) : null;
        return JsonAnswer.Of(
            new ListOf<TransferEventView>([.. found.Take(limit).Select(TransferEventView.Of)], next), ApiJson.Out.ListOfTransferEventView);
    }

    private static async Task<IResult> CallsAsync(string id, HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var (limit, cursor) = PageOf(reader, Calls);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        var found = await transfers.CallsAsync(transfer.Id, cursor, limit + 1, context.RequestAborted);
        var next = found.Count > limit ? Cursor.WriteOffset(Calls, found[limit - 1].Number) : null;
        return JsonAnswer.Of(
            new ListOf<TransferCallView>([.. found.Take(limit).Select(TransferCallView.Of)], next), ApiJson.Out.ListOfTransferCallView);
    }

    private static (int Limit, long? Cursor) PageOf(QueryReader reader, string list)
    {
        var limit = (int)(reader.Number("limit", 1, TransferRoutes.MostLimit) ?? TransferRoutes.DefaultLimit);
        if (reader.Text("cursor") is not { Length: > 0 } cursor)
            return (limit, null);
        if (Cursor.TryReadOffset(cursor, list, out var number))
            return (limit, number);
        reader.RefuseCursor();
        return (limit, null);
    }

    private static EndpointDoc GetDoc => new(
        TransferRoutes.Tag, "GetTransfer", "Describe a transfer", "How far it is, and why it waits if it does.")
    {
        Path = TransferRoutes.Id,
        Answers = [new(200, "The transfer.", typeof(TransferView), TransferView.Example)],
        Fails = TransferRoutes.Fails,
        Refuses = [RequestError.NoSuchTransfer],
    };

    private static EndpointDoc ItemsDoc => new(
        TransferRoutes.Tag, "ListTransferItems", "List the files of a transfer",
        "With the folders, in the order in which they were found. Only its owner sees them.")
    {
        Path = TransferRoutes.Id,
        Query =
        [
            new("state", "Only items in this state: ready, queued, running, done, skipped, failed, cancelled.", "failed"),
            new("plan", "Only items of which the plan says this: new, replace, number, skip.", "replace"),
            .. TransferRoutes.Pages,
        ],
        Answers = [new(200, "A page.", typeof(ListOf<TransferItemView>), Examples.Page(TransferItemView.Example))],
        Fails = TransferRoutes.Fails,
        Refuses = [RequestError.NoSuchTransfer, RequestError.InvalidParameter, RequestError.InvalidCursor],
    };

    private static EndpointDoc EventsDoc => new(
        TransferRoutes.Tag, "ListTransferEvents", "Tell the story of a transfer", "What happened, the oldest first.")
    {
        Path = TransferRoutes.Id,
        Query = TransferRoutes.Pages,
        Answers = [new(200, "A page.", typeof(ListOf<TransferEventView>), Examples.Page(TransferEventView.Example))],
        Fails = TransferRoutes.Fails,
        Refuses = [RequestError.NoSuchTransfer, RequestError.InvalidParameter, RequestError.InvalidCursor],
    };

    private static EndpointDoc CallsDoc => new(
        TransferRoutes.Tag, "ListTransferCalls", "List the calls of a transfer",
        "The calls to the providers, by name, the newest first: the last 500 and all that failed, for seven days.")
    {
        Path = TransferRoutes.Id,
        Query = TransferRoutes.Pages,
        Answers = [new(200, "A page.", typeof(ListOf<TransferCallView>), Examples.Page(TransferCallView.Example))],
        Fails = TransferRoutes.Fails,
        Refuses = [RequestError.NoSuchTransfer, RequestError.InvalidParameter, RequestError.InvalidCursor],
    };
}
