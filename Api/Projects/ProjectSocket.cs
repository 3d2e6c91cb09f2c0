using System.Net.WebSockets;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Events;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>GET /api/projects/{id}/events/ws: what happens in a project, on a WebSocket, for apps that know only projects.</summary>
internal static class ProjectSocket
{
    private const int Most = 500;

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(
                ProjectRoutes.One + "/events/ws", [HttpMethods.Get, HttpMethods.Head, HttpMethods.Connect], HandleAsync)
            .RequireAuthorization(AccessPolicy.Projects).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, EventStream stream, EventTopics topics, IProjectLedger projects)
    {
        if (!context.WebSockets.IsWebSocketRequest)
            return Refusal.Of(RequestError.BadRequest, "This address speaks WebSocket; project_events has the same as a list.");
        var query = new QueryReader(context.Request.Query, "since");
        var since = query.Number("since", 0, long.MaxValue);
        if (query.Refusal is not null)
            return query.Refusal;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var caller = context.Caller();
        if (await topics.FindAsync(caller, TopicKinds.Project, [id], context.RequestAborted) is not { } keys)
            return ProjectRoutes.Absent;
        if (stream.Open(caller, out var full) is not { } listener)
            return full!;
        using var held = listener;
        listener.Subscribe(keys);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stream.Stopping);
        // A browser offers its antiforgery token as a subprotocol beside a real one; the answer must name one that it offered.
        var protocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(
            name => !name.StartsWith("csrf.", StringComparison.Ordinal));
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = protocol });
        // Cancelling a receive aborts the socket, so receive until the close was sent.
        using var receiveEnd = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var receiving = UntilGoneAsync(ReceiveAsync(socket, receiveEnd.Token));
        var sending = UntilGoneAsync(
            SendAllAsync(socket, stream.ReadAsync(listener, null, caller, end.Token), project, since, context, projects, end.Token));
        await Task.WhenAny(receiving, sending);
        await end.CancelAsync();
        await sending;
        await CloseAsync(socket);
        receiveEnd.CancelAfter(ClosePatience);
        await receiving;
        return TypedResults.Empty;
    }

    /// <summary>Sends until the caller is no member any more. The events only say when to look: the rows have what is sent.</summary>
    private static async Task SendAllAsync(
        WebSocket socket, IAsyncEnumerable<StreamMessage> messages, Project project, long? since, HttpContext context,
        IProjectLedger projects, CancellationToken stop)
    {
        var at = since ?? project.Sequence;
        await foreach (var message in messages)
        {
            var (now, _) = await ProjectRoutes.MemberAsync(project.Id.ToString(), context, projects);
            if (now is null)
                return;
            var oldest = await projects.OldestEventAsync(project.Id, stop) ?? now.Sequence + 1;
            // The client knows a number that is not kept, or one of another backup; or events were lost on the way.
            if (message.Name == "reset" || at + 1 < oldest || at > now.Sequence)
            {
                await SendAsync(socket, ProjectMessages.Resync(now.Sequence), stop);
                at = now.Sequence;
                if (message.Name == "reset")
                    return;
            }

            while (at < now.Sequence && await projects.EventsAsync(project.Id, at, Most, stop) is { Count: > 0 } rows)
            {
                foreach (var one in rows.SelectMany(ProjectMessages.Of))
                    await SendAsync(socket, one, stop);
                at = rows[^1].Sequence;
            }
        }
    }

    /// <summary>A client has nothing to say here; what it sends is skipped until it closes.</summary>
    private static async Task ReceiveAsync(WebSocket socket, CancellationToken stop)
    {
        var buffer = new byte[1024];
        while ((await socket.ReceiveAsync(buffer.AsMemory(), stop)).MessageType != WebSocketMessageType.Close)
        {
        }
    }

    /// <summary>Treats a client that reads nothing until the timeout as disconnected.</summary>
    private static Task SendAsync(WebSocket socket, byte[] json, CancellationToken stop) =>
        socket.SendAsync(json.AsMemory(), WebSocketMessageType.Text, true, stop).AsTask().WaitAsync(SendTimeout, stop);

    private static async Task CloseAsync(WebSocket socket)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            return;
        using var patience = new CancellationTokenSource(ClosePatience);
        await UntilGoneAsync(socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token));
    }

    private static async Task UntilGoneAsync(Task talk)
    {
        try
        {
            await talk;
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or TimeoutException)
        {
            // The client has disconnected, or the service stops.
        }
    }
}
