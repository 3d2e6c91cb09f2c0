using ChunkUpload.Core.Events;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Projects;

/// <summary>Registers projects. Infrastructure registers their ledgers.</summary>
public static class ProjectsRegistration
{
    public static IServiceCollection AddProjects(this IServiceCollection services) => services
        .AddSingleton<DevicePresence>()
        .AddSingleton<ITopicRights, ProjectTopicRights>();
}
