using ChunkUpload.Api.Access;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

/// <summary>GET /api/transfers: lists transfers, the newest first.</summary>
internal static class ListTransfers
{
    private static readonly Pages Pages = TransferRoutes.PagesOf("transfers");

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(TransferRoutes.All, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Transfers).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, ITransferLedger transfers, NodeWaits waits, TimeProvider time)
    {
        var reader = new QueryReader(context.Request.Query, "state", "wait", "connection", "search", "notice", "limit", "cursor");
        var page = Pages.Read(reader);
        var states = new List<TransferState>();
        foreach (var word in reader.Texts("state"))
        {
            if (TransferWords.Parse<TransferState>(word) is { } state)
                states.Add(state);
            else
                reader.Refuse($"state must be of: {string.Join(", ", TransferWords.All<TransferState>())}.");
        }

        var wait = TransferWords.Parse<WaitReason>(reader.Text("wait"));
        if (wait is null && reader.Text("wait") is not null)
            reader.Refuse($"wait must be one of: {string.Join(", ", TransferWords.All<WaitReason>())}.");
        Guid? connection = null;
        if (reader.Text("connection") is { } id)
        {
            if (UploadId.TryParse(id, out var parsed))
                connection = parsed.Value;
            else
                reader.Refuse("connection must be the id of a connection.");
        }

        var text = reader.Text("search");
        var notice = reader.Text("notice");
        if (notice is not (null or "true"))
            reader.Refuse("notice must be true, or missing.");
        if (reader.Refusal is { } refusal)
            return refusal;
        var query = new TransferQuery(context.Caller(), page.Sought)
        {
            States = states,
            Wait = wait,
            Connection = connection,
            Text = text,
            WithNotice = notice is not null,
            Before = page.Number,
        };
        var found = await transfers.ListAsync(query, context.RequestAborted);
        var now = time.GetUtcNow();
        return JsonAnswer.Of(
            page.Of(
                found, one => one.Number,
                one => TransferView.Of(one, now, context.Caller().Subject)
                    .WaitingFor(waits.Of(one.Tenant, one.Subject, one.Source, one.Destination))),
            ApiJson.Out.ListOfTransferView);
    }

    private static EndpointDoc Doc => new(
        TransferRoutes.Tag, nameof(ListTransfers), "List transfers",
        "The newest first: your own; for admins, those of the tenant.")
    {
        Query =
        [
            new("state", "One or more states, separated by commas, without waiting: see wait.", "running,paused"),
            new("wait", "Only those that wait for this.", "sign_in"),
            new("connection", "Only those from or to this connection.", Examples.Id),
            new("search", "A part of the label, the folder's name or a chosen name.", "photos"),
            new("notice", "true: only your own with a notice that you have not seen.", "true"),
            .. Pages.Parameters,
        ],
        Answers = [new(200, "A page.", typeof(ListOf<TransferView>), Examples.Page(TransferView.Example))],
    };
}
