using ChunkUpload.Core.Limits;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Limits;

/// <summary>Adds the rows of <c>usage_changes</c> to <c>usage</c>, every few seconds.</summary>
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
                // Usage is correct without this pass, and the next one catches up. An exception here would stop the service.
                UsageAggregatorLog.Failed(log, reason.Message);
            }
        }
    }
}

internal static partial class UsageAggregatorLog
{
    [LoggerMessage(7501, LogLevel.Warning, "Changes of usage could not be added up: {Reason}")]
    public static partial void Failed(ILogger log, string reason);
}
