using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Statistics;

/// <summary>An upload that ended, as the history shows it.</summary>
/// <param name="Owner">The subject whose upload it was.</param>
/// <param name="Attempts">Requests that sent bytes or were interrupted.</param>
/// <param name="Cuts">The number of interrupted requests.</param>
/// <param name="Takeovers">The number of requests that were interrupted because a newer request took over.</param>
/// <param name="Saved">Bytes of a completed upload that were kept from interrupted requests and did not have to be sent again.</param>
/// <param name="Causes">The interrupted requests by cause.</param>
/// <param name="Network">The class of the client's network; null if the advisor did not see it.</param>
/// <param name="UserAgent">The program that created it, from its User-Agent.</param>
public sealed record FinishedUpload(
    UploadId Id, string Tenant, string Owner, UploadProtocol Protocol, UploadState State, string? Reason, string Name, long? Size,
    long Received, DateTimeOffset BeganAt, DateTimeOffset EndedAt, long Attempts, long Cuts, long Takeovers, long Saved,
    IReadOnlyDictionary<string, long> Causes, string? Network, LastAdvice? Advice,
    string? UserAgent)
{
    public TimeSpan Duration => EndedAt > BeganAt ? EndedAt - BeganAt : TimeSpan.Zero;

    /// <summary>Bytes per second from the beginning to the end. Null for a file that was recorded in one step.</summary>
    public double? Speed => Duration > TimeSpan.Zero ? Received / Duration.TotalSeconds : null;
}

/// <summary>The last advice for an upload.</summary>
public sealed record LastAdvice(long ChunkSize, int Concurrency, string LimitedBy);

/// <summary>A page of the history, the newest first. A null or empty value is no filter.</summary>
/// <param name="Tenant">Null for all tenants, for operators only.</param>
/// <param name="Owner">Only uploads of this subject or through its links.</param>
public sealed record HistoryQuery(string? Tenant, string? Owner)
{
    public IReadOnlyList<UploadState> States { get; init; } = [];
    public string? Name { get; init; }
    public UploadProtocol? Protocol { get; init; }
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }

    /// <summary>The last row of the previous page.</summary>
    public PageKey? After { get; init; }
    public int Limit { get; init; } = 50;
}
