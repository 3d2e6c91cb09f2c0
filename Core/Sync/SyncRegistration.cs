using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Sync;

/// <summary>Registers the pairs of places. Infrastructure registers their ledger.</summary>
public static class SyncRegistration
{
    public static IServiceCollection AddSyncs(this IServiceCollection services) => services
        .AddSingleton<SyncEnds>()
        .AddSingleton<SyncLook>()
        .AddSingleton<SyncTimes>()
        .AddSingleton<SyncMaker>()
        .AddSingleton<SyncReversal>()
        .AddSingleton<ITopicRights, SyncTopicRights>()
        .AddSingleton<IWorkKind, SyncWork>()
        .AddSingleton<IStartStep, SyncWatch>();
}
