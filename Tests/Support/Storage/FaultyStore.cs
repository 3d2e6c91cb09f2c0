using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Support.Storage;

/// <summary>A whole service whose system calls the test observes and answers.</summary>
internal static class FaultyStore
{
    public static Action<IServiceCollection> With(FaultySyscalls calls) => services => services.AddSingleton(provider => new DiskStore(
        provider.GetRequiredService<DataDirectory>().Path, calls, provider.GetRequiredService<IOptions<StorageOptions>>().Value,
        provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<DiskMetrics>(),
            provider.GetRequiredService<ILogger<DiskStore>>()));
}
