using System.Buffers;
using System.Net.Sockets;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Connections.Features;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>How the bytes of one connection come in, and the blocks that they are read into: large ones while they come in large runs.</summary>
internal sealed class BodyArrival(Socket socket, BufferPool pool) : MemoryPool<byte>, IBodyArrival
{
    // Where as much waits behind bytes that came with their headers, it is worth copying them.
    private const int WorthGathering = BufferPool.Large / 2;

    private int _run = 1, _intoPage;
    private long _left;
    private Rest? _gathered, _held;

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
        ? new(new GatheredBody(context.Request.BodyReader, arrival), length) { Arrival = arrival }
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

    /// <summary>Copies the first bytes of a body to where they lie in front of those that are read next.</summary>
    /// <returns>From the first of them to the end of their block; empty where it is not worth it, or there is no such block.</returns>
    public Memory<byte> Gather(in ReadOnlySequence<byte> first)
    {
        if (first.IsEmpty || first.Length > BufferPool.Small || _left - first.Length < WorthGathering || Waiting < WorthGathering)
            return default;
        var block = pool.RentUpTo((int)Math.Min(_intoPage + _left, MaxBufferSize));
        if (block.Memory.Length < BufferPool.Large)
        {
            block.Dispose();
            return default;
        }

        var from = block.Memory[_intoPage..];
        first.CopyTo(from.Span);
        // Whoever reads behind them may be done with it before they are taken.
        _held = _gathered = new Rest(block, _intoPage + (int)first.Length, holders: 2);
        return from;
    }

    /// <summary>What was gathered has been taken.</summary>
    public void EndGathering()
    {
        // Where nothing was read behind it, nobody else holds its block.
        _gathered?.Dispose();
        _held?.Dispose();
        _gathered = _held = null;
    }

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        if (_gathered is { } gathered)
        {
            _gathered = null;
            return gathered;
        }

        var block = pool.RentUpTo(Math.Max(minBufferSize, (int)Math.Min(_run, _intoPage + Math.Min(_left, MaxBufferSize))));
        return _intoPage == 0 || block.Memory.Length < BufferPool.Large ? block : new Rest(block, _intoPage);
    }

    /// <summary>A block without its beginning.</summary>
    private sealed class Rest(IMemoryOwner<byte> block, int without, int holders = 1) : IMemoryOwner<byte>
    {
        private int _holders = holders;

        public Memory<byte> Memory => block.Memory[without..];

        public void Dispose()
        {
            if (Interlocked.Decrement(ref _holders) == 0)
                block.Dispose();
        }
    }

    protected override void Dispose(bool disposing)
    {
    }
}
