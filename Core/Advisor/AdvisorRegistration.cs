using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Advisor;

/// <summary>Registers the advisor. Infrastructure registers its ledger.</summary>
public static class AdvisorRegistration
{
    public static IServiceCollection AddAdvisor(this IServiceCollection services) => services
        .AddSingleton<NetworkBook>()
        .AddSingleton<AdviceRecorder>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<AdviceRecorder>())
        .AddSingleton<ChunkAdvisor>();
}
