using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Limits;

/// <summary>Sums up the changes of what is used, every few seconds.</summary>
internal sealed class UsageAggregator(ILimitLedger ledger, TimeProvider time, ILogger<UsageAggregator> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ledger.FoldAsync(stoppingToken);
            }
            catch (Exception reason) when (!stoppingToken.IsCancellationRequested)
            {
                // The sums are right without it, and the next pass does it: an exception here would stop the service.
                UsageAggregatorLog.Failed(log, reason.Message);
            }
        }
    }
}

internal static partial class UsageAggregatorLog
{
    [LoggerMessage(7501, LogLevel.Warning, "The changes of what is used could not be summed up: {Reason}")]
    public static partial void Failed(ILogger log, string reason);
}
