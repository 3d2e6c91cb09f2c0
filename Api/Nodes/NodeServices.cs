using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Nodes;

internal static class NodeServices
{
    public static IServiceCollection AddNodeEndpoint(this IServiceCollection services) => services
        .AddSingleton<NodeSettings>()
        .AddSingleton<IStartStep, NodeCheck>()
        .AddSingleton<IStartStep, NodeJoin>()
        .AddSingleton<NodeAnswers>()
        .AddSingleton<FolderRequests>()
        .AddSingleton<NodeMeter>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<NodeMeter>())
        .AddSingleton<IStartStep, NodeServer>();
}
