using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Uploads;

internal static class UploadLedgerRegistration
{
    /// <summary>Registers the ledger of uploads, this process's incarnation, and the service clock. Requires AddLedger.</summary>
    public static IServiceCollection AddUploadLedger(this IServiceCollection services)
    {
        services.AddSingleton<Incarnation>();
        // One object implements every role; a consumer takes the one that it needs.
        foreach (var role in typeof(PostgresUploadLedger).GetInterfaces())
            services.AddSingleton(role, provider => provider.GetRequiredService<PostgresUploadLedger>());
        return services
            .AddSingleton<PostgresUploadLedger>()
            .AddSingleton<IStartStep, IncarnationStart>()
            .AddSingleton<IStartStep, ServiceClockTicker>();
    }
}
