using ChunkUpload.Core.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Nodes;

internal static class NodeLedgerRegistration
{
    public static IServiceCollection AddNodeLedger(this IServiceCollection services) => services
        .AddSingleton<INodeLedger, PostgresNodeLedger>()
        .AddSingleton<INodeSecrets, NodeSecrets>()
        .AddSingleton<INodeConnector, NodeConnector>();
}
