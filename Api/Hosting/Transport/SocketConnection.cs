using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// An accepted connection for Kestrel: its input reads the socket, its output writes to it, and it signals when the client has
/// disconnected.
/// </summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe, IMemoryPoolFeature, IConnectionIdFeature, IConnectionItemsFeature,
    IConnectionTransportFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, IConnectionSocketFeature
{
    // linux/tcp.h: the first byte of TCP_INFO is the connection's state.
    private const int ProtocolTcp = 6, TcpInfo = 11;
    private const byte TcpClosed = 7, TcpCloseWait = 8;

    // A TLS client closes with one record that contains an alert (close_notify), encrypted or not.
    private const int RecordHeader = 5, LongestAlert = RecordHeader + 64;
    private const byte Alert = 21, Encrypted = 23;
    private const int AlertBytes = 2, EncryptedAlertBytes = AlertBytes + 17;

    private const int SmallestRead = 4 << 10;

    // The eight features set here, four of Kestrel's, and the two of the middleware between Kestrel and the transport.
    private const int FeatureCount = 14;

    private readonly CancellationTokenSource _closed = new();
    private readonly Action<SocketConnection> _onDisposed;
    private readonly SocketStream _stream;
    private IDictionary<object, object?>? _items;
    private int _closedSignaled, _socketClosed;

    public SocketConnection(Socket socket, BufferPool pool, Action<SocketConnection> onDisposed)
    {
        (Socket, MemoryPool, _onDisposed) = (socket, pool, onDisposed);
        _stream = new SocketStream(socket, SignalClosed);
        var buffers = new AlignedReceiveBuffers(socket, pool);
        // Zero-byte reads: an idle connection holds no buffer.
        Input = PipeReader.Create(_stream, new StreamPipeReaderOptions(
            buffers, BufferPool.Small, minimumReadSize: SmallestRead, leaveOpen: true, useZeroByteReads: true));
        Output = new SocketWriter(_stream, socket, pool);
        (Transport, LocalEndPoint, RemoteEndPoint, ConnectionClosed) = (this, socket.LocalEndPoint, socket.RemoteEndPoint, _closed.Token);
        var features = new FeatureCollection(FeatureCount);
        features.Set<IMemoryPoolFeature>(this);
        features.Set<IConnectionIdFeature>(this);
        features.Set<IConnectionItemsFeature>(this);
        features.Set<IConnectionTransportFeature>(this);
        features.Set<IConnectionLifetimeFeature>(this);
        features.Set<IConnectionEndPointFeature>(this);
        features.Set<IConnectionSocketFeature>(this);
        features.Set(buffers);
        Features = features;
    }

    public override string ConnectionId { get; set; } = Guid.CreateVersion7().ToString("N");

    public override IFeatureCollection Features { get; }

    public override IDictionary<object, object?> Items { get => _items ??= new ConnectionItems(); set => _items = value; }

    public override IDuplexPipe Transport { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public MemoryPool<byte> MemoryPool { get; }

    public Socket Socket { get; }

    /// <summary>
    /// Detects a client that disconnected while no read is pending, so that a request which waits for something else is cancelled. The
    /// client is gone when TCP has seen a FIN or a reset and the service has read all received bytes except a final TLS alert.
    /// </summary>
    public void CheckPeer()
    {
        if (_stream.HasPendingRead || _closed.IsCancellationRequested || RemoteEndPoint is not IPEndPoint)
            return;
        try
        {
            Span<byte> state = stackalloc byte[1];
            _ = Socket.GetRawSocketOption(ProtocolTcp, TcpInfo, state);
            if (state[0] is TcpCloseWait or TcpClosed && (Socket.Available is var left && (left == 0 || IsTlsAlert(left))))
                SignalClosed();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            SignalClosed();
        }
        catch (InvalidOperationException)
        {
            // Another thread is inside a non-blocking send. The next poll checks again.
        }
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _stream.Fail(abortReason);
        CloseSocket();
        SignalClosed();
    }

    public override async ValueTask DisposeAsync()
    {
        _onDisposed(this);
        await Input.CompleteAsync();
        // Complete synchronously: CompleteAsync would wait for a client that reads nothing.
        Output.Complete();
        CloseSocket();
        _closed.Dispose();
        await base.DisposeAsync();
    }

    // In TLS 1.2 the record's type is alert, and its length depends on the cipher. In TLS 1.3 it looks like two bytes of encrypted
    // application data.
    private bool IsTlsAlert(int left)
    {
        if (left is < RecordHeader + AlertBytes or > LongestAlert)
            return false;
        Span<byte> bytes = stackalloc byte[LongestAlert];
        return Socket.Receive(bytes[..left], SocketFlags.Peek) == left
            && bytes[1] == 3
            && left == RecordHeader + ((bytes[3] << 8) | bytes[4])
            && (bytes[0] == Alert || (bytes[0] == Encrypted && left == RecordHeader + EncryptedAlertBytes));
    }

    private void CloseSocket()
    {
        if (Interlocked.Exchange(ref _socketClosed, 1) != 0)
            return;
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The socket is already disconnected.
        }

        Socket.Dispose();
    }

    // Cancel on another thread: callbacks may take long, and would block the current reader of the connection.
    private void SignalClosed()
    {
        if (Interlocked.Exchange(ref _closedSignaled, 1) == 0)
            _ = ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.CancelToken(), this, preferLocal: false);
    }

    private void CancelToken()
    {
        try
        {
            _closed.Cancel();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or AggregateException)
        {
            // The token source is disposed, or a callback threw. Neither is a reason to end the process.
        }
    }
}
