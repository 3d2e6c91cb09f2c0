namespace ChunkUpload.Core.Model;

/// <summary>Bytes [Offset, Offset + Length).</summary>
public readonly record struct ByteRange(long Offset, long Length)
{
    public long End => Offset + Length;

    public static ByteRange Between(long start, long end) => new(start, end - start);
}
