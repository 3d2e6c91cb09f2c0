using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Writes to a socket as the server above expects it of a pipe: a connection that has gone is told by the result, and never thrown. What it
/// writes with is made when something is written: thousands of clients that have not sent their body have none.
/// Bytes of a file go from the file to the socket inside the kernel. The server above counts them as its own all the same, for it is shown
/// memory that stands for them.
/// </summary>
internal sealed class SocketWriter(SocketStream stream, Socket socket, MemoryPool<byte> pool) : PipeWriter, IFileTarget
{
    // While the socket takes nothing more, so many bytes wait in memory instead of a thread.
    private const int Waiting = 16 << 10;

    // linux/socket.h: in SO_MEMINFO lie, among others, how much the socket may hold and how much it does.
    private const int OfSocket = 1, MemInfo = 55, MemFacts = 9, MemLimit = 3, MemQueued = 5;

    // Shown instead of a file's bytes; nobody writes into it and nobody reads it.
    private static readonly byte[] StandIn = GC.AllocateUninitializedArray<byte>(1 << 20);

    private PipeWriter? _inner;

    // Of one request at a time, as all that is written here.
    private bool _asked, _shown;
    private IStoredFileReader? _file;
    private ISendingReader? _sender;
    private long _offset;
    private int _left;

    public StoreException? Failure { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => (_inner?.UnflushedBytes ?? 0) + _left;

    // Who cancels a flush does so beside everything else.
    private PipeWriter Inner => Volatile.Read(ref _inner)
        ?? Interlocked.CompareExchange(ref _inner, Create(stream, new StreamPipeWriterOptions(pool, leaveOpen: true)), null) ?? _inner;

    public int Room
    {
        get
        {
            try
            {
                Span<uint> facts = stackalloc uint[MemFacts];
                _ = socket.GetRawSocketOption(OfSocket, MemInfo, MemoryMarshal.AsBytes(facts));
                return (int)Math.Clamp((long)facts[MemLimit] - facts[MemQueued], 0, StandIn.Length);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return 0;
            }
        }
    }

    public bool Take(PipeWriter pipe, IStoredFileReader file, long offset, int count)
    {
        if (file is not ISendingReader sender || !IsStraight(pipe, count))
            return false;
        (_file, _sender, _offset) = (file, sender, offset);
        pipe.Advance(count);
        return true;
    }

    public int Send(PipeWriter pipe, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, StandIn.Length)];
        // Nothing may overtake what waits to be flushed.
        if (stream.Gone || UnflushedBytes > 0 || pipe.UnflushedBytes > 0 || !IsStraight(pipe, bytes.Length))
            return 0;
        var sent = stream.Send(bytes);
        if (sent > 0)
            pipe.Advance(sent);
        // Those that stand for bytes which have left need not be sent.
        (_shown, _left) = (false, 0);
        return sent;
    }

    public override void Advance(int bytes)
    {
        if (_shown)
            (_shown, _left) = (false, bytes);
        else
            Inner.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        _shown = _asked && sizeHint <= StandIn.Length;
        return _shown ? StandIn : Inner.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => Inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => Inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => Inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => Inner.CompleteAsync(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_left > 0)
            return SendAsync(cancellationToken);
        var flush = Inner.FlushAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? new(Result(flush.Result)) : WaitAsync(flush);

        async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush) => Result(await flush);
    }

    // Whatever lies between may have memory of its own: for framing, or for a client that has gone.
    private bool IsStraight(PipeWriter pipe, int count)
    {
        if (_left > 0 || count > StandIn.Length)
            return false;
        _asked = true;
        var memory = pipe.GetMemory(count);
        _asked = false;
        return _shown = MemoryMarshal.TryGetArray<byte>(memory, out var shown) && shown.Array == StandIn && shown.Offset == 0;
    }

    private async ValueTask<FlushResult> SendAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await SendAllAsync(cancellationToken);
        }
        catch
        {
            // The server above writes such an exception to its log and takes the bytes for sent: nothing may follow that gap.
            stream.Break();
            throw;
        }
    }

    private async ValueTask<FlushResult> SendAllAsync(CancellationToken cancellationToken)
    {
        // What was written before.
        var result = Result(Inner.UnflushedBytes > 0 ? await Inner.FlushAsync(cancellationToken) : default);
        while (_left > 0 && !result.IsCanceled && !result.IsCompleted)
        {
            var sent = Send();
            if (sent == 0)
            {
                sent = await FillAsync(cancellationToken);
                if (sent == 0)
                {
                    _left = 0;
                    break;
                }

                result = Result(await Inner.FlushAsync(cancellationToken));
            }

            _offset += sent;
            _left -= sent;
        }

        return result;
    }

    private int Send()
    {
        var handle = socket.SafeHandle;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return _sender!.SendTo(handle.DangerousGetHandle(), _offset, _left);
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
        finally
        {
            if (held)
                handle.DangerousRelease();
        }
    }

    private async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            var read = await _file!.ReadAsync(Inner.GetMemory(Waiting)[..Math.Min(Waiting, _left)], _offset, cancellationToken);
            if (read == 0)
                Failure = new StoreException(StoreError.Damaged, $"The file has no byte {_offset}.");
            Inner.Advance(read);
            return read;
        }
        catch (StoreException failure)
        {
            Failure = failure;
            return 0;
        }
    }

    private FlushResult Result(FlushResult result) => new(result.IsCanceled, result.IsCompleted || stream.Gone);
}
