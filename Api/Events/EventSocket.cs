using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Events;

namespace ChunkUpload.Api.Events;

/// <summary>GET /api/events/ws: the events on a WebSocket, with subscribing and unsubscribing.</summary>
internal static class EventSocket
{
    private const int LongestMessage = 64 << 10;

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/events/ws", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.List).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(HttpContext context, EventStream stream, EventSubscriptions subscriptions)
    {
        if (!context.WebSockets.IsWebSocketRequest)
            return Refusal.Of(RequestError.BadRequest, "This address speaks WebSocket; for server-sent events use /api/events.");
        EventCursor? after = context.Request.Query["lastEventId"].ToString() is { Length: > 0 } last
            ? EventCursor.TryParse(last, out var cursor) ? cursor : default(EventCursor)
            : null;
        if (await stream.OpenAsync(context.RequestAborted) is not var (listener, now))
            return EventStream.TooMany;
        using var held = listener;
        using var subscription = subscriptions.Of(listener, context.Caller());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stream.Stopping);
        // A receive that is cancelled aborts the socket, so hearing goes on until the closing was sent.
        using var deaf = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        // A browser offers its antiforgery token as a protocol and wants to hear one of its own.
        var protocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(
            name => !name.StartsWith("csrf.", StringComparison.Ordinal));
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = protocol });
        using var one = new SemaphoreSlim(1, 1);
        var connection = new Connection(socket, one, subscription);
        // A client that goes on from a cursor says first what it listens to: otherwise nothing would be replayed.
        if (after is not null && !await UntilGoneAsync(connection.HearAsync(deaf.Token)))
            return TypedResults.Empty;
        var hearing = UntilGoneAsync(connection.HearAllAsync(deaf.Token));
        var telling = UntilGoneAsync(
            connection.TellAsync(stream.ReadAsync(listener, now, after, context.Caller(), end.Token), end.Token));
        await Task.WhenAny(hearing, telling);
        await end.CancelAsync();
        await telling;
        await connection.CloseAsync();
        deaf.CancelAfter(ClosePatience);
        await hearing;
        return TypedResults.Empty;
    }

    /// <summary>False when the client went away or reads nothing, or the service stops.</summary>
    private static async Task<bool> UntilGoneAsync(Task<bool> talk)
    {
        try
        {
            return await talk;
        }
        catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or TimeoutException)
        {
            return false;
        }
    }

    private sealed class Connection(WebSocket socket, SemaphoreSlim one, EventSubscription subscription)
    {
        private WebSocketCloseStatus _status = WebSocketCloseStatus.NormalClosure;

        public async Task<bool> HearAllAsync(CancellationToken cancellationToken)
        {
            while (await HearAsync(cancellationToken))
            {
            }

            return false;
        }

        /// <summary>Handles one message. False when the client closes, or breaks the rules.</summary>
        public async Task<bool> HearAsync(CancellationToken cancellationToken)
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
                        _status = WebSocketCloseStatus.MessageTooBig;
                        return false;
                    }

                    part = await socket.ReceiveAsync(buffer.AsMemory(length, LongestMessage - length), cancellationToken);
                    length += part.Count;
                }
                while (!part.EndOfMessage);

                if (part.MessageType == WebSocketMessageType.Close)
                    return false;
                if (part.MessageType == WebSocketMessageType.Binary)
                {
                    _status = WebSocketCloseStatus.InvalidMessageType;
                    return false;
                }

                if (await ApplyAsync(buffer.AsMemory(0, length), cancellationToken) is { } fault)
                    await SendAsync(JsonSerializer.SerializeToUtf8Bytes(fault, ApiJson.Out.StreamFault), cancellationToken);
                return true;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        public async Task<bool> TellAsync(IAsyncEnumerable<StreamMessage> messages, CancellationToken cancellationToken)
        {
            await foreach (var message in messages)
                await SendAsync(message.Json, cancellationToken);
            return false;
        }

        public async Task CloseAsync()
        {
            if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
                return;
            using var patience = new CancellationTokenSource(ClosePatience);
            try
            {
                await socket.CloseOutputAsync(_status, null, patience.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or WebSocketException)
            {
                // It is gone.
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

            if (request is not { Type: "subscribe" or "unsubscribe" } || (request.Scope is null && request.Uploads is null))
                return new StreamFault(ProblemCodes.MalformedJson, "Send {\"type\":\"subscribe\",\"scope\":\"own\"} or with uploads.");
            if (request.Uploads is { Count: > EventTopics.MostUploads })
                return new StreamFault(ProblemCodes.InvalidField, $"Name at most {EventTopics.MostUploads} uploads in a message.");
            return await subscription.ChangeAsync(
                request.Type == "subscribe", request.Scope, request.Uploads ?? [], cancellationToken) switch
            {
                SubscribeOutcome.NotPermitted => new StreamFault(
                    ProblemCodes.NotPermitted, "You may listen to own; admins also to tenant, operators to all."),
                SubscribeOutcome.NotFound => new StreamFault(ProblemCodes.NotFound, "There is no such upload."),
                SubscribeOutcome.TooMany => new StreamFault(
                    ProblemCodes.InvalidField, $"One connection listens to at most {EventSubscription.MostTopics} topics."),
                _ => null,
            };
        }

        private async Task SendAsync(byte[] json, CancellationToken cancellationToken)
        {
            await one.WaitAsync(cancellationToken);
            try
            {
                // A client that reads nothing for long is gone.
                await socket.SendAsync(json, WebSocketMessageType.Text, true, cancellationToken).WaitAsync(SendTimeout, cancellationToken);
            }
            finally
            {
                one.Release();
            }
        }
    }
}
