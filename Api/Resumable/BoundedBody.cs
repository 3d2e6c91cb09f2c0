using System.Buffers;
using System.IO.Pipelines;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Limits a body of unannounced length. The first byte beyond the limit ends the body like a broken connection, so that the bytes before it
/// are kept (R29).
/// </summary>
internal sealed class BoundedBody(PipeReader inner, long most) : PipeReader
{
    private ReadOnlySequence<byte> _last;
    private long _left = most;

    /// <summary>Whether the body exceeded the limit.</summary>
    public bool Exceeded { get; private set; }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Bound(await inner.ReadAsync(cancellationToken));

    public override bool TryRead(out ReadResult result)
    {
        var read = inner.TryRead(out result);
        if (read)
            result = Bound(result);
        return read;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _left -= _last.Slice(0, consumed).Length;
        _last = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private ReadResult Bound(ReadResult result)
    {
        if (_left == 0 && !result.Buffer.IsEmpty)
        {
            Exceeded = true;
            inner.AdvanceTo(result.Buffer.Start);
            throw new IOException("The body is longer than one request may be.");
        }

        if (result.Buffer.Length > _left)
            result = new ReadResult(result.Buffer.Slice(0, _left), result.IsCanceled, isCompleted: false);
        _last = result.Buffer;
        return result;
    }
}
