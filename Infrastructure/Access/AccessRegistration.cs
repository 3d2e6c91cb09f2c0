using ChunkUpload.Core.Access;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Access;

internal static class AccessRegistration
{
    public static IServiceCollection AddAccess(this IServiceCollection services) => services
        .AddSingleton<IOperatorKeyFile, OperatorKeyFile>()
        .AddSingleton<IOwnerOnlyFiles, OwnerOnlyFiles>();
}
