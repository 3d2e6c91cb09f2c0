namespace ChunkUpload.Core.Fsck;

/// <param name="Clean">Nothing was found.</param>
/// <param name="Deep">Every stored byte was read.</param>
/// <param name="ServiceRuns">Another process serves this data directory: files that it has just made are not orphans.</param>
/// <param name="Findings">The first <see cref="FsckFindings.MostListed"/>.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Unsettled">Files without a row that belong to an incarnation which may still record them, or which the next start takes care of.</param>
/// <param name="Elsewhere">Uploads whose bytes lie in another store and were not looked at.</param>
/// <param name="Mended">Uploads that were let out of quarantine.</param>
public sealed record FsckReport(
    bool Clean, bool Deep, bool ServiceRuns, IReadOnlyList<Finding> Findings, long Total,
    long Uploads, long Extents, long Prefixes, long Files, long Unsettled, long Elsewhere, long Mended, long BytesRead, double Seconds);
