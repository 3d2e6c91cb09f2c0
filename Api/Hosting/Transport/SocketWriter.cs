using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Storage;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Writes to a socket as Kestrel expects from a pipe: the flush result reports a closed connection, and no exception does. The inner writer
/// is created at the first write, so thousands of clients that are still sending hold none. A file's bytes go from the file to the socket
/// inside the kernel (sendfile). Kestrel gets a placeholder buffer instead of the bytes, so it counts them.
/// </summary>
internal sealed class SocketWriter(SocketStream stream, Socket socket, MemoryPool<byte> pool) : PipeWriter, IFileTarget
{
    // While the socket's send buffer is full, this many bytes wait in memory so that no thread is blocked.
    private const int CopyBlock = 16 << 10;

    // linux/socket.h: SO_MEMINFO holds, among others, the size of the send buffer and the bytes queued in it.
    private const int SolSocket = 1, MemInfo = 55, MemInfoFields = 9, MemSendBuffer = 3, MemQueued = 5;

    // Returned as the write buffer instead of a file's bytes; its content is never read.
    private static readonly byte[] Placeholder = GC.AllocateUninitializedArray<byte>(1 << 20);

    private PipeWriter? _inner;

    // A connection writes the answer of one request at a time, so these fields need no lock.
    private bool _offerPlaceholder, _placeholderReturned;
    private IStoredFileReader? _file;
    private ISendingReader? _sender;
    private long _offset;
    private int _fileBytesLeft;

    public StoreException? Failure { get; private set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => (_inner?.UnflushedBytes ?? 0) + _fileBytesLeft;

    // CancelPendingFlush may run concurrently with a write.
    private PipeWriter Inner => Volatile.Read(ref _inner)
        ?? Interlocked.CompareExchange(ref _inner, Create(stream, new StreamPipeWriterOptions(pool, leaveOpen: true)), null) ?? _inner;

    public int Room
    {
        get
        {
            try
            {
                Span<uint> fields = stackalloc uint[MemInfoFields];
                _ = socket.GetRawSocketOption(SolSocket, MemInfo, MemoryMarshal.AsBytes(fields));
                return (int)Math.Clamp((long)fields[MemSendBuffer] - fields[MemQueued], 0, Placeholder.Length);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return 0;
            }
        }
    }

    public bool Take(PipeWriter pipe, IStoredFileReader file, long offset, int count)
    {
        if (file is not ISendingReader sender || !ReachesThisWriter(pipe, count))
            return false;
        (_file, _sender, _offset) = (file, sender, offset);
        pipe.Advance(count);
        return true;
    }

    public int Send(PipeWriter pipe, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, Placeholder.Length)];
        // Bytes that wait to be flushed must be sent first.
        if (stream.IsBroken || UnflushedBytes > 0 || pipe.UnflushedBytes > 0 || !ReachesThisWriter(pipe, bytes.Length))
            return 0;
        var sent = stream.Send(bytes);
        if (sent > 0)
            pipe.Advance(sent);
        // The bytes have been sent already; do not send the placeholder.
        (_placeholderReturned, _fileBytesLeft) = (false, 0);
        return sent;
    }

    public override void Advance(int bytes)
    {
        if (_placeholderReturned)
            (_placeholderReturned, _fileBytesLeft) = (false, bytes);
        else
            Inner.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        _placeholderReturned = _offerPlaceholder && sizeHint <= Placeholder.Length;
        return _placeholderReturned ? Placeholder : Inner.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => Inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => Inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => Inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => Inner.CompleteAsync(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_fileBytesLeft > 0)
            return SendAsync(cancellationToken);
        var flush = Inner.FlushAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? new(Result(flush.Result)) : WaitAsync(flush);

        async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush) => Result(await flush);
    }

    // A layer above may return its own memory: for chunked framing, or because the client has disconnected.
    private bool ReachesThisWriter(PipeWriter pipe, int count)
    {
        if (_fileBytesLeft > 0 || count > Placeholder.Length)
            return false;
        _offerPlaceholder = true;
        var memory = pipe.GetMemory(count);
        _offerPlaceholder = false;
        return _placeholderReturned = MemoryMarshal.TryGetArray<byte>(memory, out var shown) && shown.Array == Placeholder
            && shown.Offset == 0;
    }

    private async ValueTask<FlushResult> SendAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await SendAllAsync(cancellationToken);
        }
        catch
        {
            // Kestrel logs this exception and counts the bytes as sent. Send nothing after the gap.
            stream.Break();
            throw;
        }
    }

    private async ValueTask<FlushResult> SendAllAsync(CancellationToken cancellationToken)
    {
        // Flush what was written before the file.
        var result = Result(Inner.UnflushedBytes > 0 ? await Inner.FlushAsync(cancellationToken) : default);
        while (_fileBytesLeft > 0 && !result.IsCanceled && !result.IsCompleted)
        {
            var sent = Send();
            if (sent == 0)
            {
                sent = await FillAsync(cancellationToken);
                if (sent == 0)
                {
                    _fileBytesLeft = 0;
                    break;
                }

                result = Result(await Inner.FlushAsync(cancellationToken));
            }

            _offset += sent;
            _fileBytesLeft -= sent;
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
            return _sender!.SendTo(handle.DangerousGetHandle(), _offset, _fileBytesLeft);
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
            var read = await _file!.ReadAsync(
                Inner.GetMemory(CopyBlock)[..Math.Min(CopyBlock, _fileBytesLeft)], _offset, cancellationToken);
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

    private FlushResult Result(FlushResult result) => new(result.IsCanceled, result.IsCompleted || stream.IsBroken);
}
