namespace ChunkUpload.Infrastructure.Outbound.S3;

/// <summary>The sizes of the parts of an object. All parts but the last have the same size, because some stores take no others.</summary>
internal static class S3PartSize
{
    public const long Smallest = 5 << 20;
    public const int MostParts = 10_000;

    /// <summary>So many parts of it are 5 TiB; a part is held in memory.</summary>
    public const long Largest = 525 << 20;

    /// <summary>The size that keeps the number of parts within what stores take.</summary>
    public static long For(long size, long usual)
    {
        var needed = (size + MostParts - 1) / MostParts;
        // Whole mebibytes.
        needed = (needed + (1 << 20) - 1) >> 20 << 20;
        return Math.Max(Math.Max(usual, Smallest), needed);
    }
}
