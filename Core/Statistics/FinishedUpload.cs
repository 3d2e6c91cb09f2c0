using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Statistics;

/// <summary>An upload that ended, as the history shows it.</summary>
/// <param name="Owner">The subject whose upload it was.</param>
/// <param name="Attempts">Requests that brought bytes or broke.</param>
/// <param name="Cuts">How many of them broke.</param>
/// <param name="Takeovers">How many of these broke because a newer request took over.</param>
/// <param name="Saved">Bytes of a completed upload that broken requests brought and that did not have to be sent again.</param>
/// <param name="Causes">The broken requests by cause.</param>
/// <param name="Network">The class of the client's network; null if the advisor did not see it.</param>
/// <param name="UserAgent">The program that created it, as it calls itself.</param>
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

/// <summary>A page of the history, the newest first. A value that is null or empty filters nothing.</summary>
/// <param name="Tenant">Null means all tenants, for operators.</param>
/// <param name="Owner">Only what this subject, or a link that it made, uploaded.</param>
public sealed record HistoryQuery(string? Tenant, string? Owner)
{
    public IReadOnlyList<UploadState> States { get; init; } = [];
    public string? Name { get; init; }
    public UploadProtocol? Protocol { get; init; }
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }

    /// <summary>The last row of the page before.</summary>
    public PageKey? After { get; init; }
    public int Limit { get; init; } = 50;
}
