using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Work;

/// <summary>Registers the queue of work. Each feature registers its kinds; Infrastructure registers the ledger.</summary>
public static class WorkRegistration
{
    public static IServiceCollection AddWork(this IServiceCollection services) => services
        .AddSingleton<WorkQueue>()
        .AddSingleton<WorkRunner>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<WorkRunner>());
}
