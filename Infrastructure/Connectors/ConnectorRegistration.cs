using ChunkUpload.Infrastructure.Connectors.Drive;
using ChunkUpload.Infrastructure.Connectors.Folders;
using ChunkUpload.Infrastructure.Connectors.Graph;
using ChunkUpload.Infrastructure.Connectors.Own;
using ChunkUpload.Infrastructure.Connectors.S3;
using ChunkUpload.Infrastructure.Connectors.Web;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Connectors;

internal static class ConnectorRegistration
{
    /// <summary>Registers the connectors. Add a line for a new one. Requires the ledgers of uploads, trees and connections.</summary>
    public static IServiceCollection AddConnectors(this IServiceCollection services) => services
        .AddSingleton<ConnectorHttp>()
        .AddDriveConnector()
        .AddGraphConnector()
        .AddFolderConnector()
        .AddWebConnector()
        .AddS3Connector()
        .AddOwnConnector();
}
