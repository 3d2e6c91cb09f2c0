using System.Buffers;
using System.IO.Pipelines;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// Writes to a socket as the server above expects it of a pipe: a connection that has gone is told by the result, and never thrown. What it
/// writes with is made when something is written: thousands of clients that have not sent their body have none.
/// </summary>
internal sealed class SocketWriter(SocketStream stream, MemoryPool<byte> pool) : PipeWriter
{
    private PipeWriter? _inner;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _inner?.UnflushedBytes ?? 0;

    // Who cancels a flush does so beside everything else.
    private PipeWriter Inner => Volatile.Read(ref _inner)
        ?? Interlocked.CompareExchange(ref _inner, Create(stream, new StreamPipeWriterOptions(pool, leaveOpen: true)), null) ?? _inner;

    public override void Advance(int bytes) => Inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => Inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => Inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => Inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => Inner.CompleteAsync(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flush = Inner.FlushAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? new(Result(flush.Result)) : WaitAsync(flush);

        async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush) => Result(await flush);
    }

    private FlushResult Result(FlushResult result) => new(result.IsCanceled, result.IsCompleted || stream.Gone);
}
