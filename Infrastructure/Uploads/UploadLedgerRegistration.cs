using System.Diagnostics.Metrics;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Advisor;
using ChunkUpload.Infrastructure.Events;
using ChunkUpload.Infrastructure.Limits;
using ChunkUpload.Infrastructure.Statistics;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChunkUpload.Infrastructure.Uploads;

internal static class UploadLedgerRegistration
{
    /// <summary>Registers the ledger, this process's incarnation, and the service clock. Requires AddDatabase.</summary>
    public static IServiceCollection AddUploadLedger(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Incarnation>();
        // One object implements every role; a consumer takes the one that it needs.
        foreach (var role in typeof(PostgresUploadLedger).GetInterfaces())
            services.AddSingleton(role, provider => provider.GetRequiredService<PostgresUploadLedger>());
        return services
            .AddSingleton<LedgerCalls>()
            .AddSingleton(MeasuredQueue)
            .AddSingleton<ILedgerLoad>(provider => provider.GetRequiredService<RecordQueue>())
            .AddSingleton<PostgresUploadLedger>()
            .AddAdviceLedger()
            .AddSingleton<IEventLedger, PostgresEventLedger>()
            .AddSingleton<IStatisticsLedger, PostgresStatisticsLedger>()
            .AddSingleton<ILimitLedger, PostgresLimitLedger>()
            .AddSingleton<IDayLedger, PostgresDayLedger>()
            .AddHostedService<UsageAggregator>()
            .AddSingleton<IFsckLedger>(provider => new FsckLedger(
                provider.GetRequiredService<LedgerCalls>(),
                // fsck does not open the directory, which would lock it.
                () => StoreMarker.Find(provider.GetRequiredService<DataDirectory>().Path)!.Id))
            .AddSingleton<IFsckTarget, FsckTarget>()
            .AddSingleton<IStartStep, IncarnationStart>()
            .AddSingleton<IStartStep, ServiceClockTicker>();
    }

    private static RecordQueue MeasuredQueue(IServiceProvider services)
    {
        var queue = ActivatorUtilities.CreateInstance<RecordQueue>(services, RecordQueue.LockTimeout, TimeProvider.System);
        services.GetRequiredService<IMeterFactory>().Create("ChunkUpload")
            .CreateObservableGauge("chunkupload.records.waiting", () => queue.Waiting, description: "Records that wait for a transaction.");
        return queue;
    }
}
