using System.Buffers;
using System.Net.Sockets;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Connections.Features;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// How the bytes of one connection come in, and the blocks that they are read into: large ones while they come in large runs.
/// </summary>
internal sealed class BodyArrival(Socket socket, BufferPool pool) : MemoryPool<byte>, IBodyArrival
{
    private int _run = 1, _intoPage;
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
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return 0;
            }
        }
    }

    /// <summary>The request's body, for the engine.</summary>
    /// <param name="length">As announced, null when the client did not say.</param>
    public static UploadBody Body(HttpContext context, long? length) => Of(context) is { } arrival
        ? new(context.Request.BodyReader, length) { Arrival = arrival }
        : new(context.Request.BodyReader, length);

    /// <returns>Null where something lies between the socket and the body: streams of HTTP/2, TLS, chunks.</returns>
    public static BodyArrival? Of(HttpContext context) =>
        context.Request.ContentLength is not null
        && HttpProtocol.IsHttp11(context.Request.Protocol)
        && context.Features.Get<ITlsHandshakeFeature>() is null
            ? context.Features.Get<BodyArrival>()
            : null;

    public void WakeAt(int bytes)
    {
        _run = bytes;
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, bytes);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The next read says so.
        }
    }

    public void GoesTo(long place, long left) => (_intoPage, _left) = ((int)(place % Environment.SystemPageSize), left);

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        var block = pool.RentUpTo(Math.Max(minBufferSize, (int)Math.Min(_run, _intoPage + Math.Min(_left, MaxBufferSize))));
        return _intoPage == 0 || block.Memory.Length < BufferPool.Large ? block : new Rest(block, _intoPage);
    }

    /// <summary>A block without its beginning.</summary>
    private sealed class Rest(IMemoryOwner<byte> block, int without) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory => block.Memory[without..];

        public void Dispose() => block.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
    }
}
