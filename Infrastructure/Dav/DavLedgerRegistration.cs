using ChunkUpload.Core.Dav;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Dav;

internal static class DavLedgerRegistration
{
    /// <summary>Registers the ledgers of WebDAV. Requires AddTreeLedger.</summary>
    public static IServiceCollection AddDavLedger(this IServiceCollection services) => services
        .AddSingleton<IDavLedger, PostgresDavLedger>()
        .AddSingleton<IDavLocks, PostgresDavLocks>()
        .AddSingleton<IDavProperties, PostgresDavProperties>();
}
