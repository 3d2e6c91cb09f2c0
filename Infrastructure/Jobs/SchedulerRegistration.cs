using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Jobs;

internal static class SchedulerRegistration
{
    /// <summary>After the database, whose start the tables' follows. The jobs themselves come from Core.</summary>
    public static IServiceCollection AddScheduler(this IServiceCollection services) => services
        .AddSingleton<IStartStep, SchedulerTables>()
        .AddSingleton<SchedulerStart>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<SchedulerStart>())
        .AddSingleton<IJobControl, JobControl>();
}
