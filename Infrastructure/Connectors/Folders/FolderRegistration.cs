using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

internal static class FolderRegistration
{
    public static IServiceCollection AddFolderConnector(this IServiceCollection services) => services
        .AddSingleton<IConnectionLedger, GivenConnections>()
        .AddSingleton<FolderCalls>(FolderConnector.CallsOf)
        .AddSingleton<FolderWatches>()
        .AddSingleton<IFolderWatches>(provider => provider.GetRequiredService<FolderWatches>())
        .AddSingleton<IStartStep, FolderBinding>()
        .AddSingleton<IConnector, FolderConnector>();
}
