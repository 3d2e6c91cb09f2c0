using ChunkUpload.Api.Access;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.Api.Advisor;

/// <summary>GET /api/networks: the networks from which clients upload, and the measured quality of their links.</summary>
internal static class ListNetworks
{
    private static readonly Pages Pages = AdvisorRoutes.PagesOf("networks");

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/networks", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Operate).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, AdviceRecorder recorder, IAdviceLedger ledger)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;

        await recorder.FlushForReaderAsync(context.RequestAborted);
        var networks = await ledger.NetworksAsync(context.Caller().Tenant, page.Number, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(
            page.Of(networks, listed => listed.Number, listed => NetworkView.Of(listed.Network)), ApiJson.Out.ListOfNetworkView);
    }

    private static EndpointDoc Doc => new(
        AdvisorRoutes.Tag, nameof(ListNetworks), "List networks",
        """
        For operators: each network from which a client has uploaded (the address without its last part, per key), with its class and the
        last measurements there. The network that was first seen last comes first. Forgotten after Jobs:KeepHistory without an upload.
        """)
    {
        Query = Pages.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<NetworkView>), Examples.Page(AdvisorRoutes.Network))],
    };
}
