using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>A tree that grows faster than the statistics about it: they still say that its tables are small.</summary>
public sealed class YoungTreeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Batch = 50;

    [Fact]
    public async Task Heights_above_new_entries_are_raised_without_reading_their_folder()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using (var connection = new NpgsqlConnection(database))
        {
            await connection.OpenAsync();
            // As publish_in_space calls it, with a plan of the time when the tables were empty.
            _ = await connection.ExecuteAsync("""
                set search_path = chunkupload, chunkupload_functions;
                set plan_cache_mode = force_generic_plan;
                set enable_hashjoin = off;
                set enable_mergejoin = off;
                select raise_heights('{}');
                insert into spaces (id, tenant, kind, name) values ('00000000-0000-0000-0000-000000000001', 'young', 'shared', 'Files');
                insert into entries (id, space, name, kind, modified_ns, owner)
                select id, id, '', 'folder', 0, 'system' from spaces where tenant = 'young';
                insert into entries (id, space, parent, name, kind, modified_ns, owner)
                select gen_random_uuid(), s.id, s.id, 'file ' || i, 'file', 0, 'me' from spaces s, generate_series(1, 5000) i
                where s.tenant = 'young'
                """);
            var entries = await connection.QueryAsync<Guid>($"select id from entries where kind = 'file' limit {Batch}");
            await using var transaction = await connection.BeginTransactionAsync();
            _ = await connection.ExecuteAsync("select raise_heights(@entries)", new { entries = entries.ToArray() });
            var read = await connection.QuerySingleAsync<long>(
                "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'entries'");
            Assert.InRange(read, Batch, 4 * Batch);
            Assert.Equal(1, await connection.QuerySingleAsync<int>("select height from entries where parent is null and name = ''"));
        }

        await PostgresFixture.DropAsync(database);
    }
}
