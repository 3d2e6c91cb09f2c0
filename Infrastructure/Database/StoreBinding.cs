using System.Globalization;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Storage.Disk;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// The data directory's marker names its ledger, and the ledger its volumes. A disk that is not mounted, or a ledger that is lost, looks
/// like a new one: serving with it would quarantine every file, or throw every file away. So such a start is refused while it has
/// changed nothing but an older schema.
/// </summary>
internal sealed class StoreBinding(DataDirectory data, LedgerDatabase ledger, ILogger<StoreBinding> log) : IStoreBinding
{
    private const string Anew = "or, to begin anew without these files, move files and " + StoreMarker.FileName + " out of it";
    private const string AddVolume = "or run add-volume when its files are lost for good";

    private const string HasSchema = "select to_regclass('chunkupload.migrations') is not null";
    private const string HasMigrations = "select exists (select from chunkupload.migrations)";

    private const string Facts = """
        select (select id from ledger) as ledger, exists (select from volumes where id = @Volume) as known
        """;

    // Asked only about a volume that the ledger does not know: the first file of all is one that lies elsewhere.
    private const string Elsewhere = """
        select l.node as volume, (select v.seen_at from volumes v where v.id = l.node) as seenat
        from stored_files f join incarnations l on l.id = f.incarnation where f.tombstone_at is null and l.node <> @Volume limit 1
        """;

    private const string NamesFilesHere = """
        select exists (select from stored_files f join incarnations l on l.id = f.incarnation where f.tombstone_at is null and l.node = @Volume)
        """;

    private const string Remember = "insert into volumes (id) values (@Volume) on conflict (id) do update set seen_at = now()";
    private const string Others = "select string_agg(id::text, ', ' order by seen_at desc) from volumes where id <> @Volume";

    private bool _mayBeEmpty;

    private sealed record FactsRow(Guid Ledger, bool Known);

    private sealed record ElsewhereRow(Guid Volume, DateTime? SeenAt);

    public void TakeEmptyVolume() => _mayBeEmpty = true;

    /// <summary>The sentence why no new private cluster may be made; null when nothing here would be lost by it.</summary>
    public static string? WhyNoNewCluster(string directory) => DiskContents.AreThere(directory)
        ? $"The data directory {directory} holds stored files, and the ledger that names them is gone (there is no cluster at {Path.Combine(directory, "postgres")}): bring it back from a backup, {Anew}."
        : null;

    /// <summary>Before the first migration.</summary>
    /// <exception cref="StartRefusedException">The database is empty, and the data directory is not.</exception>
    public static async Task RequireNoNewLedgerAsync(string directory, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var isMade = await AskAsync<bool>(connection, HasSchema, null, cancellationToken)
            && await AskAsync<bool>(connection, HasMigrations, null, cancellationToken);
        if (!isMade && DiskContents.AreThere(directory))
            throw new StartRefusedException($"The data directory {directory} holds stored files, and the ledger that names them is not in this database, which is empty: bring it back from a backup, name the right database with ConnectionStrings:Ledger, {Anew}.");
    }

    /// <summary>Changes nothing.</summary>
    /// <returns>The ledger's id.</returns>
    /// <exception cref="StartRefusedException">The two do not belong together, or the volume is not there.</exception>
    public static async Task<Guid> CheckAsync(
        string directory, StoreMarker marker, NpgsqlDataSource source, bool mayBeEmpty, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        var volume = new { Volume = marker.Id };
        var facts = await connection.QuerySingleAsync<FactsRow>(new CommandDefinition(Facts, volume, cancellationToken: cancellationToken));

        // 1. The files here are another ledger's.
        if (marker.Ledger is { } its && its != facts.Ledger && DiskContents.AreThere(directory))
            throw new StartRefusedException($"The stored files in {directory} belong to the ledger {its}, and this one is {facts.Ledger}: name the right database with ConnectionStrings:Ledger, bring the right ledger back from a backup, {Anew}.");

        // 2. A volume that this ledger has never had.
        if (!facts.Known && marker.Ledger != facts.Ledger)
        {
            var elsewhere = await connection.QueryFirstOrDefaultAsync<ElsewhereRow>(new CommandDefinition(Elsewhere, volume, cancellationToken: cancellationToken));
            if (DiskContents.AreThere(directory))
            {
                throw new StartRefusedException(elsewhere is null
                    ? $"The data directory {directory} holds stored files, and the ledger names none: bring the right ledger back from a backup, {Anew}."
                    : $"The data directory {directory} holds stored files of volume {marker.Id}, and the ledger names files of {Name(elsewhere)}: use the data directory of that volume, bring back its {StoreMarker.FileName}, {Anew}.");
            }

            if (elsewhere is not null && !mayBeEmpty)
                throw new StartRefusedException($"The ledger names stored files of {Name(elsewhere)}, and the data directory {directory} is another volume and holds none: mount or bring back the data directory of that volume, {AddVolume}.");
        }

        // 3. The volume, without what made it one.
        else if (!mayBeEmpty && !DiskContents.IsLaidOut(directory) && await AskAsync<bool>(connection, NamesFilesHere, volume, cancellationToken))
        {
            throw new StartRefusedException($"The ledger names stored files of this volume, and {Path.Combine(directory, DiskLayout.Files)} is empty or not there: mount it or bring it back from a backup, {AddVolume}.");
        }

        return facts.Ledger;
    }

    /// <summary>Ledger and volume know each other from now on.</summary>
    /// <exception cref="StartRefusedException">They do not belong together.</exception>
    public async Task TieAsync(CancellationToken cancellationToken)
    {
        var id = await CheckAsync(data.Path, data.Marker, ledger.DataSource, _mayBeEmpty, cancellationToken);
        await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
        var volume = new { Volume = data.StoreId };
        await connection.ExecuteAsync(new CommandDefinition(Remember, volume, cancellationToken: cancellationToken));
        data.Bind(id);
        if (_mayBeEmpty)
            DiskContents.LayOut(data.Path);
        if (await AskAsync<string?>(connection, Others, volume, cancellationToken) is { } others)
            log.VolumesElsewhere(others, data.Path);
    }

    private static string Name(ElsewhereRow row) => row.SeenAt is { } seen
        ? string.Create(CultureInfo.InvariantCulture, $"volume {row.Volume} (last started {seen:yyyy-MM-dd})")
        : $"volume {row.Volume}";

    private static Task<T?> AskAsync<T>(NpgsqlConnection connection, string query, object? parameters, CancellationToken cancellationToken) =>
        connection.ExecuteScalarAsync<T>(new CommandDefinition(query, parameters, cancellationToken: cancellationToken));
}
