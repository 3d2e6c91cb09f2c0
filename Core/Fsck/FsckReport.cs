namespace ChunkUpload.Core.Fsck;

/// <param name="Clean">There are no findings.</param>
/// <param name="Deep">Every stored byte was read.</param>
/// <param name="ServiceRuns">Another process serves this data directory, so the files that it has just created are not orphans.</param>
/// <param name="Findings">The first <see cref="FsckFindings.MostListed"/>.</param>
/// <param name="Total">How many findings there are.</param>
/// <param name="Unsettled">Files without a row whose incarnation may still record them, or which the next start handles.</param>
/// <param name="Elsewhere">Uploads whose bytes lie in another store and were not checked.</param>
/// <param name="Mended">Uploads that were released from quarantine.</param>
public sealed record FsckReport(
    bool Clean, bool Deep, bool ServiceRuns, IReadOnlyList<Finding> Findings, long Total,
    long Uploads, long Extents, long Prefixes, long Files, long Unsettled, long Elsewhere, long Mended, long BytesRead, double Seconds)
{
    /// <summary>Entries of the trees, also in the trash.</summary>
    public long Entries { get; init; }

    /// <summary>Contents of files, present and earlier ones.</summary>
    public long Versions { get; init; }

    /// <summary>Spaces whose counters were wrong and were set right.</summary>
    public long Recounted { get; init; }

    /// <summary>Tenants and subjects whose usage was counted wrong and was set right.</summary>
    public long UsageRecounted { get; init; }

    /// <summary>Why files in the bucket that all nodes share were not checked; <c>null</c>: they were, or there is none.</summary>
    public string? SharedFault { get; init; }

    /// <summary>Links whose counters were wrong and were set right.</summary>
    public long LinksRecounted { get; init; }
}
