using ChunkUpload.Core.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Connections;

internal static class ConnectionLedgerRegistration
{
    public static IServiceCollection AddConnectionLedger(this IServiceCollection services) => services
        .AddSingleton<PostgresConnectionLedger>()
        .AddSingleton<IConnectionSignInLedger, PostgresConnectionSignInLedger>()
        .AddSingleton<IDeviceSignInLedger, PostgresDeviceSignInLedger>()
        .AddSingleton<AccessTokens>();
}
