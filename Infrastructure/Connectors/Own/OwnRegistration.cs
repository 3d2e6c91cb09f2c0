using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Connectors.Own;

internal static class OwnRegistration
{
    public static IServiceCollection AddOwnConnector(this IServiceCollection services) => services
        .AddSingleton<IConnector, OwnConnector>();
}
