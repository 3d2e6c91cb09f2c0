using System.Net.WebSockets;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Events;
using ChunkUpload.Api.Requests;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>GET /api/projects/{id}/events/ws: the events of a project on a WebSocket, for apps that only use projects.</summary>
internal static class ProjectSocket
{
    private const int Most = 500;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(
                ProjectRoutes.One + "/events/ws", [HttpMethods.Get, HttpMethods.Head, HttpMethods.Connect], HandleAsync)
            .RequireAuthorization(AccessPolicy.Projects).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, EventStream stream, EventTopics topics, IProjectLedger projects,
        IFileTransferLedger transfers)
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
        // Events for the caller only: requests for files of the caller's devices, and progress of the caller's requests.
        listener.Subscribe([.. keys, EventListener.OwnKey(caller.Tenant, caller.Subject)]);
        var own = new OwnTransferMessages(project.Id, caller, transfers);
        await SocketTalk.RunAsync(
            context, ReceiveAsync,
            (talk, stop) => SendAllAsync(
                talk, stream.ReadAsync(listener, null, caller, stop), project, own, since, context, projects, stop),
            stream.Stopping);
        return TypedResults.Empty;
    }

    /// <summary>
    /// Sends messages until the caller is no longer a member. Events only trigger reading the rows, which contain the content.
    /// </summary>
    private static async Task SendAllAsync(
        SocketTalk talk, IAsyncEnumerable<StreamMessage> messages, Project project, OwnTransferMessages own, long? since,
        HttpContext context, IProjectLedger projects, CancellationToken stop)
    {
        var at = since ?? project.Sequence;
        foreach (var waiting in await own.WaitingAsync(stop))
            await talk.SendAsync(waiting, stop);
        await foreach (var message in messages)
        {
            if (OwnTransferMessages.Concerns(message))
            {
                if (await own.OfAsync(message, stop) is { } told)
                    await talk.SendAsync(told, stop);
                continue;
            }

            if (!IsOfProject(message))
                continue;
            var (now, _) = await ProjectRoutes.MemberAsync(project.Id.ToString(), context, projects);
            if (now is null)
                return;
            var oldest = await projects.OldestEventAsync(project.Id, stop) ?? now.Sequence + 1;
            // The client's number is no longer kept or from another backup, or events were lost.
            if (message.Name == "reset" || at + 1 < oldest || at > now.Sequence)
            {
                await talk.SendAsync(ProjectMessages.Resync(now.Sequence), stop);
                at = now.Sequence;
                if (message.Name == "reset")
                    return;
            }

            while (at < now.Sequence && await projects.EventsAsync(project.Id, at, Most, stop) is { Count: > 0 } rows)
            {
                foreach (var one in rows.SelectMany(ProjectMessages.Of))
                    await talk.SendAsync(one, stop);
                at = rows[^1].Sequence;
            }
        }
    }

    private static bool IsOfProject(StreamMessage message) =>
        message.Name is "welcome" or "heartbeat" or "reset" || EventKinds.Find(message.Name)?.Topic == TopicKinds.Project;

    /// <summary>Skips everything that the client sends, until it closes the socket.</summary>
    private static async Task ReceiveAsync(SocketTalk talk, CancellationToken stop)
    {
        var buffer = new byte[1024];
        while ((await talk.ReceiveAsync(buffer.AsMemory(), stop)).MessageType != WebSocketMessageType.Close)
        {
        }
    }
}
