using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Transfers;

/// <summary>Registers the transfers. Infrastructure registers their ledger and the connectors.</summary>
public static class TransferRegistration
{
    public static IServiceCollection AddTransfers(this IServiceCollection services)
    {
        return services
            .AddSingleton<ConnectorSet>()
            .AddSingleton<OtherFolders>()
            .AddSingleton<ConnectionSignIns>()
            .AddSingleton<DeviceSignIns>()
            .AddSingleton<ConnectionSecrets>()
            .AddSingleton<TransferRights>()
            .AddSingleton<ITopicRights, TransferTopicRights>()
            .AddSingleton<TransferProgress>()
            .AddSingleton<TransferMeter>()
            .AddSingleton<TransferPace>()
            .AddSingleton<TransferEnds>()
            .AddSingleton<TransferPlanner>()
            .AddSingleton<TransferRemoval>()
            .AddSingleton<TransferMaker>()
            .AddSingleton<IWorkKind, TransferDeadlineWork>()
            .AddSingleton<TransferScheduleWork>()
            .AddSingleton<IWorkKind>(provider => provider.GetRequiredService<TransferScheduleWork>())
            .AddSingleton<IWorkKind, ArrivalWork>()
            .AddSingleton<IWorkKind, TransferMailWork>()
            .AddSingleton<IWorkKind, TransferItemWork>()
            .AddSingleton<IWorkKind, TransferWork>();
    }
}
