using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>
/// A body whose first bytes came with its headers, and so into a small block and to any address. Where those behind them are in the socket already, the first
/// are copied in front of them, and all go to the device in one run. Nobody waits for that: a body that comes more slowly is read as it comes.
/// </summary>
internal sealed class GatheredBody(PipeReader inner, BodyArrival arrival) : PipeReader
{
    private Memory<byte> _gathered;
    private SequencePosition _end;
    private Task<ReadResult>? _next;
    private bool _begun;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_next is { } next)
        {
            _next = null;
            return new(next);
        }

        var reading = inner.ReadAsync(cancellationToken);
        if (_begun || !reading.IsCompletedSuccessfully)
        {
            _begun = true;
            return reading;
        }

        _begun = true;
        var first = reading.Result;
        if (!first.IsCanceled && !first.IsCompleted)
            _gathered = arrival.Gather(first.Buffer);
        return _gathered.IsEmpty ? new(first) : GatherAsync(first.Buffer, cancellationToken);
    }

    public override bool TryRead(out ReadResult result) => throw new NotSupportedException("A body that is gathered is read and waited for.");

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <summary>What was gathered is taken whole, and was taken from the reader below before.</summary>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_gathered.IsEmpty)
        {
            inner.AdvanceTo(consumed, examined);
            return;
        }

        _gathered = default;
        arrival.EndGathering();
        if (_next is null)
            inner.AdvanceTo(_end);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> GatherAsync(ReadOnlySequence<byte> first, CancellationToken cancellationToken)
    {
        var length = (int)first.Length;
        ReadResult more;
        try
        {
            inner.AdvanceTo(first.End);
            more = await inner.ReadAsync(cancellationToken);
        }
        catch (Exception failure)
        {
            // The first ones came, and count (E14): what has gone wrong is told behind them.
            return Alone(Task.FromException<ReadResult>(failure));
        }

        if (!more.Buffer.IsEmpty && !LiesBehind(more.Buffer))
            return Alone(Task.FromResult(more));
        _end = more.Buffer.End;
        return new(new(_gathered[..(length + (int)more.Buffer.Length)]), more.IsCanceled, more.IsCompleted);

        bool LiesBehind(in ReadOnlySequence<byte> bytes) =>
            bytes.IsSingleSegment && bytes.Length <= _gathered.Length - length
            && Unsafe.AreSame(ref MemoryMarshal.GetReference(bytes.FirstSpan), ref MemoryMarshal.GetReference(_gathered.Span[length..]));

        ReadResult Alone(Task<ReadResult> next)
        {
            _next = next;
            return new(new(_gathered[..length]), isCanceled: false, isCompleted: false);
        }
    }
}
