using ChunkUpload.Core.Backups;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Backups;

/// <summary>
/// Restores a backup: 1. require an empty data directory; 2. copy the files; 3. restore the ledger into an empty database and migrate it to
/// this version; 4. disable access that must not be active in two places; 5. copy the store's marker, without which the service does not
/// start. If it is stopped before step 5, empty both and restore again.
/// </summary>
internal sealed class BackupRestore(
    LedgerDatabase ledger, DataOptions data, DatabaseOptions options, ConnectionStringOptions connection, ILoggerFactory logs)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const string IsEmpty = "select to_regclass('chunkupload.uploads') is null";

    // The original may still be in use, so its browser sessions, links, keys, webhooks and mails are disabled here until an operator
    // enables them.
    private const string EndOldAccess = """
        update ledger set generation = generation + 1;
        delete from browser_sessions;
        delete from sign_in_links;
        delete from issuer_states;
        delete from connection_sign_ins;
        delete from key_requests;
        update api_keys set disabled_at = now() where revoked_at is null and disabled_at is null;
        update links set disabled_at = now() where revoked_at is null and disabled_at is null;
        update webhooks set enabled = false;
        update connections set state = 'disabled', state_at = now();
        update transfers set state = 'paused' where ended_at is null;
        insert into work_keys (key, paused) select 'connection:' || id, true from connections
            on conflict (key) do update set paused = true;
        insert into work_keys (key, paused) select 'transfer:' || id, true from transfers where ended_at is null
            on conflict (key) do update set paused = true;
        update work w set keys = array['webhook:' || d.webhook] from webhook_deliveries d where w.kind = 'delivery' and d.id = w.reference;
        select set_webhook_key(w) from webhooks w;
        delete from mails;
        update transfers set mail = null;
        update file_transfers
        set status = 'failed', completed_at = now(), error_code = 'relay_ended', error_message = 'The service was restored from a backup.',
            claim = null, relay = null, waits = null
        where status in ('pending', 'in_progress');
        delete from work where kind in ('mail', 'transfer_mail', 'file_request');
        update access_version set number = number + 1;
        select pause_restored_syncs();
        """;

    // Another cluster assigns new transaction ids, and new events must sort after the restored ones. Events that the statistics have
    // counted are numbered before their position, the others after it.
    private const string RenumberEvents = """
        update events e set xid = case when (e.xid, e.id) <= (p.xid, p.id) then '0'::xid8 else pg_current_xact_id() end
        from statistics_position p;
        update statistics_position set xid = '1', id = 0;
        update ledger set events_trimmed = '0';
        """;

    public async Task<BackupReport> RunAsync(string folder, IJobProgress progress, CancellationToken cancellationToken)
    {
        var manifest = BackupManifest.Read(folder);
        var dump = Path.Combine(folder, manifest.Ledger);
        if (!File.Exists(dump) || await BackupManifest.DigestAsync(dump, cancellationToken) != manifest.LedgerSha256)
            throw new StartRefusedException($"{dump} is missing or was changed: take another copy of the backup.");
        var own = LedgerSchema.Embedded();
        if (manifest.Migrations > own.Migrations.Count)
            throw new StartRefusedException(
                $"The backup was made by a newer version (migration {manifest.Migrations:0000}, and this one has "
                    + $"{own.Migrations.Count:0000}): restore it with that version.");

        // 1. Require an empty data directory.
        var place = Path.GetFullPath(data.Directory);
        Require(place);
        Directory.CreateDirectory(place, OwnerOnly);
        using var held = DataDirectoryLock.Take(place);

        // 2. Copy the files.
        var (files, bytes) = CopyFiles(folder, place, progress, cancellationToken);
        if (files < manifest.Files)
            throw new StartRefusedException($"{folder} has {files} of its {manifest.Files} files: take another copy of the backup.");
        foreach (var name in BackupFolder.Secrets.Where(name => name != StoreMarker.FileName && File.Exists(Path.Combine(folder, name))))
            Paths.Copy(new FileInfo(Path.Combine(folder, name)), Path.Combine(place, name));

        // 3 and 4
        await using (var database = await OpenAsync(place, manifest.Store, cancellationToken))
        {
            progress.Report(files, files, "restoring the ledger");
            await RestoreLedgerAsync(dump, manifest, cancellationToken);
        }

        // 5. Copy the store's marker, without which the service does not start.
        Paths.Copy(new FileInfo(Path.Combine(folder, StoreMarker.FileName)), Path.Combine(place, StoreMarker.FileName));
        Paths.FlushDirectory(place);
        return new BackupReport(manifest.MadeAt, files, bytes, files, []);
    }

    private static void Require(string place)
    {
        if (Directory.Exists(place)
            && Directory.EnumerateFileSystemEntries(place).Any(path => Path.GetFileName(path) != DataDirectoryLock.FileName))
            throw new StartRefusedException(
                $"The data directory {place} is not empty: name an empty one with --data, or move away what is in it.");
    }

    private static (long Files, long Bytes) CopyFiles(
        string folder, string place, IJobProgress progress, CancellationToken cancellationToken)
    {
        var source = Path.Combine(folder, DiskLayout.Files);
        var (files, bytes) = (0L, 0L);
        Directory.CreateDirectory(Path.Combine(place, DiskLayout.Files), OwnerOnly);
        if (!Directory.Exists(source))
            return (files, bytes);
        foreach (var path in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var to = Path.Combine(place, DiskLayout.Files, Path.GetRelativePath(source, path));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!, OwnerOnly);
            var file = new FileInfo(path);
            Paths.Copy(file, to);
            bytes += file.Length;
            files++;
            progress.Report(files, null, "files");
        }

        foreach (var made in Directory.EnumerateDirectories(place, "*", SearchOption.AllDirectories))
            Paths.FlushDirectory(made);
        return (files, bytes);
    }

    private async Task<IAsyncDisposable> OpenAsync(string place, Guid store, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrWhiteSpace(connection.Ledger))
        {
            await ledger.OpenAsync(connection.Ledger, cancellationToken);
            return ledger;
        }

        var embedded = new EmbeddedPostgres(place, store, options, logs.CreateLogger<EmbeddedPostgres>());
        await embedded.StartAsync(cancellationToken);
        await ledger.OpenAsync(embedded.ConnectionString, cancellationToken);
        return new OpenLedger(ledger, embedded);
    }

    private async Task RestoreLedgerAsync(string dump, BackupManifest manifest, CancellationToken cancellationToken)
    {
        var text = new NpgsqlConnectionStringBuilder(ledger.ConnectionString);
        await using (var open = await ledger.OpenConnectionAsync(cancellationToken))
        {
            (text.Host, text.Port) = (open.Host, open.Port);
            if (!await open.ExecuteScalarAsync<bool>(IsEmpty))
                throw new StartRefusedException(
                    $"The database {text.Database} on {text.Host} has a ledger already: name an empty one in ConnectionStrings:Ledger.");
            var schema = new NpgsqlCommandBuilder().QuoteIdentifier(manifest.TrigramSchema);
            await open.ExecuteAsync(
                $"create schema if not exists chunkupload; create extension if not exists pg_trgm with schema {schema}");
        }

        await new LedgerDump(text, options).ReadAsync(dump, cancellationToken);
        await using (var open = await ledger.OpenConnectionAsync(cancellationToken))
            await open.ExecuteAsync("delete from function_set");
        await new Migrator(ledger.DataSource, LedgerSchema.Embedded(), logs.CreateLogger<Migrator>()) { LockedStore = manifest.Store }
            .RunAsync(cancellationToken);
        await using (var open = await ledger.OpenConnectionAsync(cancellationToken))
        await using (var transaction = await open.BeginTransactionAsync(cancellationToken))
        {
            await open.ExecuteAsync(EndOldAccess + RenumberEvents, transaction: transaction);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    /// <summary>Disposing closes the connections and then stops the private cluster.</summary>
    private sealed class OpenLedger(LedgerDatabase ledger, EmbeddedPostgres embedded) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await ledger.DisposeAsync();
            await embedded.DisposeAsync();
        }
    }
}
