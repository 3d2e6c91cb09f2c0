using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Nodes;

public static class NodeRegistration
{
    public static IServiceCollection AddNodes(this IServiceCollection services)
    {
        services.AddSingleton<NodeSignature>();
        services.AddSingleton<NodeLinks>();
        services.AddSingleton(provider => provider.GetRequiredService<ClusterOptions>() is { IsAlone: false, Node: { } node }
            ? new StoreName(node)
            : new StoreName());
        services.AddSingleton(provider => new NodeDrain
        {
            HasWork = provider.GetRequiredService<ClusterOptions>().Roles != NodeRoles.Clients,
        });
        services.AddSingleton<IStartStep, NodeWatch>();
        return services;
    }
}
