using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Api.Nodes;

/// <summary>GET /api/nodes, and what an operator does with one of them.</summary>
internal static class NodeEndpoints
{
    private const string Example = """
        {"name":"a","id":"4be1f0c2-a7d9-4d2f-9c5b-3f1d2a6e7b80","address":"10.0.0.5:8444","here":true,"state":"alive",
         "beatAt":"2026-01-15T09:30:00.412Z","startedAt":"2026-01-14T06:00:00.000Z","version":"1.0.0","roles":"all","draining":null,
         "uploads":14,"bytesPerSecond":100663296,"work":4,"load":[0.31,0.38],
         "store":{"path":"/var/lib/chunkupload","freeBytes":2629180313600,"totalBytes":3958241859584,"trouble":null},
         "bucket":{"name":"uploads at s3.example.org","trouble":null,"since":"2026-01-14T06:00:01.000Z"}}
        """;

    private static Refusal NoSuchNode { get; } = Refusal.Of(
        RequestError.NoSuchNode, "There is no node with this name. GET /api/nodes lists the nodes.");

    private static Refusal NodeRuns { get; } = Refusal.Of(
        RequestError.NodeRuns, "The node runs, or did so in the last 15 seconds. Stop it first; then it can be forgotten.");

    public static void MapNodes(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/nodes", ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Jobs).Document(List);
        routes.MapPost("/api/nodes/{name}/drain", DrainAsync).RequireAuthorization(AccessPolicy.Jobs).Document(Drain);
        routes.MapPost("/api/nodes/{name}/resume", ResumeAsync).RequireAuthorization(AccessPolicy.Jobs).Document(Resume);
        routes.MapDelete("/api/nodes/{name}", ForgetAsync).RequireAuthorization(AccessPolicy.Jobs).Document(Forget);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, INodeLedger ledger, NodeMeter meter, ClusterOptions options, TimeProvider time)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } refusal)
            return refusal;
        if (options.IsAlone)
            return JsonAnswer.Of(new NodesView(true, null, [NodeView.Alone(meter, time.GetUtcNow())]), ApiJson.Out.NodesView);
        var nodes = await ledger.ListAsync(context.RequestAborted);
        return JsonAnswer.Of(
            new NodesView(false, NodeWork.Trouble(nodes), [.. nodes.Select(NodeView.Of)]), ApiJson.Out.NodesView);
    }

    private static Task<IResult> DrainAsync(string name, HttpContext context, INodeLedger ledger) =>
        ChangeAsync(name, drains: true, ledger, context.RequestAborted);

    private static Task<IResult> ResumeAsync(string name, HttpContext context, INodeLedger ledger) =>
        ChangeAsync(name, drains: false, ledger, context.RequestAborted);

    private static async Task<IResult> ChangeAsync(string name, bool drains, INodeLedger ledger, CancellationToken cancellationToken)
    {
        if (!await ledger.DrainAsync(name, drains, cancellationToken))
            return NoSuchNode;
        return (await ledger.ListAsync(cancellationToken))
            .FirstOrDefault(node => string.Equals(node.Name, name, StringComparison.OrdinalIgnoreCase)) is { } node
                ? JsonAnswer.Of(NodeView.Of(node), ApiJson.Out.NodeView)
                : NoSuchNode;
    }

    private static async Task<IResult> ForgetAsync(string name, HttpContext context, INodeLedger ledger) =>
        await ledger.ForgetAsync(name, context.RequestAborted) switch
        {
            ForgetAnswer.Forgotten => Results.NoContent(),
            ForgetAnswer.Runs => NodeRuns,
            _ => NoSuchNode,
        };

    private static EndpointDoc List => new(
        "Nodes", "ListNodes", "List nodes",
        "The services that share this ledger, by name, with what each does. One of a ledger of its own is called main.")
    {
        Answers = [new(200, "All nodes.", typeof(NodesView), $$"""{"alone":false,"waits":null,"items":[{{Example}}]}""")],
        Errors = [RequestError.InvalidParameter],
    };

    private static EndpointDoc Drain => new(
        "Nodes", "DrainNode", "Drain a node", "It begins no uploads and takes no work, and is not ready for a balancer. What is under way "
            + "continues. It follows within two seconds; its next start ends the state. Can be repeated.")
    {
        Answers = [new(200, "The node.", typeof(NodeView), Example)],
        Errors = [RequestError.NoSuchNode],
    };

    private static EndpointDoc Resume => new(
        "Nodes", "ResumeNode", "Resume a node", "It takes uploads and work again. Can be repeated.")
    {
        Answers = [new(200, "The node.", typeof(NodeView), Example)],
        Errors = [RequestError.NoSuchNode],
    };

    private static EndpointDoc Forget => new(
        "Nodes", "ForgetNode", "Forget a node",
        "Only one that runs no more. What it was writing has ended. Files in its store cannot be read until a service starts there again, "
            + "which makes it a node anew.")
    {
        Answers = [new(204, "It is forgotten.")],
        Errors = [RequestError.NoSuchNode, RequestError.NodeRuns],
    };
}
