using ChunkUpload.Client.Uploads;
using ChunkUpload.Wire;

namespace ChunkUpload.Agent.Serving;

/// <summary>Some ranges of a source, one after the other: what its receiver lacks.</summary>
/// <param name="ranges">Sorted, without overlaps.</param>
internal sealed class RangesOfSource(IUploadSource source, IReadOnlyList<RangeView> ranges) : IUploadSource
{
    public long? Size { get; } = ranges.Sum(range => range.Length);

    public bool IsRepeatable => source.IsRepeatable;

    public bool HasChanged => source.HasChanged;

    public bool MayShrink => source.MayShrink;

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken stop)
    {
        var filled = 0;
        foreach (var range in ranges)
        {
            if (offset >= range.Length)
            {
                offset -= range.Length;
                continue;
            }

            var length = (int)Math.Min(range.Length - offset, buffer.Length - filled);
            var read = await source.ReadAsync(range.Offset + offset, buffer.Slice(filled, length), stop);
            filled += read;
            offset = 0;
            if (read < length || filled == buffer.Length)
                break;
        }

        return filled;
    }

    public void Dispose() => source.Dispose();
}
