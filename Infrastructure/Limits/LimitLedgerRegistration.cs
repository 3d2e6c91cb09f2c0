using ChunkUpload.Core.Limits;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Limits;

internal static class LimitLedgerRegistration
{
    public static IServiceCollection AddLimitLedger(this IServiceCollection services) => services
        .AddSingleton<ILimitLedger, PostgresLimitLedger>()
        .AddSingleton<IDayLedger, PostgresDayLedger>()
        .AddHostedService<UsageAggregator>();
}
