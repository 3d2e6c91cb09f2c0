using ChunkUpload.Core.Transfers;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Transfers;

internal static class TransferLedgerRegistration
{
    /// <summary>Registers the ledgers of transfers and of schedules.</summary>
    public static IServiceCollection AddTransferLedger(this IServiceCollection services) => services
        .AddSingleton<PostgresTransferLedger>()
        .AddSingleton<ITransferLedger>(provider => provider.GetRequiredService<PostgresTransferLedger>())
        .AddSingleton<ITransferWorkLedger>(provider => provider.GetRequiredService<PostgresTransferLedger>())
        .AddSingleton<PostgresScheduleLedger>()
        .AddSingleton<IScheduleLedger>(provider => provider.GetRequiredService<PostgresScheduleLedger>())
        .AddSingleton<IArrivalLedger>(provider => provider.GetRequiredService<PostgresScheduleLedger>())
        .AddSingleton<IScheduleTimes, CronTimes>();
}
