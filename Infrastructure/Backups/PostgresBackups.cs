using ChunkUpload.Core.Backups;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Options;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Infrastructure.Uploads;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Backups;

/// <summary>
/// Makes a backup: 1. prevent every service from unlinking files; 2. take a snapshot of the ledger; 3. dump it; 4. copy the files of the
/// snapshot that the folder lacks, and the secrets; 5. make the new backup valid; 6. remove files of the previous backup that are no longer
/// needed.
/// </summary>
internal sealed class PostgresBackups(
    IFsckTarget target, LedgerDatabase ledger, DataOptions data, DatabaseOptions options, ConnectionStringOptions connection,
    TimeProvider time, ILoggerFactory logs) : IBackups
{
    // An extent's file must exist. Other files may be named in the ledger before their writer has created them.
    private const string NamedFiles = """
        select f.id, f.kind, f.incarnation,
               exists (select from extents e where e.upload_id = f.upload_id and e.file_id = f.id) as needed
        from stored_files f
        where f.tombstone_at is null and f.store = @Store
        """;

    private const string OtherNodes = """
        select n.name from nodes n join incarnations i on i.id = n.incarnation
        where i.store <> @Store and exists (select from stored_files f where f.store = i.store and f.tombstone_at is null) limit 1
        """;

    private const string Facts = """
        select pg_export_snapshot() as snapshot, now() as "MadeAt", (select count(*)::int from migrations) as migrations,
               (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm') as "Trigram"
        """;

    public async Task<BackupReport> MakeAsync(string folder, IJobProgress progress, CancellationToken cancellationToken)
    {
        await using var visit = await target.OpenAsync(cancellationToken);
        var source = Path.GetFullPath(data.Directory);
        var store = StoreMarker.Find(source)!.Id;
        var copies = BackupFolder.Open(folder, source);
        await using var holder = new NpgsqlConnection(Unpooled());
        await holder.OpenAsync(cancellationToken);

        if (await holder.ExecuteScalarAsync<string?>(Command(OtherNodes, new { Store = store }, cancellationToken)) is { } other)
            throw new StartRefusedException($"The node {other} has files of this ledger on its own disk, and a backup has those of one "
                + "disk only: back up PostgreSQL and the data directory of each node with tools of your own.");

        // 1. Prevent every service from unlinking files.
        if (!await holder.ExecuteScalarAsync<bool>(BackupLock.TakeRun, new { BackupLock.Run }))
            throw new StartRefusedException("Another backup of this ledger is being made: wait for its end.");
        await holder.ExecuteAsync(Command(BackupLock.TakeFiles, new { BackupLock.Files }, cancellationToken));

        // 2. Take a snapshot of the ledger.
        await using var reading = new NpgsqlConnection(Unpooled());
        await reading.OpenAsync(cancellationToken);
        await using var transaction = await reading.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
        var facts = await reading.QuerySingleAsync<SnapshotFacts>(Command(Facts, null, cancellationToken));
        var madeAt = LedgerRows.Utc(facts.MadeAt);

        // 3. Dump it.
        progress.Report(0, null, "dumping the ledger");
        var dump = BackupManifest.DumpName(time.GetUtcNow());
        await Dump(reading).WriteAsync(Path.Combine(folder, dump), facts.Snapshot, cancellationToken);

        // 4. Copy the files of the snapshot that the folder lacks, and the secrets.
        await foreach (var row in reading.QueryUnbufferedAsync<NamedFile>(NamedFiles, new { Store = store }, transaction)
            .WithCancellation(cancellationToken))
        {
            copies.Copy(new StoredFile(store, (StoredFileKind)row.Kind, row.Incarnation, row.Id), row.Needed);
            progress.Report(copies.Files, null, "files");
        }

        copies.CopySecrets();

        // 5. Make the new backup valid.
        copies.Flush();
        new BackupManifest(
            BackupManifest.KnownFormat, madeAt, store, facts.Migrations, dump,
            await BackupManifest.DigestAsync(Path.Combine(folder, dump), cancellationToken), facts.Trigram, copies.Files, copies.Bytes)
            .Write(folder);

        // 6. Remove files of the previous backup that are no longer needed.
        copies.RemoveOthers(dump, cancellationToken);
        return new BackupReport(madeAt, copies.Files, copies.Bytes, copies.Copied, copies.Missing);
    }

    public async Task<BackupReport> RestoreAsync(string folder, IJobProgress progress, CancellationToken cancellationToken) =>
        await new BackupRestore(ledger, data, options, connection, logs).RunAsync(folder, progress, cancellationToken);

    private string Unpooled() => new NpgsqlConnectionStringBuilder(ledger.ConnectionString)
    {
        Pooling = false,
        // No timeout: a dump or a copy of a large store takes hours.
        CommandTimeout = 0,
        KeepAlive = 30,
    }.ConnectionString;

    // Only the server that has the snapshot can dump it; the connection string may name several.
    private LedgerDump Dump(NpgsqlConnection reading) => new(
        new NpgsqlConnectionStringBuilder(ledger.ConnectionString) { Host = reading.Host, Port = reading.Port }, options);

    private static CommandDefinition Command(string text, object? parameters, CancellationToken cancellationToken) =>
        new(text, parameters, cancellationToken: cancellationToken);

    private sealed class SnapshotFacts
    {
        public string Snapshot { get; set; } = "";
        public DateTime MadeAt { get; set; }
        public int Migrations { get; set; }
        public string Trigram { get; set; } = "";
    }

    private sealed class NamedFile
    {
        public Guid Id { get; set; }
        public short Kind { get; set; }
        public long Incarnation { get; set; }
        public bool Needed { get; set; }
    }
}
