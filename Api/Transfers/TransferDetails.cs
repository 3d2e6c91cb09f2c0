using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

/// <summary>Returns a transfer, its items, its events and its calls.</summary>
internal static class TransferDetails
{
    private static readonly Pages Items = TransferRoutes.PagesOf("transfer items");
    private static readonly Pages Events = TransferRoutes.PagesOf("transfer events");
    private static readonly Pages Calls = TransferRoutes.PagesOf("transfer calls");

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

    private static async Task<IResult> GetAsync(
        string id, HttpContext context, ITransferLedger transfers, NodeWaits waits, TimeProvider time) =>
        await TransferRoutes.FindAsync(id, context, transfers) is { } transfer
            ? JsonAnswer.Of(
                TransferView.Of(transfer, time.GetUtcNow(), context.Caller().Subject)
                    .WaitingFor(waits.Of(transfer.Tenant, transfer.Subject, transfer.Source, transfer.Destination)),
                ApiJson.Out.TransferView)
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
        var page = Items.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        var found = await transfers.ItemsAsync(transfer.Id, state, plan, page.Number ?? 0, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, one => one.Number, TransferItemView.Of), ApiJson.Out.ListOfTransferItemView);
    }

    private static async Task<IResult> EventsAsync(string id, HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Events.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        var found = await transfers.EventsAsync(transfer.Id, page.Number ?? 0, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, one => one.Number, TransferEventView.Of), ApiJson.Out.ListOfTransferEventView);
    }

    private static async Task<IResult> CallsAsync(string id, HttpContext context, ITransferLedger transfers)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Calls.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await TransferRoutes.FindOwnAsync(id, context, transfers) is not { } transfer)
            return TransferRoutes.Absent;
        var found = await transfers.CallsAsync(transfer.Id, page.Number, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, one => one.Number, TransferCallView.Of), ApiJson.Out.ListOfTransferCallView);
    }

    private static EndpointDoc GetDoc => new(
        TransferRoutes.Tag, "GetTransfer", "Describe a transfer", "Its progress, and the reason if it waits.")
    {
        Answers = [new(200, "The transfer.", typeof(TransferView), TransferView.Example)],
        Errors = [RequestError.NoSuchTransfer],
    };

    private static EndpointDoc ItemsDoc => new(
        TransferRoutes.Tag, "ListTransferItems", "List the files of a transfer",
        "With the folders, in the order in which they were found. Only its owner sees them.")
    {
        Query =
        [
            new("state", "Only items in this state: ready, queued, running, done, skipped, failed, cancelled.", "failed"),
            new("plan", "Only items of which the plan says this: new, replace, number, skip, fail.", "replace"),
            .. Items.Parameters,
        ],
        Answers = [new(200, "A page.", typeof(ListOf<TransferItemView>), Examples.Page(TransferItemView.Example))],
        Errors = [RequestError.NoSuchTransfer],
    };

    private static EndpointDoc EventsDoc => new(
        TransferRoutes.Tag, "ListTransferEvents", "Show the history of a transfer", "What happened, the oldest first.")
    {
        Query = Events.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<TransferEventView>), Examples.Page(TransferEventView.Example))],
        Errors = [RequestError.NoSuchTransfer],
    };

    private static EndpointDoc CallsDoc => new(
        TransferRoutes.Tag, "ListTransferCalls", "List the calls of a transfer",
        "The calls to the providers, by name, the newest first: the last 500 and all that failed, for seven days.")
    {
        Query = Calls.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<TransferCallView>), Examples.Page(TransferCallView.Example))],
        Errors = [RequestError.NoSuchTransfer],
    };
}
