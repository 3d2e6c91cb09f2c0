namespace ChunkUpload.Wire;

/// <summary>Bytes from an offset on.</summary>
public sealed record RangeView(long Offset, long Length);
