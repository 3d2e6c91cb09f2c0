using System.Globalization;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Storage.Disk;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Checks that data directory and ledger belong together. The directory's marker names its ledger, and the ledger names its stores. An
/// unmounted disk or a lost ledger looks like a new one: a start with it would quarantine or discard every file. Such a start is refused
/// before it changes anything but an older schema.
/// </summary>
internal sealed class StoreBinding(
    DataDirectory data, LedgerDatabase ledger, LedgerUse use, SoleUseCheck sole, ILogger<StoreBinding> log) : IStoreBinding
{
    private const string Anew = "or, to start without these files, move files and " + StoreMarker.FileName + " out of it";
    private const string AddVolume = "or run add-volume when its files are lost for good, or when this is a new node";

    private const string HasSchema = "select to_regclass('chunkupload.migrations') is not null";
    private const string HasMigrations = "select exists (select from chunkupload.migrations)";

    private const string Facts = """
        select (select id from ledger) as ledger, exists (select from stores where id = @Store) as known
        """;

    // Used only for a store that the ledger does not know: finds one file in another data directory.
    private const string Elsewhere = """
        select f.store, s.name, s.seen_at as seenat
        from stored_files f left join stores s on s.id = f.store
        where f.tombstone_at is null and f.store <> @Store and s.kind is distinct from 'bucket' limit 1
        """;

    private const string NamesFilesHere =
        "select exists (select from stored_files f where f.tombstone_at is null and f.store = @Store)";

    // A copy of the data directory has run since this one did. In order, a start notes its incarnation here before it names a file.
    private const string NamesNewerFiles = """
        select exists (
            select from incarnations i where i.store = @Store and i.id > @Incarnation and exists (
                select from stored_files f where f.incarnation = i.id and f.store = i.store and f.tombstone_at is null))
        """;

    private const string Newest = "select coalesce(max(id), 0) from incarnations where store = @Store";

    private const string Remember = """
        insert into stores (id, name) values (@Store, @Name) on conflict (id) do update set name = excluded.name, seen_at = now()
        """;

    // Beside a service that has begun since the check it fences nothing. A start is then refused while that one runs.
    private const string Fence = """
        update incarnations set fenced_at = now()
        where node <> @Node and fenced_at is null and not exists (select from running_elsewhere(@Node, @Ended))
        """;

    private const string Others = "select string_agg(name, ', ' order by seen_at desc) from stores where id <> @Store and kind = 'disk'";

    private bool _mayBeEmpty;

    private sealed record FactsRow(Guid Ledger, bool Known);

    private sealed record ElsewhereRow(Guid Store, string? Name, DateTime? SeenAt);

    public void AllowEmptyStore() => _mayBeEmpty = true;

    /// <summary>The sentence that says why no new private cluster may be created; null if nothing would be lost by it.</summary>
    public static string? WhyNoNewCluster(string directory) => DiskContents.Any(directory)
        ? $"The data directory {directory} holds stored files, and the ledger that names them is gone (there is no cluster at "
            + $"{Path.Combine(directory, "postgres")}): bring it back from a backup, {Anew}."
        : null;

    /// <summary>Runs before the first migration.</summary>
    /// <exception cref="StartRefusedException">The database is empty, and the data directory is not.</exception>
    public static async Task RequireNoNewLedgerAsync(string directory, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var isMade = await AskAsync<bool>(connection, HasSchema, null, cancellationToken)
            && await AskAsync<bool>(connection, HasMigrations, null, cancellationToken);
        if (!isMade && DiskContents.Any(directory))
            throw new StartRefusedException($"The data directory {directory} holds stored files, and the ledger that names them is not "
                + $"in this database, which is empty: bring it back from a backup, name the right database with "
                    + $"ConnectionStrings:Ledger, {Anew}.");
    }

    /// <summary>Checks ledger and store against each other, and changes nothing.</summary>
    /// <returns>The ledger's id.</returns>
    /// <exception cref="StartRefusedException">The two do not belong together, or the store is missing.</exception>
    public static async Task<Guid> CheckAsync(
        string directory, StoreMarker marker, NpgsqlDataSource source, bool mayBeEmpty, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var store = new { Store = marker.Id };
        var facts = await connection.QuerySingleAsync<FactsRow>(new CommandDefinition(Facts, store, cancellationToken: cancellationToken));

        // 1. The files here belong to another ledger.
        if (marker.Ledger is { } its && its != facts.Ledger && DiskContents.Any(directory))
            throw new StartRefusedException($"The stored files in {directory} belong to the ledger {its}, and this one is "
                + $"{facts.Ledger}: name the right database with ConnectionStrings:Ledger, bring the right ledger back from a backup, "
                    + $"{Anew}.");

        // 2. This ledger does not know the store.
        if (!facts.Known && marker.Ledger != facts.Ledger)
        {
            var elsewhere = await connection.QueryFirstOrDefaultAsync<ElsewhereRow>(
                new CommandDefinition(Elsewhere, store, cancellationToken: cancellationToken));
            if (DiskContents.Any(directory))
            {
                throw new StartRefusedException(elsewhere is null
                    ? $"The data directory {directory} holds stored files, and the ledger names none: bring the right ledger back from a "
                        + $"backup, {Anew}."
                    : $"The data directory {directory} holds stored files of store {marker.Id}, and the ledger names files of "
                        + $"{Name(elsewhere)}: use the data directory of that store, bring back its {StoreMarker.FileName}, {Anew}.");
            }

            if (elsewhere is not null && !mayBeEmpty)
                throw new StartRefusedException($"The ledger names stored files of {Name(elsewhere)}, and the data directory {directory} "
                    + $"is another store and holds none: mount or bring back the data directory of that store, {AddVolume}.");
        }

        // 3. The store is known, and its folders are gone.
        else if (!mayBeEmpty && !DiskContents.IsLaidOut(directory)
            && await AskAsync<bool>(connection, NamesFilesHere, store, cancellationToken))
        {
            throw new StartRefusedException($"The ledger names stored files of this store, and "
                + $"{Path.Combine(directory, DiskLayout.Files)} is empty or not there: mount it or bring it back from a backup, "
                    + $"{AddVolume}.");
        }

        // 4. Files that a copy of this directory has received are not here.
        if (!mayBeEmpty && marker.Incarnation > 0 && marker.Ledger == facts.Ledger
            && await AskAsync<bool>(connection, NamesNewerFiles, new { Store = marker.Id, marker.Incarnation }, cancellationToken))
        {
            throw new StartRefusedException($"The ledger names files that a copy of the data directory {directory} has received since this "
                + $"one was last in use: start the service in that copy, {AddVolume}.");
        }

        return facts.Ledger;
    }

    /// <summary>Binds ledger and store to each other.</summary>
    /// <exception cref="StartRefusedException">They do not belong together, or the service of another store uses the ledger.</exception>
    public async Task TieAsync(CancellationToken cancellationToken)
    {
        var id = await CheckAsync(data.Path, data.Marker, ledger.DataSource, _mayBeEmpty, cancellationToken);
        await sole.RequireAsync(data, cancellationToken);
        await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
        var store = new { Node = data.NodeId, Store = data.StoreId, data.Ended, Name = $"{Environment.MachineName}:{data.Path}" };
        await connection.ExecuteAsync(new CommandDefinition(Remember, store, cancellationToken: cancellationToken));
        data.Bind(id);
        if (_mayBeEmpty)
        {
            if (use.Alone)
                await connection.ExecuteAsync(new CommandDefinition(Fence, store, cancellationToken: cancellationToken));
            DiskContents.LayOut(data.Path);
            if (await AskAsync<long>(connection, Newest, store, cancellationToken) is var newest && newest > data.Marker.Incarnation)
                data.NoteIncarnation(newest);
        }

        // Beside other nodes, other stores are usual, and their nodes serve them.
        if (use.Alone && await AskAsync<string?>(connection, Others, store, cancellationToken) is { } others)
            log.OtherStores(others, data.Path);
    }

    private static string Name(ElsewhereRow row) => row.SeenAt is { } seen
        ? string.Create(CultureInfo.InvariantCulture, $"store {row.Store} ({row.Name}, last started {seen:yyyy-MM-dd})")
        : $"store {row.Store}";

    private static Task<T?> AskAsync<T>(
        NpgsqlConnection connection, string query, object? parameters, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<T>(new CommandDefinition(query, parameters, cancellationToken: cancellationToken));
}
