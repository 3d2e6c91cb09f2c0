using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Tree;

/// <summary>Registers the trees. Infrastructure registers their ledger.</summary>
public static class FilesRegistration
{
    public static IServiceCollection AddFiles(this IServiceCollection services)
    {
        services.AddSingleton<FileTree>();
        services.AddSingleton<FindPlace>(provider =>
        {
            var trees = provider.GetRequiredService<ITreeLedger>();
            return async (caller, upload, stop) => await trees.FilesOfAsync(caller, upload, 1, stop) is [{ Path: var path }] ? path : null;
        });
        services.AddSingleton<ITopicRights, SpaceTopicRights>();
        services.AddSingleton<SpaceMover>();
        services.AddSingleton<FolderContents>();
        services.AddSingleton<ChangeFeed>();
        services.AddSingleton<Trash>();
        services.AddSingleton<TrashPurger>();
        services.AddSingleton<FileVersions>();
        services.AddSingleton<IStartStep, VersionStart>();
        services.AddSingleton<IStartStep>(provider => provider.GetRequiredService<TrashPurger>());
        return services;
    }
}
