using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Statistics;

/// <summary>
/// Counts the events that are not counted yet. The figures of a page and the next position are stored in one transaction, so a killed or
/// repeated run counts nothing twice. Nothing is added to the transactions that record uploads.
/// </summary>
public sealed class StatisticsCollector(IStatisticsLedger ledger, TimeProvider time) : IDisposable
{
    /// <summary>Uploads below this size say little about speed.</summary>
    public const long LeastForSpeed = 1L << 20;

    private const int Page = 1000;
    private const int LongestName = 100;

    // A request counts a limited number of pages; its figures may be slightly old. The job counts a long backlog.
    private const int MostPagesInBetween = 5;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _one = new(1, 1);
    private long? _freshAt;

    /// <summary>Counts until nothing is left.</summary>
    /// <returns>The number of uploads that ended.</returns>
    public Task<long> RunAsync(Action<long> report, CancellationToken cancellationToken) =>
        RunAsync(report, int.MaxValue, cancellationToken);

    /// <summary>Counts the events since the last count, so that a response is up to date.</summary>
    public async Task FreshenAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_freshAt is { } then && time.GetElapsedTime(then) < Fresh)
                return;
            _ = await RunAsync(_ => { }, MostPagesInBetween, cancellationToken);
            _freshAt = time.GetTimestamp();
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<long> RunAsync(Action<long> report, int pages, CancellationToken cancellationToken)
    {
        long ended = 0;
        while (pages-- > 0 && await ledger.ReadAsync(Page, cancellationToken) is { } page)
        {
            var stories = StoriesOf(page);
            // If false, another process has counted this page; continue with the next one.
            if (await ledger.CountAsync(page, stories, [.. FiguresOf(page, stories)], cancellationToken))
                report(ended += stories.Count);
        }

        return ended;
    }

    /// <summary>Returns the uploads that ended. Parts are left out because they are not files.</summary>
    private static List<FinishedUpload> StoriesOf(EndingsPage page) =>
    [
        .. page.Endings.Where(one => one.Kind != "created" && !one.IsPart)
            .DistinctBy(one => one.Upload.Id)
            .Select(one => one.Upload with
            {
                // The kept bytes of an upload that ended unfinished saved nothing.
                Saved = one.Upload.State == UploadState.Completed ? one.Upload.Saved : 0,
                Network = one.Rate is null ? null : NetworkClass.Of(one.Rate, null, one.Mtbf, one.Upload.Causes.Values.Sum()).Word,
            }),
    ];

    private static IEnumerable<Figure> FiguresOf(EndingsPage page, IReadOnlyList<FinishedUpload> stories)
    {
        var begun = page.Endings.Where(one => one.Kind == "created" && !one.IsPart)
            .Select(one => new Figure(one.Upload.Tenant, one.Upload.EndedAt, "sum", "begun", 1));
        return begun.Concat(stories.SelectMany(FiguresOf))
            .GroupBy(one => (one.Tenant, At: Minute(one.At!.Value), one.Kind, one.Name))
            .Select(same => new Figure(same.Key.Tenant, same.Key.At, same.Key.Kind, same.Key.Name, same.Sum(one => one.Value)));
    }

    private static IEnumerable<Figure> FiguresOf(FinishedUpload one)
    {
        Figure Of(string kind, string name, long value) => new(one.Tenant, one.EndedAt, kind, name, value);

        yield return Of("sum", LedgerWord(one.State), 1);
        yield return Of("sum", "bytes", one.Received);
        yield return Of("sum", "cuts", one.Cuts);
        yield return Of("sum", "saved", one.Saved);
        foreach (var (cause, count) in one.Causes)
            yield return Of("cut", cause, count);
        if (one.Network is { } network)
            yield return Of("network", network, 1);
        if (one.State is UploadState.Failed or UploadState.Expired)
        {
            // One figure for all refusals of the checker, whatever the reason.
            var reason = CheckRefusal.IsIn(one.Reason) ? CheckRefusal.Word : one.Reason ?? LedgerWord(one.State);
            yield return Of("failure", reason.Length > LongestName ? reason[..LongestName] : reason, 1);
        }

        // A file that was recorded in one step has no duration.
        if (one.State != UploadState.Completed || one.Duration <= TimeSpan.Zero)
            yield break;
        yield return Of("duration", Bucket(one.Duration.TotalMilliseconds), 1);
        if (one.Received >= LeastForSpeed)
            yield return Of("speed", Bucket(one.Speed!.Value), 1);
    }

    private static string Bucket(double value) =>
        Histogram.BucketOf(value).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string LedgerWord(UploadState state) => state.ToString().ToLowerInvariant();

    private static DateTimeOffset Minute(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
}
