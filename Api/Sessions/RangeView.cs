using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Bytes from an offset on.</summary>
internal sealed record RangeView(long Offset, long Length)
{
    public static IReadOnlyList<RangeView> Of(IReadOnlyList<ByteRange> ranges) => [.. ranges.Select(range => new RangeView(range.Offset, range.Length))];
}
