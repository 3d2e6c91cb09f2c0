using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Connectors.S3;

internal static class S3Registration
{
    public static IServiceCollection AddS3Connector(this IServiceCollection services) => services
        .AddSingleton<S3Clients>()
        .AddSingleton<IConnector, S3Connector>();
}
