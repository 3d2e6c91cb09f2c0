using System.Diagnostics.Metrics;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChunkUpload.Infrastructure.Ledger;

internal static class LedgerRegistration
{
    /// <summary>Registers what all ledgers share: statements that are repeated, and the queue of records. Requires AddDatabase.</summary>
    public static IServiceCollection AddLedger(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton<LedgerCalls>()
            .AddSingleton<IStartStep, StandbyWatch>()
            .AddSingleton(MeasuredQueue)
            .AddSingleton<ILedgerLoad>(provider => provider.GetRequiredService<RecordQueue>());
    }

    private static RecordQueue MeasuredQueue(IServiceProvider services)
    {
        var queue = ActivatorUtilities.CreateInstance<RecordQueue>(services, RecordQueue.LockTimeout, TimeProvider.System);
        services.GetRequiredService<IMeterFactory>().Create("ChunkUpload")
            .CreateObservableGauge("chunkupload.records.waiting", () => queue.Waiting, description: "Records that wait for a transaction.");
        return queue;
    }
}
