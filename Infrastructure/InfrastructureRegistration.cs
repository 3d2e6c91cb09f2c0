using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Access;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Jobs;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Uploads;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure;

/// <summary>The one public door of this layer: PostgreSQL, the disk, the scheduler, behind Core's seams.</summary>
public static class InfrastructureRegistration
{
    public static IServiceCollection AddInfrastructure(this IServiceCollection services)
    {
        services.AddDatabase();
        services.AddDiskStorage();
        services.AddUploadLedger();
        services.AddAccess();
        services.AddScheduler();
        _ = services.AddSingleton<IStartStep, LibraryFiles>();
        return services;
    }
}
