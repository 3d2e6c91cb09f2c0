using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Infrastructure.Work;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Support;

/// <summary>A ledger for a class of tests that run one after the other. Each test empties it.</summary>
public sealed class LedgerFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();
    private readonly List<RecordQueue> _queues = [];
    private LedgerDatabase? _database;

    internal LedgerDatabase Database => _database ?? throw new InvalidOperationException("The fixture was not initialised.");

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _database = await _postgres.CreateLedgerAsync();
    }

    public async Task DisposeAsync()
    {
        await CloseAsync();
        await Database.DisposeAsync();
        await PostgresFixture.DropAsync(Database.ConnectionString);
    }

    public async Task EmptyAsync()
    {
        await using var connection = await OpenAsync();
        await connection.ExecuteAsync("""
            delete from uploads; delete from usage; delete from usage_changes; delete from limits;
            delete from stored_files; delete from assemblies; delete from spread_uploads; delete from stores;
            delete from extents; delete from received_ranges; delete from prefixes;
            delete from failed_attempts; delete from events; delete from incarnations; delete from heartbeats;
            delete from work; delete from work_keys;
            update service_clock set seconds = 0
            """);
    }

    /// <summary>The ledger as a newly started process opens it.</summary>
    /// <param name="lockTimeout">If not given, long enough that a test which holds a row can observe the statements that wait for
    /// it.</param>
    internal PostgresUploadLedger Open(
        Incarnation incarnation, TimeProvider? time = null, TimeSpan? lockTimeout = null, TimeProvider? queueTime = null)
    {
        var calls = new LedgerCalls(Database, time ?? TimeProvider.System, NullLogger<LedgerCalls>.Instance);
        var queue = new RecordQueue(
            Database, calls, lockTimeout ?? TimeSpan.FromMinutes(1), queueTime ?? TimeProvider.System, NullLogger<RecordQueue>.Instance);
        lock (_queues)
            _queues.Add(queue);
        return new PostgresUploadLedger(calls, queue, incarnation, NullLogger<PostgresUploadLedger>.Instance);
    }

    /// <summary>The queue of work as a newly started process opens it.</summary>
    internal PostgresWorkLedger OpenWork(Incarnation incarnation) =>
        new(new LedgerCalls(Database, TimeProvider.System, NullLogger<LedgerCalls>.Instance), incarnation);

    /// <summary>Ends the record queues of all opened ledgers.</summary>
    public async Task CloseAsync()
    {
        foreach (var queue in _queues)
            await queue.DisposeAsync();
        _queues.Clear();
    }

    public async Task<NpgsqlConnection> OpenAsync() => await Database.OpenConnectionAsync(CancellationToken.None);

    public async Task<T?> AskAsync<T>(string text, object? parameters = null)
    {
        await using var connection = await OpenAsync();
        return await connection.ExecuteScalarAsync<T>(text, parameters);
    }

    /// <summary>Advances the service clock.</summary>
    public Task AgeAsync(TimeSpan by) =>
        AskAsync<int>("update service_clock set seconds = seconds + @Seconds returning 0", new { Seconds = by.TotalSeconds });

    /// <summary>Holds the upload's lock until disposed.</summary>
    public async Task<IAsyncDisposable> HoldAsync(UploadId id)
    {
        var connection = await OpenAsync();
        await connection.ExecuteAsync("begin; select from uploads where id = @Id for update", new { Id = id.Value });
        return new Held(connection);
    }

    /// <summary>Completes when this number of statements wait for locks.</summary>
    public async Task WaitingAsync(int statements)
    {
        await using var connection = await OpenAsync();
        await Eventually.HoldsAsync(async () => await connection.ExecuteScalarAsync<int>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") >= statements);
    }

    private sealed class Held(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await connection.ExecuteAsync("commit");
            await connection.DisposeAsync();
        }
    }
}
