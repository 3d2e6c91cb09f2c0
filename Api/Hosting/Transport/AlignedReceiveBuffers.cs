using System.Buffers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections.Features;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Supplies the buffers that one connection receives into. A fast sender gets large blocks, and each block has the same alignment within a
/// page as the file offset of its first byte, so that the engine can write it with O_DIRECT.
/// </summary>
internal sealed class AlignedReceiveBuffers(Socket socket, BufferPool pool) : MemoryPool<byte>, IReceiveControl
{
    private int _wakeAt = 1, _pageOffset;
    private long _left;

    public override int MaxBufferSize => pool.MaxBufferSize;

    public int Waiting
    {
        get
        {
            try
            {
                return socket.Available;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return 0;
            }
        }
    }

    /// <returns>Null if there is a layer between the socket and the body: HTTP/2 streams, TLS, chunked transfer coding.</returns>
    public static AlignedReceiveBuffers? Of(HttpContext context) =>
        context.Request.ContentLength is not null
        && HttpProtocol.IsHttp11(context.Request.Protocol)
        && context.Features.Get<ITlsHandshakeFeature>() is null
            ? context.Features.Get<AlignedReceiveBuffers>()
            : null;

    public void WakeAt(int bytes)
    {
        _wakeAt = bytes;
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, bytes);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The next read reports the failure.
        }
    }

    public void SetTarget(long fileOffset, long remaining) =>
        (_pageOffset, _left) = ((int)(fileOffset % Environment.SystemPageSize), remaining);

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        var block = pool.RentUpTo(Math.Max(minBufferSize, (int)Math.Min(_wakeAt, _pageOffset + Math.Min(_left, MaxBufferSize))));
        return _pageOffset == 0 || block.Memory.Length < BufferPool.Large ? block : new TrimmedBlock(block, _pageOffset);
    }

    /// <summary>A block whose first bytes are left unused.</summary>
    private sealed class TrimmedBlock(IMemoryOwner<byte> block, int skipped) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => block.Memory[skipped..];

        public void Dispose() => block.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
    }
}
