using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Core.Fsck;

/// <summary>Registers the checks of the ledger against the store.</summary>
public static class FsckRegistration
{
    public static IServiceCollection AddFsck(this IServiceCollection services) => services
        .AddSingleton<DeviceCheck>()
        .AddSingleton<QuarantineReview>()
        .AddSingleton<FsckRun>()
        .AddSingleton<QuarantineStart>()
        .AddSingleton<IStartStep>(provider => provider.GetRequiredService<QuarantineStart>())
        .AddSingleton<IMaintenanceJob, ScrubFiles>();
}
