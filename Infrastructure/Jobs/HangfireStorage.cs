using ChunkUpload.Infrastructure.Database;
using Hangfire;
using Hangfire.PostgreSql;
using Npgsql;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Hangfire's storage in the ledger's database, with a small separate pool, so that jobs and the dashboard never wait for, or use, a
/// request's connection. Usable once the database has started.
/// </summary>
internal sealed class HangfireStorage : IConnectionFactory, IAsyncDisposable
{
    private const int Connections = 10;

    // How long Hangfire withholds a running job from a second worker after the last keep-alive, which it sends five times as often. In a
    // shorter outage of the database, a running job stays with its worker.
    private static readonly TimeSpan Invisibility = TimeSpan.FromMinutes(5);

    // Hangfire's locks are rows, which a killed process leaves behind; none is held for longer than a few statements.
    private static readonly TimeSpan LockExpiry = TimeSpan.FromSeconds(15);

    // A manual run wakes a worker of its own process immediately. Polling finds runs that another process has enqueued.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Counters = TimeSpan.FromHours(1);

    private readonly Lazy<NpgsqlDataSource> _source;
    private readonly Lazy<JobStorage> _storage;

    public HangfireStorage(LedgerDatabase database)
    {
        _source = new(() => NpgsqlDataSource.Create(database.ConnectionStringFor("jobs", HangfireSchema.Name, Connections)));
        _storage = new(() => new PostgreSqlStorage(this, new PostgreSqlStorageOptions
        {
            SchemaName = HangfireSchema.Name,
            PrepareSchemaIfNecessary = false,
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = Invisibility,
            DistributedLockTimeout = LockExpiry,
            QueuePollInterval = Poll,
            CountersAggregateInterval = Counters,
        }));
    }

    public JobStorage Storage => _storage.Value;

    public NpgsqlConnection GetOrCreateConnection() => _source.Value.CreateConnection();

    /// <summary>Closes the pool's idle connections, and those in use when they are returned.</summary>
    public void DropConnections() => _source.Value.Clear();

    public async ValueTask DisposeAsync()
    {
        if (_source.IsValueCreated)
            await _source.Value.DisposeAsync();
    }
}
