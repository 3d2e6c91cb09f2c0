using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.S3;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Infrastructure.Storage.Disk;

internal static class DiskStorageRegistration
{
    /// <summary>Requires that the <see cref="DataDirectory"/>, a TimeProvider, metrics and logging are registered.</summary>
    public static IServiceCollection AddDiskStorage(this IServiceCollection services)
    {
        services.AddSingleton<IOpenFileReserve>(DescriptorReserve.Real);
        services.AddSingleton<DiskMetrics>();
        services.AddSingleton(provider => new DiskStore(
            provider.GetRequiredService<DataDirectory>().Path,
            Syscalls.Real,
            provider.GetRequiredService<IOptions<StorageOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<DiskMetrics>(),
            provider.GetRequiredService<ILogger<DiskStore>>()));
        services.AddSingleton<IDeviceMemory, DeviceMemory>();
        services.AddSingleton<DiskChunkStore>();
        services.AddSingleton<IChunkStore>(provider => provider.GetRequiredService<DiskChunkStore>());
        services.AddSingleton<OtherStores>();
        services.AddSingleton(provider =>
            provider.GetRequiredService<BucketOptions>().Reception(provider.GetRequiredService<OtherStores>()));
        services.AddSingleton<Stores>();
        services.AddSingleton<IScratchFiles>(provider => new ScratchFiles(
            provider.GetRequiredService<DataDirectory>().Path, provider.GetRequiredService<IChunkStore>()));
        services.AddSingleton<StoreProbeLoop>();
        services.AddSingleton<IRunningHashes, OpenSslHashes>();
        services.AddSingleton<IStartStep, DiskStoreStart>();
        return services;
    }
}
