using ChunkUpload.Core.Tree;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Tree;

internal static class TreeLedgerRegistration
{
    /// <summary>Registers the ledger of the trees. Requires AddUploadLedger.</summary>
    public static IServiceCollection AddTreeLedger(this IServiceCollection services)
    {
        services.AddSingleton<PostgresTreeLedger>();
        foreach (var role in typeof(PostgresTreeLedger).GetInterfaces())
            services.AddSingleton(role, provider => provider.GetRequiredService<PostgresTreeLedger>());
        services.AddSingleton<IVersionLedger, PostgresVersionLedger>();
        return services;
    }
}
