using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// Starts the database, checks that it belongs to the data directory, and brings its schema to this version. Stops it after everything that
/// writes to it.
/// </summary>
internal sealed class DatabaseStart(
    DataDirectory data,
    DatabaseOptions options,
    ConnectionStringOptions connection,
    LedgerDatabase ledger,
    StoreBinding bond,
    IHostEnvironment environment,
    ILoggerFactory logs) : IStartStep, IAsyncDisposable
{
    private EmbeddedPostgres? _embedded;

    public int Order => StartOrder.Database;

    public string Name => "database";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            var own = string.IsNullOrWhiteSpace(connection.Ledger) ? null : connection.Ledger;
            if (own is null)
            {
                _embedded = new EmbeddedPostgres(data.Path, data.StoreId, options, logs.CreateLogger<EmbeddedPostgres>())
                {
                    WhyNoNewCluster = () => StoreBinding.WhyNoNewCluster(data.Path),
                };
                await _embedded.StartAsync(cancellationToken);
            }

            await ledger.OpenAsync(own ?? _embedded!.ConnectionString, cancellationToken);
            await StandbyCheck.RunAsync(ledger, cancellationToken);
            await StoreBinding.RequireNoNewLedgerAsync(data.Path, ledger.DataSource, cancellationToken);
            var migrator = new Migrator(ledger.DataSource, LedgerSchema.Embedded(), logs.CreateLogger<Migrator>())
            {
                LockedStore = data.StoreId,
                Ended = data.Ended,
                ReplacesEditedFunctions = environment.IsDevelopment(),
            };
            await migrator.RunAsync(cancellationToken);
            await ledger.WatchTimelineAsync(cancellationToken);
            await bond.TieAsync(cancellationToken);
        }
        catch
        {
            await StopAsync(CancellationToken.None);
            throw;
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await ledger.DisposeAsync();
        if (Interlocked.Exchange(ref _embedded, null) is { } embedded)
            await embedded.StopAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);
}
