using ChunkUpload.Core.Access;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>The requests of one tenant use at most half of the pool at once, and each of their statements has a time limit.</summary>
public sealed class TenantShareTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int PoolSize = 4;

    [Fact]
    public async Task Requests_of_one_tenant_leave_connections_for_the_others_and_are_refused_after_a_wait()
    {
        await using var database = await OpenAsync(
            new DatabaseOptions { MaxPoolSize = PoolSize, RequestTimeout = TimeSpan.FromSeconds(30) });
        var time = new ManualTime();
        var calls = new LedgerCalls(database, time, NullLogger<LedgerCalls>.Instance);
        var (gate, running) = (new TaskCompletionSource(), 0);
        var held = Enumerable.Range(0, PoolSize / 2).Select(_ => AsAsync("greedy", () => calls.OnceAsync(
            async (connection, token) =>
            {
                Interlocked.Increment(ref running);
                await gate.Task.WaitAsync(token);
                return 1;
            },
            default))).ToList();
        await Eventually.HoldsAsync(() => Task.FromResult(Volatile.Read(ref running) == PoolSize / 2));

        var next = AsAsync("greedy", () => OneAsync(calls));
        Assert.Equal(1, await AsAsync("modest", () => OneAsync(calls)));
        Assert.Equal(1, await OneAsync(calls));
        Assert.False(next.IsCompleted);
        await time.WaitForTimerAsync(TenantShares.Patience);
        time.Advance(TenantShares.Patience);
        var refused = await Assert.ThrowsAsync<LedgerBusyException>(() => next);
        Assert.True(refused.After > TimeSpan.Zero);

        gate.SetResult();
        await Task.WhenAll(held);
        Assert.Equal(1, await AsAsync("greedy", () => OneAsync(calls)));
    }

    [Fact]
    public async Task Statement_of_a_request_is_cancelled_after_its_time_and_one_of_background_work_is_not()
    {
        await using var database = await OpenAsync(
            new DatabaseOptions { MaxPoolSize = PoolSize, RequestTimeout = TimeSpan.FromMilliseconds(200) });
        var calls = new LedgerCalls(database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);

        var refused = await Assert.ThrowsAsync<LedgerBusyException>(() => AsAsync("greedy", () => SleepAsync(calls, 20)));
        Assert.Contains("0.2 s", refused.Message, StringComparison.Ordinal);
        // The server no longer works on the statement, so that its locks are free.
        await Eventually.HoldsAsync(async () => await calls.RunAsync(
            (connection, token) => connection.ExecuteScalarAsync<long>(new CommandDefinition(
                "select count(*) from pg_stat_activity where query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()",
                cancellationToken: token)),
            default) == 0);

        Assert.Equal(1, await SleepAsync(calls, 0.6));
        // Work that a request has started and that outlives it has no limit either.
        Task<int> outlives;
        using (RunningRequest.Begin("greedy"))
        {
            var ended = new TaskCompletionSource();
            outlives = Task.Run(async () =>
            {
                await ended.Task;
                return await SleepAsync(calls, 0.6);
            });
            RunningRequest.Current!.Dispose();
            ended.SetResult();
        }

        Assert.Equal(1, await outlives);
    }

    private static async Task<T> AsAsync<T>(string tenant, Func<Task<T>> call)
    {
        using (RunningRequest.Begin(tenant))
            return await call();
    }

    private static Task<int> OneAsync(LedgerCalls calls) => calls.OnceAsync(
        (connection, token) => connection.ExecuteScalarAsync<int>(new CommandDefinition("select 1", cancellationToken: token)), default);

    private static Task<int> SleepAsync(LedgerCalls calls, double seconds) => calls.RunAsync(
        async (connection, token) =>
        {
            _ = await connection.ExecuteAsync(
                new CommandDefinition("select pg_sleep(@Seconds)", new { Seconds = seconds }, cancellationToken: token));
            return 1;
        },
        default);

    private async Task<LedgerDatabase> OpenAsync(DatabaseOptions options)
    {
        var database = new LedgerDatabase(options, NullLogger<LedgerDatabase>.Instance);
        await database.OpenAsync(await postgres.CreateDatabaseAsync(), CancellationToken.None);
        return database;
    }
}
