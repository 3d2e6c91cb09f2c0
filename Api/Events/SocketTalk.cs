using System.Net.WebSockets;

namespace ChunkUpload.Api.Events;

/// <summary>A WebSocket connection between a client and the service.</summary>
internal sealed class SocketTalk : IDisposable
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly SemaphoreSlim _sendLock = new(1, 1);

    private SocketTalk(WebSocket socket) => _socket = socket;

    /// <summary>The status code that the service sends when it closes the socket.</summary>
    public WebSocketCloseStatus Status { get; set; } = WebSocketCloseStatus.NormalClosure;

    /// <summary>
    /// Accepts the request, and runs both directions until the client disconnects or does not read, one of them ends, or the service stops.
    /// </summary>
    public static async Task RunAsync(
        HttpContext context, Func<SocketTalk, CancellationToken, Task> receive, Func<SocketTalk, CancellationToken, Task> send,
        CancellationToken stopping)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        // Cancelling a receive aborts the socket, so receive until the close was sent.
        using var receiveEnd = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        // A browser offers its antiforgery token as a subprotocol beside a real one; the answer must name one that it offered.
        var protocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(
            name => !name.StartsWith("csrf.", StringComparison.Ordinal));
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = protocol });
        using var talk = new SocketTalk(socket);
        var receiving = UntilGoneAsync(receive(talk, receiveEnd.Token));
        var sending = UntilGoneAsync(send(talk, end.Token));
        await Task.WhenAny(receiving, sending);
        await end.CancelAsync();
        await sending;
        await talk.CloseAsync();
        receiveEnd.CancelAfter(ClosePatience);
        await receiving;
    }

    public ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken stop) =>
        _socket.ReceiveAsync(buffer, stop);

    /// <summary>Sends one message. A client that does not read before the timeout is treated as disconnected.</summary>
    public async Task SendAsync(byte[] json, CancellationToken stop)
    {
        await _sendLock.WaitAsync(stop);
        try
        {
            // Cancelling a send aborts the socket, and then no close can be sent: only the wait for it ends.
            await _socket.SendAsync(json, WebSocketMessageType.Text, true, CancellationToken.None).WaitAsync(SendTimeout, stop);
        }
        finally
        {
            _sendLock.Release();
        }
    }

    public void Dispose() => _sendLock.Dispose();

    private async Task CloseAsync()
    {
        if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
            return;
        using var patience = new CancellationTokenSource(ClosePatience);
        await UntilGoneAsync(_socket.CloseOutputAsync(Status, null, patience.Token));
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
