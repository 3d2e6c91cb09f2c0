using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Fsck;

internal static class FsckRegistration
{
    public static IServiceCollection AddFsck(this IServiceCollection services) => services
        .AddSingleton<IFsckLedger>(provider => new FsckLedger(
            provider.GetRequiredService<LedgerCalls>(),
            // fsck does not open the directory, which would lock it.
            () => StoreMarker.Find(provider.GetRequiredService<DataDirectory>().Path)!.Id,
            () => provider.GetRequiredService<OtherStores>().Shared?.Id))
        .AddSingleton<IFsckTarget, FsckTarget>();
}
