using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Adds the seconds of service, measured by the monotonic clock, to the service clock in the ledger. The ledger uses this clock to decide
/// which uploads are stale, so the ticker also reports uploads that are being written to though no byte is recorded yet (E29).
/// </summary>
internal sealed class ServiceClockTicker(
    IIncarnationLedger ledger, WriterClaims claims, TimeProvider time, ILogger<ServiceClockTicker> log) : BackgroundService
{
    /// <summary>
    /// How often the clock is advanced. An upload's expiry, as clients see it, is exact to one interval. The function <c>beat</c> lets
    /// another incarnation take over after half a minute without a beat.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The number of intervals between two reports of active writers: half of the shortest idle allowance.</summary>
    private const int IntervalsBetweenReports = 5;

    // The most uploads in one statement.
    private const int Batch = 1000;

    private readonly List<UploadId> _writing = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var last = time.GetTimestamp();
        for (var count = 0; await timer.WaitForNextTickAsync(stoppingToken); count++)
        {
            // Seconds that pass while the database is away are not added later: no client could send a byte then either.
            var now = time.GetTimestamp();
            var elapsed = time.GetElapsedTime(last, now);
            last = now;
            try
            {
                if (count % IntervalsBetweenReports == 0)
                    await KeepWritingAsync(stoppingToken);
                await ledger.BeatAsync(elapsed, stoppingToken);
            }
            catch (LedgerUnavailableException reason)
            {
                log.BeatMissed(reason.Message);
            }
            catch (Exception reason) when (!stoppingToken.IsCancellationRequested)
            {
                // Continue after any failure: an exception here would stop the service.
                log.BeatFailed(reason);
            }
        }
    }

    private async Task KeepWritingAsync(CancellationToken cancellationToken)
    {
        _writing.Clear();
        claims.AddWriting(_writing);
        for (var from = 0; from < _writing.Count; from += Batch)
            await ledger.KeepWritingAsync(_writing.GetRange(from, Math.Min(Batch, _writing.Count - from)), cancellationToken);
    }
}
