using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Contracts;

public sealed class PostgresLedgerTests(PostgresFixture postgres) : UploadLedgerContract, IClassFixture<PostgresFixture>
{
    private readonly List<IAsyncDisposable> _opened = [];
    private LedgerDatabase _database = null!;

    protected override async Task PrepareAsync() => _database = await postgres.CreateLedgerAsync();

    protected override async Task CleanAsync()
    {
        foreach (var opened in _opened)
            await opened.DisposeAsync();
        await _database.DisposeAsync();
    }

    protected override IUploadLedger Open(ServiceLife life)
    {
        var calls = new LedgerCalls(_database, TimeProvider.System, NullLogger<LedgerCalls>.Instance);
        var queue = new RecordQueue(calls, NullLogger<RecordQueue>.Instance);
        _opened.Add(queue);
        return new PostgresUploadLedger(calls, queue, life, NullLogger<PostgresUploadLedger>.Instance);
    }

    protected override async Task<IAsyncDisposable> HoldAsync(UploadId id)
    {
        var connection = await _database.OpenConnectionAsync(None);
        await connection.ExecuteAsync("begin; select from uploads where id = @Id for update", new { Id = id.Value });
        return new Held(connection);
    }

    protected override async Task WaitingAsync(int operations)
    {
        await using var connection = await _database.OpenConnectionAsync(None);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await connection.ExecuteScalarAsync<int>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") < operations)
        {
            await Task.Delay(5, deadline.Token);
        }
    }

    protected override async Task<IReadOnlyList<string>> EventsAsync(UploadId id)
    {
        await using var connection = await _database.OpenConnectionAsync(None);
        return (await connection.QueryAsync<string>("select kind from events where upload_id = @Id order by id", new { Id = id.Value })).AsList();
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
