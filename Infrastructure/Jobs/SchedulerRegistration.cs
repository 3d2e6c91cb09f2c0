using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Jobs;

internal static class SchedulerRegistration
{
    /// <summary>
    /// Registers the scheduler. Call it after AddDatabase, because the step that creates the scheduler's tables follows the database's
    /// start. Core registers the jobs themselves.
    /// </summary>
    public static IServiceCollection AddScheduler(this IServiceCollection services) => services
        .AddSingleton<IStartStep, HangfireSchema>()
        .AddSingleton<HangfireStorage>()
        .AddSingleton<JobRuns>()
        .AddSingleton<RunNames>()
        .AddSingleton<JobScheduler>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<JobScheduler>())
        .AddSingleton<IJobControl, JobControl>();
}
