namespace ChunkUpload.Core.Statistics;

/// <summary>Reads events that are not counted yet, adds figures, and answers queries for figures and for the history.</summary>
public interface IStatisticsLedger
{
    /// <summary>Returns the next events that are not counted yet, in order; null if there are none.</summary>
    Task<EndingsPage?> ReadAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Adds the figures and the finished uploads of a page, and advances the position past it, in one transaction.</summary>
    /// <returns>False if the page was already counted.</returns>
    Task<bool> CountAsync(
        EndingsPage page, IReadOnlyList<FinishedUpload> stories, IReadOnlyList<Figure> figures, CancellationToken cancellationToken);

    /// <summary>Adds received bytes. A batch that this incarnation has added already changes nothing.</summary>
    Task CountReceivedAsync(long batch, IReadOnlyList<Figure> figures, CancellationToken cancellationToken);

    /// <summary>Returns figures summed by steps, tenants and times.</summary>
    Task<IReadOnlyList<StepFigure>> FiguresAsync(StatisticsQuery query, CancellationToken cancellationToken);

    Task<IReadOnlyList<FinishedUpload>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken);

    /// <summary>Removes rows that are older than an age.</summary>
    /// <returns>The number of removed rows.</returns>
    Task<int> TrimAsync(TimeSpan age, int limit, CancellationToken cancellationToken);
}

/// <param name="From">The position before the page, in the ledger's own format; <paramref name="To"/> is the position after it.</param>
/// <param name="Endings">The events about the beginning or the end of an upload.</param>
public sealed record EndingsPage(string From, string To, int Events, IReadOnlyList<Ending> Endings);

/// <summary>The beginning or the end of an upload.</summary>
/// <param name="Kind">created, completed, failed, cancelled or expired.</param>
/// <param name="Rate">Bytes per second of the client's link, as the advisor saw it last; null while unknown.</param>
/// <param name="Mtbf">Seconds between two breaks of the link; null while unknown.</param>
public sealed record Ending(string Kind, bool IsPart, FinishedUpload Upload, double? Rate, double? Mtbf);

/// <summary>A number to add.</summary>
/// <param name="At">Null for the current time.</param>
public sealed record Figure(string Tenant, DateTimeOffset? At, string Kind, string Name, long Value);

/// <summary>A number of a step.</summary>
public sealed record StepFigure(DateTimeOffset Start, string Kind, string Name, long Value);

public enum StatisticsStep
{
    Minute = 1,
    TenMinutes,
    Hour,
    Day,
}

/// <param name="Tenant">Null for all tenants.</param>
public sealed record StatisticsQuery(string? Tenant, DateTimeOffset From, DateTimeOffset To, StatisticsStep Step);
