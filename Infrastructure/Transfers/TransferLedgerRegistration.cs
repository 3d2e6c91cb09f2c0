using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Transfers;
using ChunkUpload.Infrastructure.Connections;
using ChunkUpload.Infrastructure.Connectors;
using ChunkUpload.Infrastructure.Connectors.Drive;
using ChunkUpload.Infrastructure.Connectors.Folders;
using ChunkUpload.Infrastructure.Connectors.Graph;
using ChunkUpload.Infrastructure.Connectors.Own;
using ChunkUpload.Infrastructure.Connectors.S3;
using ChunkUpload.Infrastructure.Connectors.Web;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Transfers;

internal static class TransferLedgerRegistration
{
    /// <summary>Registers the ledger of transfers and connections, and the connectors. Requires the ledgers of uploads and trees.</summary>
    public static IServiceCollection AddTransferLedger(this IServiceCollection services) => services
        .AddSingleton<PostgresTransferLedger>()
        .AddSingleton<ITransferLedger>(provider => provider.GetRequiredService<PostgresTransferLedger>())
        .AddSingleton<ITransferWorkLedger>(provider => provider.GetRequiredService<PostgresTransferLedger>())
        .AddSingleton<PostgresScheduleLedger>()
        .AddSingleton<IScheduleLedger>(provider => provider.GetRequiredService<PostgresScheduleLedger>())
        .AddSingleton<IArrivalLedger>(provider => provider.GetRequiredService<PostgresScheduleLedger>())
        .AddSingleton<IScheduleTimes, CronTimes>()
        .AddSingleton<PostgresConnectionLedger>()
        .AddSingleton<IConnectionLedger, GivenConnections>()
        .AddSingleton<IConnectionSignInLedger, PostgresConnectionSignInLedger>()
        .AddSingleton<AccessTokens>()
        .AddSingleton<ConnectorHttp>()
        .AddSingleton<GoogleTokens>()
        .AddSingleton<DrivePace>()
        .AddSingleton<ISignInProvider, GoogleSignIn>()
        .AddSingleton<IConnector, DriveConnector>()
        .AddSingleton<MicrosoftTokens>()
        .AddSingleton<ISignInProvider, MicrosoftSignIn>()
        .AddSingleton<GraphPace>()
        .AddSingleton<IConnector, GraphConnector>()
        .AddSingleton<FolderCalls>(services => FolderConnector.CallsOf(services))
        .AddSingleton<IConnector, FolderConnector>()
        .AddSingleton<WebKeeper>()
        .AddSingleton<IConnector, WebConnector>()
        .AddSingleton<S3Clients>()
        .AddSingleton<IConnector, S3Connector>()
        .AddSingleton<IConnector, OwnConnector>();
}
