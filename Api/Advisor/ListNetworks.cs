using ChunkUpload.Api.Access;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Api.Advisor;

/// <summary>GET /api/networks: the networks from which clients upload, and the measured quality of their links.</summary>
internal static class ListNetworks
{
    private const string List = "networks";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/networks", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Operate).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, AdviceRecorder recorder, IAdviceLedger ledger)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var limit = (int)(reader.Number("limit", 1, AdvisorRoutes.MaxLimit) ?? AdvisorRoutes.DefaultLimit);
        long? before = null;
        if (reader.Text("cursor") is { Length: > 0 } cursor)
        {
            if (Cursor.TryReadOffset(cursor, List, out var number))
                before = number;
            else
                reader.RefuseCursor();
        }

        if (reader.Refusal is { } refusal)
            return refusal;

        await recorder.FlushForReaderAsync(context.RequestAborted);
        var networks = await ledger.NetworksAsync(context.Caller().Tenant, before, limit + 1, context.RequestAborted);
        var next = networks.Count > limit ? Cursor.WriteOffset(List, networks[limit - 1].Number) : null;
        return JsonAnswer.Of(
            new ListOf<NetworkView>([.. networks.Take(limit).Select(listed => NetworkView.Of(listed.Network))], next),
                ApiJson.Out.ListOfNetworkView);
    }

    private static EndpointDoc Doc => new(
        AdvisorRoutes.Tag, nameof(ListNetworks), "List networks",
        """
        For operators: each network from which a client has uploaded (the address without its last part, per key), with its class and the
        last measurements there. The network that was first seen last comes first. Forgotten after Jobs:KeepHistory without an upload.
        """)
    {
        Query = AdvisorRoutes.Paging,
        Answers = [new(200, "A page.", typeof(ListOf<NetworkView>), Examples.Page(AdvisorRoutes.Network))],
    };
}
