using ChunkUpload.Core.Advisor;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Advisor;

internal static class AdviceLedgerRegistration
{
    /// <summary>Registers the advisor's memory. Requires AddUploadLedger.</summary>
    public static IServiceCollection AddAdviceLedger(this IServiceCollection services) => services.AddSingleton<IAdviceLedger,
        PostgresAdviceLedger>();
}
