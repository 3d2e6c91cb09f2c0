namespace ChunkUpload.Api.Wire;

internal static class RangeViews
{
    extension(RangeView)
    {
        public static IReadOnlyList<RangeView> Of(IReadOnlyList<ByteRange> ranges) =>
            [.. ranges.Select(range => new RangeView(range.Offset, range.Length))];
    }
}
