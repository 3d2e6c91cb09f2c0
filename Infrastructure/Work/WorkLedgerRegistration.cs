using ChunkUpload.Core.Work;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Work;

internal static class WorkLedgerRegistration
{
    /// <summary>Registers the work queue in the ledger. Requires AddUploadLedger.</summary>
    public static IServiceCollection AddWorkLedger(this IServiceCollection services) =>
        services.AddSingleton<IWorkLedger, PostgresWorkLedger>();
}
