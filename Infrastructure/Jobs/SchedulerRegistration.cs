using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Jobs;

internal static class SchedulerRegistration
{
    /// <summary>After the database, whose start the tables' follows. The jobs themselves come from Core.</summary>
    public static IServiceCollection AddScheduler(this IServiceCollection services) => services
        .AddSingleton<IStartStep, HangfireSchema>()
        .AddSingleton<HangfireStorage>()
        .AddSingleton<JobRuns>()
        .AddSingleton<JobScheduler>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<JobScheduler>())
        .AddSingleton<IJobControl, JobControl>();
}
