using System.IO.Pipelines;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>Writes to a socket as the server above expects it of a pipe: a connection that has gone is told by the result, and never thrown.</summary>
internal sealed class SocketWriter(SocketStream stream, PipeWriter inner) : PipeWriter
{
    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var flush = inner.FlushAsync(cancellationToken);
        return flush.IsCompletedSuccessfully ? new(Result(flush.Result)) : WaitAsync(flush);

        async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush) => Result(await flush);
    }

    private FlushResult Result(FlushResult result) => new(result.IsCanceled, result.IsCompleted || stream.Gone);
}
