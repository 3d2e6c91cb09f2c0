using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Storage;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Database;

/// <summary>A ledger without its files and files without their ledger are detected before anything is served.</summary>
public sealed class StoreBindingTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly TempFolder _folder = new TempFolder().Passable();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_first_start_binds_ledger_and_store_and_the_next_one_finds_them_bound()
    {
        var database = await postgres.CreateDatabaseAsync(migrated: false);

        var store = await StartAsync("data", database);

        var marker = StoreMarker.Find(_folder["data"])!;
        Assert.Equal((store, await AskAsync<Guid>(database, "select id from ledger")), (marker.Id, marker.Ledger));
        Assert.Equal(store, await AskAsync<Guid>(database, "select id from stores"));
        await StoreAsync("data", database);
        Assert.Equal(store, await StartAsync("data", database));
        Assert.Equal(marker, StoreMarker.Find(_folder["data"]));
    }

    [Fact]
    public async Task Refuses_an_empty_directory_in_the_place_of_the_volume_and_takes_it_when_asked()
    {
        var database = await postgres.CreateDatabaseAsync();
        var store = await StartAsync("data", database);
        await StoreAsync("data", database);

        var sentence = await RefusedAsync("unmounted", database);

        Assert.Contains($"store {store} (", sentence, StringComparison.Ordinal);
        Assert.Contains("mount or bring back the data directory of that store, or run add-volume", sentence, StringComparison.Ordinal);
        Assert.Equal(sentence, await RefusedAsync("unmounted", database));
        await StartAsync("data", database);

        await StartAsync("unmounted", database, takeEmpty: true);
        await StartAsync("unmounted", database);
        await StartAsync("data", database);
        Assert.Equal(2, await AskAsync<int>(database, "select count(*) from stores"));
    }

    [Fact]
    public async Task Refuses_a_volume_whose_files_folder_is_not_there_and_takes_it_when_asked()
    {
        var database = await postgres.CreateDatabaseAsync();
        await StartAsync("data", database);
        await StoreAsync("data", database);
        Directory.Delete(_folder["data", "files"], recursive: true);
        Directory.CreateDirectory(_folder["data", "files"]);

        Assert.Contains("is empty or not there", await RefusedAsync("data", database), StringComparison.Ordinal);

        await StartAsync("data", database, takeEmpty: true);
        await StartAsync("data", database);
    }

    [Fact]
    public async Task Refuses_an_empty_database_beside_stored_files_and_makes_nothing_in_it()
    {
        var database = await postgres.CreateDatabaseAsync();
        await StartAsync("data", database);
        await StoreAsync("data", database);
        var empty = await postgres.CreateDatabaseAsync(migrated: false);

        var sentence = await RefusedAsync("data", empty);

        Assert.Contains("is not in this database, which is empty", sentence, StringComparison.Ordinal);
        Assert.Contains("move files and volume.json out of it", sentence, StringComparison.Ordinal);
        Assert.False(await AskAsync<bool>(empty, "select exists (select from pg_namespace where nspname = 'chunkupload')"));

        // As the error sentence advises.
        Directory.Move(_folder["data", "files"], _folder["kept"]);
        File.Delete(_folder["data", "volume.json"]);
        await StartAsync("data", empty);
    }

    [Fact]
    public async Task Refuses_to_make_a_cluster_in_the_place_of_one_that_is_gone()
    {
        await StartAsync("data", null);
        await StoreAsync("data", null);
        Directory.Move(_folder["data", "postgres"], _folder["away"]);

        Assert.Contains("the ledger that names them is gone", await RefusedAsync("data", null), StringComparison.Ordinal);

        Assert.False(Path.Exists(_folder["data", "postgres"]));
        Directory.Move(_folder["away"], _folder["data", "postgres"]);
        await StartAsync("data", null);
    }

    [Fact]
    public async Task Refuses_files_of_another_ledger_but_not_an_empty_volume_of_it()
    {
        var database = await postgres.CreateDatabaseAsync();
        await StartAsync("data", database);
        var other = await OtherLedgerAsync();
        await StartAsync("data", other);
        await StoreAsync("data", other);

        Assert.Contains("belong to the ledger", await RefusedAsync("data", database), StringComparison.Ordinal);

        await StartAsync("data", other);

        // An operator who is sure that store and ledger belong together removes the line.
        await StoreAsync("data", database);
        var lines = await File.ReadAllLinesAsync(_folder["data", "volume.json"]);
        await File.WriteAllLinesAsync(
            _folder["data", "volume.json"], lines.Where(line => !line.Contains("\"ledger\"", StringComparison.Ordinal)));
        await StartAsync("data", database);
    }

    [Fact]
    public async Task Refuses_stored_files_of_a_volume_that_the_ledger_does_not_know()
    {
        var database = await postgres.CreateDatabaseAsync();
        var store = await StartAsync("data", database);
        await StoreAsync("data", database);
        var marker = await File.ReadAllTextAsync(_folder["data", "volume.json"]);
        File.Delete(_folder["data", "volume.json"]);

        var sentence = await RefusedAsync("data", database);

        Assert.Contains($"the ledger names files of store {store}", sentence, StringComparison.Ordinal);
        Assert.Contains("bring back its volume.json", sentence, StringComparison.Ordinal);
        Assert.Contains("the ledger names none", await RefusedAsync("data", await OtherLedgerAsync()), StringComparison.Ordinal);
        Assert.Equal(sentence, await RefusedAsync("data", database, takeEmpty: true));
        await File.WriteAllTextAsync(_folder["data", "volume.json"], marker);
        await StartAsync("data", database);
    }

    [Fact]
    public async Task A_marker_without_a_ledger_gets_it_and_an_empty_folder_with_one_is_refused()
    {
        var database = await postgres.CreateDatabaseAsync();
        var store = Guid.NewGuid();
        var empty = Guid.NewGuid();
        await MarkAsync("data", store);
        await MarkAsync("unmounted", empty);
        await AskAsync<int>(database, "insert into stores (id, name) values (@Store, 'test')", new { Store = store });
        await StoreAsync("data", database);
        // An incarnation of an unmounted disk that stored nothing.
        await AskAsync<long>(database, "select begin_incarnation(@Store, @Store, 'host', 'boot', 'committed')", new { Store = empty });
        await AskAsync<int>(database, "update incarnations set ended_at = now()");
        await AskAsync<int>(database, "delete from stores where id = @Store", new { Store = empty });

        await RefusedAsync("unmounted", database);
        await StartAsync("data", database);

        Assert.Equal(await AskAsync<Guid>(database, "select id from ledger"), StoreMarker.Find(_folder["data"])!.Ledger);
    }

    [Fact]
    public async Task Refuses_a_directory_of_which_a_copy_has_received_files_and_takes_it_when_asked()
    {
        var database = await postgres.CreateDatabaseAsync();
        await StartAsync("data", database);
        await StoreAsync("data", database);
        var newest = await AskAsync<long>(database, "select max(id) from incarnations");
        StoreMarker.Find(_folder["data"])!.Note(_folder["data"], newest, "here");
        await StartAsync("data", database);
        // An incarnation that has named no file, because it was killed before it noted itself, is none of a copy.
        await AskAsync<long>(
            database, "select begin_incarnation(@Store, @Store, 'host', 'boot', 'committed')",
            new { Store = StoreMarker.Find(_folder["data"])!.Id });
        await AskAsync<int>(database, "update incarnations set ended_at = now()");
        await StartAsync("data", database);

        await StoreAsync("data", database);

        var sentence = await RefusedAsync("data", database);
        Assert.Contains("start the service in that copy, or run add-volume", sentence, StringComparison.Ordinal);
        Assert.Equal(sentence, await RefusedAsync("data", database));
        await StartAsync("data", database, takeEmpty: true);
        await StartAsync("data", database);
    }

    private async Task<Guid> StartAsync(string directory, string? database, bool takeEmpty = false)
    {
        using var data = new DataDirectory(new DataOptions { Directory = _folder[directory] }, TimeProvider.System);
        data.Open();
        await using var ledger = new LedgerDatabase(new DatabaseOptions(), NullLogger<LedgerDatabase>.Instance);
        var use = new LedgerUse();
        var bond = new StoreBinding(
            data, ledger, use, new SoleUseCheck(ledger, use, TimeProvider.System, NullLogger<SoleUseCheck>.Instance),
            NullLogger<StoreBinding>.Instance);
        if (takeEmpty)
            bond.AllowEmptyStore();
        await using var start = new DatabaseStart(
            data, new DatabaseOptions(), new ConnectionStringOptions { Ledger = database }, ledger, bond, TestEnvironment.Production,
                NullLoggerFactory.Instance);
        await start.StartAsync(CancellationToken.None);
        return data.StoreId;
    }

    private async Task<string> RefusedAsync(string directory, string? database, bool takeEmpty = false) =>
        (await Assert.ThrowsAsync<StartRefusedException>(() => StartAsync(directory, database, takeEmpty))).Message;

    /// <summary>Adds a file on the disk and its row, of an incarnation on this store.</summary>
    private async Task StoreAsync(string directory, string? database)
    {
        var file = DiskStoreRig.NewFile(StoredFileKind.Segment, 1);
        var folder = _folder[directory, "files", "segments", DiskLayout.Shard(DiskLayout.ShardNumber(file))];
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, DiskLayout.Name(file)), "x");
        if (database is null)
            return;
        var store = StoreMarker.Find(_folder[directory])!.Id;
        var incarnation =
            await AskAsync<long>(database, "select begin_incarnation(@Store, @Store, 'host', 'boot', 'committed')", new { Store = store });
        await AskAsync<int>(
            database, "insert into stored_files (id, upload_id, kind, incarnation, store) values (@Id, gen_random_uuid(), 2, "
                + "@Incarnation, @Volume)",
            new { Id = file.Unique, Incarnation = incarnation, Volume = store });
        await AskAsync<int>(database, "update incarnations set ended_at = now()");
    }

    /// <summary>All databases of the tests are copies of one template and therefore the same ledger.</summary>
    private async Task<string> OtherLedgerAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        await AskAsync<int>(database, "update ledger set id = gen_random_uuid()");
        return database;
    }

    private async Task MarkAsync(string directory, Guid store)
    {
        Directory.CreateDirectory(_folder[directory]);
        await File.WriteAllTextAsync(
            _folder[directory, "volume.json"], $$"""{"id":"{{store}}","createdAt":"2026-01-01T00:00:00Z","formatVersion":1}""");
    }

    private static async Task<T?> AskAsync<T>(string database, string query, object? parameters = null)
    {
        await using var connection = new NpgsqlConnection(WithPath(database) + ";Pooling=false");
        return await connection.ExecuteScalarAsync<T>(query, parameters);
    }

    private static string WithPath(string database) =>
        new NpgsqlConnectionStringBuilder(database) { SearchPath = LedgerDatabase.SearchPath }.ConnectionString;
}
