using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>One accepted connection.</summary>
internal sealed class SocketConnection : ConnectionContext, IDuplexPipe, IMemoryPoolFeature, IConnectionIdFeature, IConnectionItemsFeature,
    IConnectionTransportFeature, IConnectionLifetimeFeature, IConnectionEndPointFeature, IConnectionSocketFeature
{
    // linux/tcp.h: the first byte of TCP_INFO is the state.
    private const int ProtocolTcp = 6, TcpInfo = 11;
    private const byte TcpClosed = 7, TcpCloseWait = 8;

    // What a client of TLS says last: one record with its alert, in the clear or not.
    private const int RecordHeader = 5, LongestAlert = RecordHeader + 64;
    private const byte Alert = 21, Encrypted = 23;
    private const int AlertBytes = 2, EncryptedAlertBytes = AlertBytes + 17;

    private const int SmallestRead = 4 << 10;

    // The connection's own eight, four of Kestrel's and the two that stand between it and the transport.
    private const int FeatureCount = 14;

    private readonly CancellationTokenSource _closed = new();
    private readonly Action<SocketConnection> _onDisposed;
    private readonly SocketStream _stream;
    private IDictionary<object, object?>? _items;
    private int _closing, _shut;

    public SocketConnection(Socket socket, BufferPool pool, Action<SocketConnection> onDisposed)
    {
        (Socket, MemoryPool, _onDisposed) = (socket, pool, onDisposed);
        _stream = new SocketStream(socket, Close);
        var arrival = new BodyArrival(socket, pool);
        // Without a buffer while nothing comes.
        Input = PipeReader.Create(_stream, new StreamPipeReaderOptions(
            arrival, BufferPool.Small, minimumReadSize: SmallestRead, leaveOpen: true, useZeroByteReads: true));
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
        features.Set(arrival);
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
    /// Whether the client has gone while nobody reads, so that a request which waits for something else learns of it: TCP has seen the end
    /// or a reset, after which no byte can come, and all that came has been read but the farewell of TLS.
    /// </summary>
    public void Look()
    {
        if (_stream.Reading || _closed.IsCancellationRequested || RemoteEndPoint is not IPEndPoint)
            return;
        try
        {
            Span<byte> state = stackalloc byte[1];
            _ = Socket.GetRawSocketOption(ProtocolTcp, TcpInfo, state);
            if (state[0] is TcpCloseWait or TcpClosed && (Socket.Available is var left && (left == 0 || IsFarewell(left))))
                Close();
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            Close();
        }
        catch (InvalidOperationException)
        {
            // Somebody has just begun to send without waiting, and the runtime is between the two steps of that: there will be another
            // look.
        }
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _stream.Fail(abortReason);
        Shut();
        Close();
    }

    public override async ValueTask DisposeAsync()
    {
        _onDisposed(this);
        await Input.CompleteAsync();
        // Not the asynchronous way, which would wait for a client that reads nothing.
        Output.Complete();
        Shut();
        _closed.Dispose();
        await base.DisposeAsync();
    }

    // In TLS 1.2 it says what it is, or is as long as the cipher likes; in TLS 1.3 it looks like data of two bytes.
    private bool IsFarewell(int left)
    {
        if (left is < RecordHeader + AlertBytes or > LongestAlert)
            return false;
        Span<byte> bytes = stackalloc byte[LongestAlert];
        return Socket.Receive(bytes[..left], SocketFlags.Peek) == left
            && bytes[1] == 3
            && left == RecordHeader + ((bytes[3] << 8) | bytes[4])
            && (bytes[0] == Alert || (bytes[0] == Encrypted && left == RecordHeader + EncryptedAlertBytes));
    }

    private void Shut()
    {
        if (Interlocked.Exchange(ref _shut, 1) != 0)
            return;
        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // It is not connected any more.
        }

        Socket.Dispose();
    }

    // On another thread: who is told may take long, and whoever reads holds on to the connection meanwhile.
    private void Close()
    {
        if (Interlocked.Exchange(ref _closing, 1) == 0)
            _ = ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Tell(), this, preferLocal: false);
    }

    private void Tell()
    {
        try
        {
            _closed.Cancel();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or AggregateException)
        {
            // Nobody waits for it any more; or one of those who do has failed at it, which is no reason to end the process.
        }
    }
}
