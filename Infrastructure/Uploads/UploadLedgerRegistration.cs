using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChunkUpload.Infrastructure.Uploads;

internal static class UploadLedgerRegistration
{
    /// <summary>The ledger, the life of this process in it, and its clock. Needs AddDatabase.</summary>
    public static IServiceCollection AddUploadLedger(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ServiceLife>();
        return services
            .AddSingleton<LedgerCalls>()
            .AddSingleton<RecordQueue>()
            .AddSingleton<IUploadLedger, PostgresUploadLedger>()
            .AddSingleton<IFsckLedger, FsckLedger>()
            .AddSingleton<IFsckGround, FsckGround>()
            .AddSingleton<IStartStep, LifeStart>()
            .AddHostedService<ServiceClockTicker>();
    }
}
