using System.Text.Json;
using ChunkUpload.Infrastructure.Tree;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>
/// Frequent queries use no sequential scan even in a small ledger, where PostgreSQL estimates a scan as cheap: the plan stays while the
/// ledger grows.
/// </summary>
public sealed class SmallLedgerPlanTests : IAsyncLifetime
{
    private readonly LedgerFixture _ledger = new();

    public Task InitializeAsync() => _ledger.InitializeAsync();

    public Task DisposeAsync() => _ledger.DisposeAsync();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(5, 0)]
    [InlineData(3, 3_000)]
    public async Task Several_records_find_their_rows_by_index(int open, int completed)
    {
        await using var connection = await FilledAsync(open, completed);
        foreach (var call in new[] { RecordCalls.CreateThenComplete, RecordCalls.CreateComplete })
        {
            var plan = await LedgerPlan.InsideAsync(connection, call, RecordCalls.Of(5));
            Assert.Empty(plan.Walked);
            Assert.Empty(plan.WalkedIndexes);
            Assert.Contains("uploads", plan.Changed);
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 3_000)]
    public async Task A_chunk_finds_its_neighbours_by_index(int open, int completed)
    {
        await using var connection = await FilledAsync(open, completed);
        var upload = await connection.ExecuteScalarAsync<Guid>(
            "update uploads set protocol = 'session', size = 1000 where state = 'open' returning id");

        const string call = """
            select record_prefix(1, @Id, 500, 500, null, 10, sha256(''), '', gen_random_uuid(), 1::smallint, 1, 1, null, null);
            select record_chunk(1, @Id, 500, 500, sha256('y'), gen_random_uuid(), 1::smallint, 1, now(), null)
            """;
        var plan = await LedgerPlan.InsideAsync(connection, call, new { Id = upload });

        Assert.Empty(plan.Walked);
        Assert.Empty(plan.WalkedIndexes);
        Assert.Contains("extents", plan.Changed);
    }

    [Fact]
    public async Task Each_of_many_paths_finds_its_entry_by_index()
    {
        await using var connection = await FilledAsync(0, 0);
        var folder = await connection.ExecuteScalarAsync<Guid>("select add_space('default', 'shared', null, 'Files')");
        // As if many entries were added since the last analysis, which found few.
        await connection.ExecuteAsync("""
            analyze entries;
            insert into entries (id, space, parent, name, kind, modified_ns, owner)
            select gen_random_uuid(), @Folder, @Folder, i::text, 'folder', 0, 'me' from generate_series(1, 3000) i
            """, new { Folder = folder });

        var plan = await LedgerPlan.InsideAsync(connection, TreeQueries.FindMany, new
        {
            Folder = folder,
            Folders = JsonSerializer.Serialize(Enumerable.Range(0, 100).Select(place => place == 0 ? Array.Empty<string>() : [$"{place}"])),
            Places = Enumerable.Range(1, 100).ToArray(),
            Names = Enumerable.Range(1, 100).Select(name => $"{name}").ToArray(),
        });

        Assert.Empty(plan.WalkedIndexes);
        Assert.Contains(plan.Indexes, index => index is "entries_by_name" or "entries_by_folded");
    }

    private async Task<NpgsqlConnection> FilledAsync(int open, int completed)
    {
        var connection = await _ledger.OpenAsync();
        await connection.ExecuteAsync(
            "insert into incarnations (node, store, host, boot_id, durability) "
            + "values (gen_random_uuid(), gen_random_uuid(), 'host', 'boot', 'committed')");
        if (open > 0)
            await connection.ExecuteAsync(RecordCalls.Create, RecordCalls.Of(open));
        for (var left = completed; left > 0; left -= 250)
            await connection.ExecuteAsync(RecordCalls.CreateThenComplete, RecordCalls.Of(Math.Min(left, 250)));
        await connection.ExecuteAsync("vacuum analyze");
        return connection;
    }
}
