using ChunkUpload.Core.Events;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Jobs;

/// <summary>Registers the jobs that the scheduler runs.</summary>
public static class JobsRegistration
{
    public static IServiceCollection AddMaintenanceJobs(this IServiceCollection services) => services
        .AddSingleton<ITopicRights>(new OperatorTopicRights(TopicKinds.Job))
        .AddSingleton<IMaintenanceJob, PurgeStaleSessions>()
        .AddSingleton<SharedSweep>()
        .AddSingleton<IMaintenanceJob, SweepOrphans>()
        .AddSingleton<IMaintenanceJob, FinishPending>()
        .AddSingleton<IMaintenanceJob, TrimHistory>()
        .AddSingleton<IMaintenanceJob, RemoveTenants>()
        .AddSingleton<IMaintenanceJob, MoveBetweenSpaces>();
}
