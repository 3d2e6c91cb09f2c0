using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Api.Events;

/// <summary>GET /api/events/ws: the events on a WebSocket, with subscribing and unsubscribing.</summary>
internal static class EventSocket
{
    private const int LongestMessage = 64 << 10;
    private const int MostTopics = 5000;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/api/events/ws", [HttpMethods.Get, HttpMethods.Head, HttpMethods.Connect], HandleAsync)
            .RequireAuthorization(AccessPolicy.List).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(HttpContext context, EventStream stream, EventTopics topics)
    {
        if (!context.WebSockets.IsWebSocketRequest)
            return Refusal.Of(RequestError.BadRequest, "This address speaks WebSocket; for server-sent events use /api/events.");
        var after = EventStream.CursorOf(context.Request.Query["lastEventId"].ToString());
        if (stream.Open(context.Caller(), out var refusal) is not { } listener)
            return refusal!;
        using var held = listener;
        var connection = new Connection(listener, topics, context.Caller());
        await SocketTalk.RunAsync(
            context, connection.ReceiveAllAsync,
            (talk, stop) => connection.SendAllAsync(talk, stream.ReadAsync(listener, after, context.Caller(), stop), stop),
            stream.Stopping);
        return TypedResults.Empty;
    }

    private sealed class Connection(EventListener listener, EventTopics topics, Caller caller)
    {
        public async Task ReceiveAllAsync(SocketTalk talk, CancellationToken cancellationToken)
        {
            while (await ReceiveAsync(talk, cancellationToken))
            {
            }
        }

        public async Task SendAllAsync(
            SocketTalk talk, IAsyncEnumerable<StreamMessage> messages, CancellationToken cancellationToken)
        {
            await foreach (var message in messages)
                await talk.SendAsync(message.Json, cancellationToken);
            if (!listener.Subscribed.IsCompleted)
                talk.Status = WebSocketCloseStatus.PolicyViolation;
        }

        /// <summary>Handles one message; returns false if the client closes the socket or violates the protocol.</summary>
        private async Task<bool> ReceiveAsync(SocketTalk talk, CancellationToken cancellationToken)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(LongestMessage);
            try
            {
                var length = 0;
                ValueWebSocketReceiveResult part;
                do
                {
                    if (length == LongestMessage)
                    {
                        talk.Status = WebSocketCloseStatus.MessageTooBig;
                        return false;
                    }

                    part = await talk.ReceiveAsync(buffer.AsMemory(length, LongestMessage - length), cancellationToken);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Close)
                    return false;
                if (part.MessageType == WebSocketMessageType.Binary)
                {
                    talk.Status = WebSocketCloseStatus.InvalidMessageType;
                    return false;
                }

                if (await ApplyAsync(buffer.AsMemory(0, length), cancellationToken) is { } fault)
                    await talk.SendAsync(JsonSerializer.SerializeToUtf8Bytes(fault, ApiJson.Out.StreamFault), cancellationToken);
                return true;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        private async Task<StreamFault?> ApplyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
        {
            StreamRequest? request;
            try
            {
                request = JsonSerializer.Deserialize(message.Span, ApiJson.In.StreamRequest);
            }
            catch (JsonException)
            {
                request = null;
            }

            if (request is not { Type: "subscribe" or "unsubscribe" } or { Scope: null, Uploads: null, Topics: null })
            {
                return new StreamFault(
                    ProblemCodes.MalformedJson, "Send {\"type\":\"subscribe\",\"scope\":\"own\"}, or with uploads or topics.");
            }

            var (keys, refused) = await NamedAsync(request, cancellationToken);
            if (refused is not null)
                return refused;
            if (request.Type == "unsubscribe")
            {
                if (request.Scope is { } left)
                    EventTopics.Unsubscribe(listener, caller, left);
                listener.Unsubscribe(keys);
                return null;
            }

            if (listener.Count + keys.Count > MostTopics)
                return new StreamFault(ProblemCodes.InvalidField, $"One connection listens to at most {MostTopics} topics.");
            if (request.Scope is { } scope && !await topics.SubscribeAsync(listener, caller, scope, cancellationToken))
            {
                return new StreamFault(ProblemCodes.NotPermitted, EventTopics.NotYours)
                {
                    Scope = scope,
                };
            }

            if (keys.Count > 0)
                listener.Subscribe(keys);
            return null;
        }

        /// <summary>Returns the keys of the topics in a message, or why they are refused.</summary>
        private async Task<(IReadOnlyList<string> Keys, StreamFault? Refused)> NamedAsync(
            StreamRequest request, CancellationToken cancellationToken)
        {
            var named = (request.Uploads ?? []).Select(id => (Kind: TopicKinds.Upload, Id: id)).ToList();
            foreach (var topic in request.Topics ?? [])
            {
                if (topic is not { Kind: { } kind, Id: { } id })
                    return ([], new StreamFault(ProblemCodes.MalformedJson, "Each of topics has a kind and an id."));
                named.Add((kind, id));
            }

            if (named.Count > EventTopics.MostNamed)
                return ([], new StreamFault(ProblemCodes.InvalidField, $"Name at most {EventTopics.MostNamed} topics in a message."));
            var keys = new List<string>(named.Count);
            foreach (var same in named.GroupBy(one => one.Kind, one => one.Id))
            {
                if (await topics.FindAsync(caller, same.Key, [.. same], cancellationToken) is not { } found)
                    return ([], new StreamFault(ProblemCodes.NotFound, "There is no such topic for you.") { Kind = same.Key });
                keys.AddRange(found);
            }

            return (keys, null);
        }
    }
}
