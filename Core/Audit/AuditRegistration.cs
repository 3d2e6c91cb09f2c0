using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Audit;

/// <summary>Registers the audit. Infrastructure registers its ledger.</summary>
public static class AuditRegistration
{
    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton<AuditChain>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<AuditChain>())
        .AddSingleton<Downloads>();
}
