using ChunkUpload.Core.Statistics;

namespace ChunkUpload.Api.Statistics;

/// <summary>The current activity, and the figures of a range of time.</summary>
internal sealed record StatisticsView
{
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>minute, 10minutes, hour or day.</summary>
    public required string Step { get; init; }

    /// <summary>The tenant; null for all tenants.</summary>
    public string? Tenant { get; init; }

    public required NowView Now { get; init; }

    /// <summary>The figures of the whole range.</summary>
    public required FiguresView Total { get; init; }

    /// <summary>The figures by step, in order. Steps without events are left out.</summary>
    public required IReadOnlyList<PointView> Points { get; init; }

    /// <summary>Why requests were interrupted, the most frequent first.</summary>
    public required IReadOnlyList<CountView> Cuts { get; init; }

    /// <summary>Why uploads failed or expired, the most frequent first.</summary>
    public required IReadOnlyList<CountView> Failures { get; init; }

    /// <summary>Ended uploads by the class of their network.</summary>
    public required IReadOnlyList<CountView> Networks { get; init; }

    /// <summary>Received bytes by protocol.</summary>
    public required IReadOnlyList<CountView> Protocols { get; init; }

    /// <summary>The maximum relative error of a percentile.</summary>
    public required double PercentileError { get; init; }
}

/// <summary>The current activity of this process.</summary>
/// <param name="Active">Uploads that received bytes within the last minute and are not complete.</param>
/// <param name="BytesPerSecond">The rate of the last ten seconds, as for each protocol.</param>
internal sealed record NowView(int Active, long BytesPerSecond, IReadOnlyList<CountView> Protocols);

/// <param name="Value">The number, or the number of bytes.</param>
internal sealed record CountView(string Name, long Value)
{
    public static IReadOnlyList<CountView> Of(IReadOnlyDictionary<string, long> counts) =>
        [.. counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => new CountView(pair.Key, pair.Value))];
}

/// <summary>A step of the range.</summary>
internal sealed record PointView(DateTimeOffset Start, FiguresView Figures);

/// <summary>The median and the 95th percentile; null without uploads.</summary>
internal sealed record PercentilesView(long? P50, long? P95);

/// <summary>The figures of a range of time.</summary>
internal sealed record FiguresView
{
    /// <summary>Bytes that became durable.</summary>
    public required long Bytes { get; init; }

    public required long Begun { get; init; }

    public required long Completed { get; init; }

    public required long Failed { get; init; }

    public required long Cancelled { get; init; }

    public required long Expired { get; init; }

    /// <summary>The share of completed uploads among those not cancelled, 0 to 1; null if none ended.</summary>
    public double? SuccessRate { get; init; }

    /// <summary>The duration of completed uploads from their creation. A file that was recorded in one step has none.</summary>
    public required PercentilesView DurationMs { get; init; }

    /// <summary>The bytes per second of completed uploads of 1 MiB and more.</summary>
    public required PercentilesView Speed { get; init; }

    /// <summary>Interrupted requests of the uploads that ended.</summary>
    public required long Retries { get; init; }

    public double? RetriesPerGiB { get; init; }

    /// <summary>Bytes that were kept from interrupted requests and did not have to be sent again.</summary>
    public required long SavedBytes { get; init; }

    public static FiguresView Of(StatisticsSummary summary) => new()
    {
        Bytes = summary.Received,
        Begun = summary.Begun,
        Completed = summary.Completed,
        Failed = summary.Failed,
        Cancelled = summary.Cancelled,
        Expired = summary.Expired,
        SuccessRate = summary.SuccessRate is { } rate ? Math.Round(rate, 4) : null,
        DurationMs = new PercentilesView((long?)summary.Duration(0.5), (long?)summary.Duration(0.95)),
        Speed = new PercentilesView((long?)summary.Speed(0.5), (long?)summary.Speed(0.95)),
        Retries = summary.Retries,
        RetriesPerGiB = summary.RetriesPerGiB is { } retries ? Math.Round(retries, 2) : null,
        SavedBytes = summary.Saved,
    };
}

/// <summary>An upload that ended, with its history.</summary>
internal sealed record HistoryView
{
    public required string Id { get; init; }

    public required string Tenant { get; init; }

    /// <summary>The subject that the upload belonged to.</summary>
    public required string Owner { get; init; }

    public required string Name { get; init; }

    /// <summary>session, put, tus or ietf.</summary>
    public required string Protocol { get; init; }

    /// <summary>completed, failed, cancelled or expired.</summary>
    public required string State { get; init; }

    public string? Reason { get; init; }

    public long? Size { get; init; }

    public required long Received { get; init; }

    public required DateTimeOffset BeganAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public required long DurationMs { get; init; }

    /// <summary>Bytes per second from the beginning to the end. Null for a file that was recorded in one step.</summary>
    public long? Speed { get; init; }

    /// <summary>The number of requests that sent bytes or were interrupted: exact for sessions, a minimum for other protocols.</summary>
    public required long Attempts { get; init; }

    /// <summary>The number of interrupted requests.</summary>
    public required long Cuts { get; init; }

    /// <summary>The interrupted requests by cause.</summary>
    public required IReadOnlyDictionary<string, long> Causes { get; init; }

    /// <summary>The number of requests that were interrupted because a newer one took over.</summary>
    public required long Takeovers { get; init; }

    /// <summary>Bytes that were kept from interrupted requests and did not have to be sent again.</summary>
    public required long SavedBytes { get; init; }

    /// <summary>The class of the client's network, if known.</summary>
    public string? Network { get; init; }

    /// <summary>The last advice.</summary>
    public LastAdvice? Advice { get; init; }

    /// <summary>The program that created the upload, from its User-Agent.</summary>
    public string? UserAgent { get; init; }

    public static HistoryView Of(FinishedUpload upload) => new()
    {
        Id = upload.Id.ToString(),
        Tenant = upload.Tenant,
        Owner = upload.Owner,
        Name = upload.Name,
        Protocol = StateNames.Of(upload.Protocol),
        State = StateNames.Of(upload.State),
        Reason = upload.Reason,
        Size = upload.Size,
        Received = upload.Received,
        BeganAt = upload.BeganAt,
        EndedAt = upload.EndedAt,
        DurationMs = (long)upload.Duration.TotalMilliseconds,
        Speed = (long?)upload.Speed,
        Attempts = upload.Attempts,
        Cuts = upload.Cuts,
        Causes = upload.Causes,
        Takeovers = upload.Takeovers,
        SavedBytes = upload.Saved,
        Network = upload.Network,
        Advice = upload.Advice,
        UserAgent = upload.UserAgent,
    };
}
