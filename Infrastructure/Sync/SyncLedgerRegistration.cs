using ChunkUpload.Core.Sync;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Sync;

internal static class SyncLedgerRegistration
{
    /// <summary>Registers the ledger of pairs.</summary>
    public static IServiceCollection AddSyncLedger(this IServiceCollection services) => services
        .AddSingleton<PostgresSyncLedger>()
        .AddSingleton<ISyncLedger>(provider => provider.GetRequiredService<PostgresSyncLedger>())
        .AddSingleton<ISyncConflictLedger>(provider => provider.GetRequiredService<PostgresSyncLedger>())
        .AddSingleton<ISyncWorkLedger>(provider => provider.GetRequiredService<PostgresSyncLedger>());
}
