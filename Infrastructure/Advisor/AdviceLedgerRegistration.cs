using ChunkUpload.Core.Advisor;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Advisor;

internal static class AdviceLedgerRegistration
{
    /// <summary>The advisor's memory. Needs AddUploadLedger.</summary>
    public static IServiceCollection AddAdviceLedger(this IServiceCollection services) => services.AddSingleton<IAdviceLedger,
        PostgresAdviceLedger>();
}
