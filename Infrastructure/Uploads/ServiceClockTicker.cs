using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Records once a second that this incarnation is alive, and adds the seconds of service, measured by the monotonic clock, to the service
/// clock in the ledger, which takes no more of them than have passed by the database's clock. The ledger uses the service clock to decide
/// which uploads are stale, so the ticker also reports uploads that are being written to though no byte is recorded yet (E29).
/// </summary>
internal sealed class ServiceClockTicker(
    IIncarnationLedger ledger, WriterClaims claims, Incarnation incarnation, IHostApplicationLifetime service, TimeProvider time,
    ILogger<ServiceClockTicker> log) : PeriodicStep(Interval, time, log)
{
    /// <summary>How often the clock is advanced. An upload's expiry, as clients see it, is exact to one interval.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The number of intervals between two reports of active writers: half of the shortest idle allowance.</summary>
    private const int IntervalsBetweenReports = 5;

    // The most uploads in one statement.
    private const int Batch = 1000;

    private readonly List<UploadId> _writing = [];
    private long _last = time.GetTimestamp();
    private long _ticks;

    // Starts right after the incarnation, so that a long start does not look silent to another service.
    public override int Order => StartOrder.Recovery + 1;

    public override string Name => "service clock";

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        // Seconds before the service listens, or while the database is unavailable, do not count: no client can send a byte then.
        var now = Time.GetTimestamp();
        var elapsed = service.ApplicationStarted.IsCancellationRequested ? Time.GetElapsedTime(_last, now) : TimeSpan.Zero;
        _last = now;
        if (_ticks++ % IntervalsBetweenReports == 0)
            await KeepWritingAsync(cancellationToken);
        if (await ledger.BeatAsync(elapsed, cancellationToken) || incarnation.IsFenced)
            return;
        incarnation.Fence();
        log.IncarnationFenced(incarnation.Id);
    }

    private async Task KeepWritingAsync(CancellationToken cancellationToken)
    {
        _writing.Clear();
        claims.AddWriting(_writing);
        for (var from = 0; from < _writing.Count; from += Batch)
            await ledger.KeepWritingAsync(_writing.GetRange(from, Math.Min(Batch, _writing.Count - from)), cancellationToken);
    }
}
