namespace ChunkUpload.Core.Transfers;

/// <summary>Figures of the transfers that are open or have ended within a window.</summary>
/// <param name="States">By the words that clients see: <c>waiting</c> is one of them.</param>
/// <param name="Verified">Files by the digest on which both ends agree; <c>none</c>; <c>changed</c> by the storage.</param>
/// <param name="Waits">Seconds by reason, of waits of more than ten seconds.</param>
public sealed record TransferStatistics(
    DateTimeOffset From, IReadOnlyList<CountedWord> States, IReadOnlyList<TransferDay> Days, IReadOnlyList<TransferRoute> Routes,
    IReadOnlyList<TransferFailure> Failures, IReadOnlyList<CountedWord> Verified, IReadOnlyList<CountedWord> Waits);

public sealed record CountedWord(string Word, double Count);

/// <summary>Transfers that ended on a day (UTC), by their results, with the files and bytes that they have moved.</summary>
public sealed record TransferDay(
    DateOnly Day, long Done, long PartlyDone, long Failed, long Cancelled, long Files, long Bytes, TransferPaces Paces);

/// <summary>What went from one storage to another. Null means the service's own files.</summary>
public sealed record TransferRoute(
    Guid? Source, Guid? Destination, long Transfers, long Files, long Bytes, long Skipped, long Failed, TransferPaces Paces);

/// <summary>The same on one day.</summary>
public sealed record TransferRouteDay(Guid? Source, Guid? Destination, TransferDay Day);

/// <summary>How transfers that have ended went.</summary>
/// <param name="Retries">How often files were tried again.</param>
/// <param name="Seconds">From the beginning to the end of a transfer, the median.</param>
/// <param name="BytesPerSecond">Over the time in which they did not wait.</param>
public readonly record struct TransferPaces(long Retries, double? Seconds, double? BytesPerSecond);

/// <param name="Reason">As the owner sees it; null for others.</param>
public sealed record TransferFailure(string Fault, string? Reason, long Files);
