using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Uploads;

/// <summary>
/// Counts the seconds of service with the monotonic clock and adds them up in the ledger, which measures by them who is stale; so it also
/// says who is not, though nothing of what comes in is recorded yet (E29).
/// </summary>
internal sealed class ServiceClockTicker(
    IIncarnationLedger ledger, WriterClaims claims, TimeProvider time, ILogger<ServiceClockTicker> log) : BackgroundService
{
    /// <summary>
    /// What clients are told of the end of an upload is as exact as this. The function <c>beat</c> lets another incarnation take over after
    /// half a minute without one.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>So many intervals pass until whoever writes is said to be alive: half of the shortest allowance.</summary>
    private const int Keeping = 5;

    // In one statement; and no array of thousands, which would be old at once.
    private const int Batch = 1000;

    private readonly List<UploadId> _writing = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var last = time.GetTimestamp();
        for (var count = 0; await timer.WaitForNextTickAsync(stoppingToken); count++)
        {
            // What is lost while the database is away is not made up for: nobody could send a byte then either.
            var now = time.GetTimestamp();
            var elapsed = time.GetElapsedTime(last, now);
            last = now;
            try
            {
                if (count % Keeping == 0)
                    await KeepWritingAsync(stoppingToken);
                await ledger.BeatAsync(elapsed, stoppingToken);
            }
            catch (LedgerUnavailableException reason)
            {
                log.BeatMissed(reason.Message);
            }
            catch (Exception reason) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it was, this round is not the last one: what ends here would end the service.
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
