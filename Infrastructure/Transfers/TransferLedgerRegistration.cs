using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Infrastructure.Connections;
using ChunkUpload.Infrastructure.Connectors;
using ChunkUpload.Infrastructure.Connectors.Drive;
using ChunkUpload.Infrastructure.Connectors.Graph;
using ChunkUpload.Infrastructure.Connectors.Own;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Transfers;

internal static class TransferLedgerRegistration
{
    /// <summary>Registers the ledger of transfers and connections, and the connectors. Requires the ledgers of uploads and trees.</summary>
    public static IServiceCollection AddTransferLedger(this IServiceCollection services) => services
        .AddSingleton<PostgresTransferLedger>()
        .AddSingleton<ITransferLedger>(provider => provider.GetRequiredService<PostgresTransferLedger>())
        .AddSingleton<ITransferWorkLedger>(provider => provider.GetRequiredService<PostgresTransferLedger>())
        .AddSingleton<IScheduleLedger, PostgresScheduleLedger>()
        .AddSingleton<IScheduleTimes, CronTimes>()
        .AddSingleton<IConnectionLedger, PostgresConnectionLedger>()
        .AddSingleton<IConnectionSignInLedger, PostgresConnectionSignInLedger>()
        .AddSingleton<AccessTokens>()
        .AddSingleton<ConnectorHttp>()
        .AddSingleton<GoogleTokens>()
        .AddSingleton<ISignInProvider, GoogleSignIn>()
        .AddSingleton<IConnector, DriveConnector>()
        .AddSingleton<MicrosoftTokens>()
        .AddSingleton<ISignInProvider, MicrosoftSignIn>()
        .AddSingleton<GraphPace>()
        .AddSingleton<IConnector, GraphConnector>()
        .AddSingleton<IConnector, OwnConnector>();
}
