using ChunkUpload.Infrastructure.Database;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Support;

/// <summary>Advances the service clock of a running service. Its own beats add no more time than has passed.</summary>
internal static class ServiceClock
{
    public static async Task AgeAsync(this IServiceProvider services, TimeSpan by)
    {
        await using var connection = await services.GetRequiredService<LedgerDatabase>().OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync("update service_clock set seconds = seconds + @Seconds", new { Seconds = by.TotalSeconds });
    }
}
