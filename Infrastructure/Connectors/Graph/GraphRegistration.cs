using ChunkUpload.Core.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Connectors.Graph;

internal static class GraphRegistration
{
    public static IServiceCollection AddGraphConnector(this IServiceCollection services) => services
        .AddSingleton<MicrosoftTokens>()
        .AddSingleton<ISignInProvider, MicrosoftSignIn>()
        .AddSingleton<GraphPace>()
        .AddSingleton<IConnector, GraphConnector>();
}
