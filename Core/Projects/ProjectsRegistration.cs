using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Work;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Projects;

/// <summary>Registers projects. Infrastructure registers their ledgers.</summary>
public static class ProjectsRegistration
{
    public static IServiceCollection AddProjects(this IServiceCollection services) => services
        .AddSingleton<DevicePresence>()
        .AddSingleton<FileReceivers>()
        .AddSingleton<StraightBook>()
        .AddSingleton<StraightProgress>()
        .AddSingleton<RelayMaker>()
        .AddSingleton<RelayReader>()
        .AddSingleton<RelayWatch>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<RelayWatch>())
        .AddSingleton<IWorkKind, FileRequestWork>()
        .AddSingleton<ITopicRights, FileTransferTopicRights>()
        .AddSingleton<ITopicRights, DeviceTopicRights>()
        .AddSingleton<ITopicRights, ProjectTopicRights>();
}
