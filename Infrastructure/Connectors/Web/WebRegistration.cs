using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Connectors.Web;

internal static class WebRegistration
{
    public static IServiceCollection AddWebConnector(this IServiceCollection services) => services
        .AddSingleton<WebKeeper>()
        .AddSingleton<IConnector, WebConnector>();
}
