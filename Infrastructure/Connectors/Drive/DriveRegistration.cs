using ChunkUpload.Core.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Connectors.Drive;

internal static class DriveRegistration
{
    public static IServiceCollection AddDriveConnector(this IServiceCollection services) => services
        .AddSingleton<GoogleTokens>()
        .AddSingleton<DrivePace>()
        .AddSingleton<ISignInProvider, GoogleSignIn>()
        .AddSingleton<IConnector, DriveConnector>();
}
