using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Statistics;

/// <summary>Registers statistics and history. Infrastructure registers their ledger.</summary>
public static class StatisticsRegistration
{
    public static IServiceCollection AddStatistics(this IServiceCollection services) => services
        .AddSingleton<StatisticsCollector>()
        .AddSingleton<ReceivedBytesMeter>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<ReceivedBytesMeter>())
        .AddSingleton<IMaintenanceJob, RollUpStatistics>();
}
