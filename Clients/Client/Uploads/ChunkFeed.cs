using System.Buffers;
using ChunkUpload.Client.Progress;
using ChunkUpload.Wire;

namespace ChunkUpload.Client.Uploads;

/// <summary>Reads the next chunk: of a file, the next missing one in ascending order; of a stream, the next bytes.</summary>
internal sealed class ChunkFeed
{
    private readonly IUploadSource _source;
    private readonly WholeDigest _whole;
    private readonly ProgressBoard _board;
    private readonly RangeSet _gaps;
    private readonly Queue<RangeView> _begun;
    private long _next;
    private bool _ended;

    /// <param name="gaps">The missing ranges; not used for a stream.</param>
    /// <param name="begun">The chunks that an earlier run has started; they keep their bounds.</param>
    public ChunkFeed(IUploadSource source, WholeDigest whole, ProgressBoard board, RangeSet gaps, IEnumerable<RangeView> begun)
    {
        (_source, _whole, _board) = (source, whole, board);
        _gaps = new RangeSet(gaps.Items);
        var ranges = new List<RangeView>();
        foreach (var range in begun.OrderBy(range => range.Offset))
        {
            if (range.Length > board.Advice.Limit || _gaps.Within(range.Offset, range.Length) != range.Length)
                continue;
            _gaps.Remove(range.Offset, range.Length);
            ranges.Add(range);
        }

        _begun = new Queue<RangeView>(ranges);
    }

    /// <param name="busy">The number of running requests, without waiting ones.</param>
    public async Task<Chunk?> NextAsync(int busy, CancellationToken stop)
    {
        if (_source.IsRepeatable)
        {
            var isBegun = _begun.TryPeek(out var range) && (_gaps.Items.Count == 0 || range.Offset < _gaps.Items[0].Offset);
            if (isBegun)
            {
                _ = _begun.Dequeue();
            }
            else if (_gaps.Items.Count > 0)
            {
                var gap = _gaps.Items[0];
                range = new RangeView(gap.Offset, _board.Advice.NextLength(gap.Length, busy, _board.Speed));
                _gaps.Remove(range.Offset, range.Length);
            }
            else
            {
                return null;
            }

            return await ReadAsync(range!.Offset, (int)range.Length, isBegun, whole: true, stop);
        }

        if (_ended)
            return null;
        var chunk = await ReadAsync(
            _next, _board.Advice.NextLength(long.MaxValue / 2, busy, _board.Speed), again: false, whole: false, stop);
        _next += chunk?.Bytes.Length ?? 0;
        _ended = chunk is null;
        return chunk;
    }

    /// <summary>The bytes of a stream so far.</summary>
    public long Read => _next;

    private async Task<Chunk?> ReadAsync(long offset, int length, bool again, bool whole, CancellationToken stop)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            var read = await _source.ReadAsync(offset, buffer.AsMemory(0, length), stop);
            if (whole && read < length)
                throw new TransferException(TransferFailure.SourceChanged, "The source became shorter while it was sent.");
            if (read == 0)
                return null;
            var chunk = new Chunk(offset, buffer, read, again);
            buffer = null;
            try
            {
                await _whole.TakeAsync(chunk, stop);
                return chunk;
            }
            catch (OperationCanceledException)
            {
                chunk.Dispose();
                throw;
            }
        }
        catch (OperationCanceledException) when (!_source.IsRepeatable)
        {
            // A read that cannot be cancelled may still fill the buffer.
            buffer = null;
            throw;
        }
        finally
        {
            if (buffer is not null)
                ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
