using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Moving;
using ChunkUpload.Core.Nodes;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Storage.S3;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Database;

internal static class DatabaseRegistration
{
    /// <summary>Registers the data directory and the ledger's database, with their start steps. The host provides the options.</summary>
    public static IServiceCollection AddDatabase(this IServiceCollection services) => services
        .AddSingleton<DataDirectory>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<DataDirectory>())
        .AddSingleton<IServiceAddress>(provider => provider.GetRequiredService<DataDirectory>())
        .AddSingleton<LedgerDatabase>()
        .AddSingleton(provider => UseOf(provider.GetRequiredService<ClusterOptions>()))
        .AddSingleton<SoleUseCheck>()
        .AddSingleton<StoreBinding>()
        .AddSingleton<IStoreBinding>(provider => provider.GetRequiredService<StoreBinding>())
        .AddSingleton<DatabaseStart>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<DatabaseStart>())
        .AddSingleton(provider => new Tier(provider.GetRequiredService<BucketOptions>().MoveAfter))
        .AddSingleton<BucketBinding>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<BucketBinding>());

    private static LedgerUse UseOf(ClusterOptions cluster) => new(cluster.IsAlone, cluster.Standby == StandbyUse.Required);
}
