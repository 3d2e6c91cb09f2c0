using System.Globalization;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Fsck;

/// <summary>
/// Opens the store and the ledger for fsck and other verbs. The data directory's lock shows whether the service runs. These verbs create,
/// migrate and fence nothing.
/// </summary>
internal sealed class FsckTarget(
    DataDirectory data, LedgerDatabase ledger, DiskStore store, BucketBinding bucket, DatabaseOptions options,
    ConnectionStringOptions connection, ILoggerFactory logs) : IFsckTarget
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // Always the system clock, because it waits for another process.
    private readonly TimeProvider _time = TimeProvider.System;

    public async Task<IFsckVisit> OpenAsync(CancellationToken cancellationToken)
    {
        var visit = new Visit(ledger, store);
        try
        {
            // Check first, because taking the lock creates a file.
            _ = RequireMarker();
            await LockAsync(visit, cancellationToken);
            // A start may have bound the directory to its ledger in the meantime.
            var marker = RequireMarker();
            await ledger.OpenAsync(await DatabaseAsync(marker, visit, cancellationToken), cancellationToken);
            await RequireSchemaAsync(cancellationToken);
            await StoreBinding.CheckAsync(data.Path, marker, ledger.DataSource, mayBeEmpty: false, cancellationToken);
            OpenSslHashes.RequireLibrary();
            store.Open(marker.Id);
            return visit;
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            await visit.DisposeAsync();
            throw new StartRefusedException($"The data directory {data.Path} cannot be read: {reason.Message.TrimEnd('.')}; run it as the "
                + "user that the service runs as.", reason);
        }
        catch
        {
            await visit.DisposeAsync();
            throw;
        }
    }

    public Task<string?> OpenSharedAsync(CancellationToken cancellationToken) => bucket.OpenToReadAsync(cancellationToken);

    private StoreMarker RequireMarker() =>
        StoreMarker.Find(data.Path)
        ?? throw new StartRefusedException(
            $"{data.Path} is not a data directory of ChunkUpload ({StoreMarker.FileName} is not there): name the right one with --data.");

    /// <summary>
    /// Takes the lock, or finds the service that holds it by its address. A holder without an address is a verb, which stops the private
    /// cluster at its end, or a service that is still starting: wait until it has ended or is ready.
    /// </summary>
    private async Task LockAsync(Visit visit, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            visit.Lock = DataDirectoryLock.TryTake(data.Path, out var holder);
            visit.ServiceAddress = holder.Address;
            // A long verb leaves the cluster running for hours, and a service whose disk is full may have written no address.
            if (visit.Lock is not null || holder.Address is not null || _time.GetElapsedTime(began) > Patience)
                return;
            await Task.Delay(Pause, _time, cancellationToken);
        }
    }

    private async Task<string> DatabaseAsync(StoreMarker marker, Visit visit, CancellationToken cancellationToken)
    {
        if (!string.IsNullOrWhiteSpace(connection.Ledger))
            return connection.Ledger;
        if (Paths.Look(Path.Combine(data.Path, "postgres")) is null)
            throw new StartRefusedException($"The data directory {data.Path} has no private cluster: name the ledger's server with "
                + $"ConnectionStrings:Ledger, as for the service.");
        var log = logs.CreateLogger<EmbeddedPostgres>();
        if (visit.ServiceRuns)
            return await EmbeddedPostgres.FindAsync(data.Path, marker.Id, options, log, cancellationToken);
        visit.Embedded = new EmbeddedPostgres(data.Path, marker.Id, options, log);
        await visit.Embedded.StartAsync(cancellationToken);
        return visit.Embedded.ConnectionString;
    }

    private async Task RequireSchemaAsync(CancellationToken cancellationToken)
    {
        await using var open = await ledger.OpenConnectionAsync(cancellationToken);
        var applied = await AppliedSchema.ReadAsync(open, cancellationToken);
        var own = LedgerSchema.Embedded();
        var (there, known) = ((applied.Migrations.Count, applied.Functions?.Number ?? 0), (own.Migrations.Count, own.Functions.Number));
        if (applied.IsBeforeRewrite || there.CompareTo(known) < 0)
            throw new StartRefusedException(
                $"The ledger has the schema of an older version ({Name(there)}, and this one has {Name(known)}): run migrate first.");
        if (there.CompareTo(known) > 0)
            throw new StartRefusedException(
                $"The ledger has the schema of a newer version ({Name(there)}, and this one has {Name(known)}): use that version.");

        static string Name((int Migrations, int Functions) version) =>
            string.Create(CultureInfo.InvariantCulture, $"migration {version.Migrations:0000} with functions {version.Functions}");
    }

    private sealed class Visit(LedgerDatabase ledger, DiskStore store) : IFsckVisit
    {
        public DataDirectoryLock? Lock { get; set; }

        public EmbeddedPostgres? Embedded { get; set; }

        public bool ServiceRuns => Lock is null;

        public string? ServiceAddress { get; set; }

        public async ValueTask DisposeAsync()
        {
            store.Dispose();
            await ledger.DisposeAsync();
            if (Embedded is not null)
                await Embedded.StopAsync(CancellationToken.None);
            Lock?.Dispose();
        }
    }
}
