namespace ChunkUpload.Core.Transfers;

/// <summary>Figures of the transfers that are open or have ended within a window.</summary>
/// <param name="States">The number of transfers by the states that clients see, including <c>waiting</c>.</param>
/// <param name="Verified">Files by the digest on which both ends agree; <c>none</c>; <c>changed</c> by the storage.</param>
/// <param name="Waits">Seconds by reason, of waits of more than ten seconds.</param>
public sealed record TransferStatistics(
    DateTimeOffset From, IReadOnlyList<CountedWord> States, IReadOnlyList<TransferDay> Days, IReadOnlyList<TransferRoute> Routes,
    IReadOnlyList<TransferFailure> Failures, IReadOnlyList<CountedWord> Verified, IReadOnlyList<CountedWord> Waits);

public sealed record CountedWord(string Word, double Count);

/// <summary>Transfers that ended on a day (UTC), by result, with the copied files and bytes.</summary>
public sealed record TransferDay(
    DateOnly Day, long Done, long PartlyDone, long Failed, long Cancelled, long Files, long Bytes, TransferPaces Paces);

/// <summary>Figures of the transfers from one storage to another. Null for the service's own files.</summary>
public sealed record TransferRoute(
    Guid? Source, Guid? Destination, long Transfers, long Files, long Bytes, long Skipped, long Failed, TransferPaces Paces);

/// <summary>Figures of one route on one day.</summary>
public sealed record TransferRouteDay(Guid? Source, Guid? Destination, TransferDay Day);

/// <summary>Figures of transfers that have ended.</summary>
/// <param name="Retries">The number of retries of files.</param>
/// <param name="Seconds">From the beginning to the end of a transfer, the median.</param>
/// <param name="BytesPerSecond">Over the time in which they did not wait.</param>
public readonly record struct TransferPaces(long Retries, double? Seconds, double? BytesPerSecond);

/// <param name="Reason">The reason that the owner sees; null for other users.</param>
public sealed record TransferFailure(string Fault, string? Reason, long Files);
