using System.Net.Sockets;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// The connections to the ledger: one pool whose search_path names its schemas. Usable once the database's start step has run.
/// </summary>
/// <remarks>
/// Npgsql prepares repeated statements, which more than halves the cost of recording a small chunk. A plan made while a table was empty
/// would be a sequential scan until the next ANALYZE, so these connections disable sequential scans. No code changes a connection's
/// settings, so the pool need not reset them.
/// </remarks>
internal sealed class LedgerDatabase(DatabaseOptions options, ILogger<LedgerDatabase> log) : IAsyncDisposable
{
    /// <summary>The PostgreSQL schema of the tables.</summary>
    public const string Schema = "chunkupload";

    /// <summary>The PostgreSQL schema of functions and views, which are dropped and created again at every change.</summary>
    public const string FunctionsSchema = "chunkupload_functions";

    public const string SearchPath = Schema + "," + FunctionsSchema;

    public const int OldestServerMajor = 15;

    // More than the number of different statements in the service.
    private const int PreparedStatements = 200;

    // Overrides the settings of server, database and role: a commit is answered only once it is on the disk. Stricter values stay.
    private const string Settings = """
        set enable_seqscan = off; set jit = off;
        select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'
        """;

    // For the recording connections. Their functions find rows by keys alone, so one plan fits all values, also after the tables have
    // grown. By default the server plans some of the statements anew in each call, which was three quarters of its cost for a small file.
    private const string OnePlan = "; set plan_cache_mode = force_generic_plan";

    // Shorter than the idle timeout of any usual firewall.
    private const int KeepAliveSeconds = 60;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // Always the system clock: these waits are for another process.
    private readonly TimeProvider _time = TimeProvider.System;

    private NpgsqlDataSource? _source;
    private NpgsqlDataSource? _single;
    private string? _connectionString;

    public NpgsqlDataSource DataSource => _source ?? throw new InvalidOperationException("The database is not open.");

    /// <summary>The connection string with its password, for a consumer with a pool of its own, such as the scheduler.</summary>
    public string ConnectionString => _connectionString ?? throw new InvalidOperationException("The database is not open.");

    public async ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await DataSource.OpenConnectionAsync(cancellationToken);
        }
        catch (ArgumentOutOfRangeException)
        {
            // Npgsql computes the remaining time by the wall clock. If that was set back by weeks meanwhile, the result exceeds what a
            // timer accepts.
            return await DataSource.OpenConnectionAsync(cancellationToken);
        }
    }

    /// <summary>Opens a long-lived connection outside the pool, on which a recording thread blocks.</summary>
    public NpgsqlConnection OpenSingle() => (_single ?? throw new InvalidOperationException("The database is not open.")).OpenConnection();

    /// <summary>
    /// Adds keepalives for a long-lived connection, which may be idle for days. A firewall on the way could drop it silently, and all
    /// records would wait until that is detected.
    /// </summary>
    internal static string OfSingle(string connectionString)
    {
        var single = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        // A path names a Unix socket, which needs no keepalive.
        if (single.Host is [not '/' and not '@', ..])
            (single.TcpKeepAlive, single.TcpKeepAliveTime) = (true, KeepAliveSeconds);
        return single.ConnectionString;
    }

    /// <summary>A connection string for the same server and database, with its own pool and search path.</summary>
    public string ConnectionStringFor(string purpose, string searchPath, int maxPoolSize) =>
        new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            ApplicationName = "ChunkUpload " + purpose,
            SearchPath = searchPath,
            MaxPoolSize = maxPoolSize,
        }.ConnectionString;

    /// <exception cref="StartRefusedException">The server does not answer in time, refuses the connection, or cannot hold the
    /// ledger.</exception>
    public async Task OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString)
        {
            SearchPath = SearchPath,
            MaxPoolSize = options.MaxPoolSize,
            CommandTimeout = (int)options.CommandTimeout.TotalSeconds,
            MaxAutoPrepare = PreparedStatements,
            NoResetOnClose = true,
        };
        text.ApplicationName ??= "ChunkUpload";
        _connectionString = text.ConnectionString;
        _source = Source(_connectionString, Settings);
        _single = Source(OfSingle(_connectionString), Settings + OnePlan);

        await using var connection = await ReachAsync(text, cancellationToken);
        await ServerCheck.RunAsync(connection, cancellationToken);
        log.LedgerOpened(text.Host!, text.Database, connection.PostgreSqlVersion);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _source, null) is { } source)
            await source.DisposeAsync();
        if (Interlocked.Exchange(ref _single, null) is { } single)
            await single.DisposeAsync();
    }

    private static NpgsqlDataSource Source(string connectionString, string settings)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                using var command = new NpgsqlCommand(settings, connection);
                _ = command.ExecuteNonQuery();
            },
            async connection =>
            {
                await using var command = new NpgsqlCommand(settings, connection);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
            });
        return builder.Build();
    }

    private async Task<NpgsqlConnection> ReachAsync(NpgsqlConnectionStringBuilder text, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var logged = false;
        while (true)
        {
            try
            {
                return await OpenConnectionAsync(cancellationToken);
            }
            // Npgsql does not wrap a name lookup that times out, nor a lack of descriptors.
            catch (Exception reason) when (
                reason is TimeoutException or SocketException || reason is NpgsqlException and not PostgresException { IsTransient: false })
            {
                if (_time.GetElapsedTime(began) > options.ConnectTimeout)
                    throw new StartRefusedException($"The ledger's server {text.Host} does not answer ({Inner(reason)}): start it, or "
                        + $"correct ConnectionStrings:Ledger.", reason);
                if (!logged)
                    log.LedgerAwaited(text.Host!, Inner(reason));
                logged = true;
                await Task.Delay(Pause, _time, cancellationToken);
            }
            catch (PostgresException reason)
            {
                throw new StartRefusedException(reason.SqlState switch
                {
                    PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                        $"The ledger's server {text.Host} refuses user {text.Username} ({reason.MessageText}): correct Username and "
                            + $"Password in ConnectionStrings:Ledger.",
                    PostgresErrorCodes.InvalidCatalogName =>
                        $"The ledger's server {text.Host} has no database {text.Database}: make it with CREATE DATABASE, owned by user "
                            + $"{text.Username}, or correct Database in ConnectionStrings:Ledger.",
                    PostgresErrorCodes.InsufficientPrivilege =>
                        $"User {text.Username} may not connect to database {text.Database} on {text.Host}: grant it with GRANT CONNECT "
                            + $"ON DATABASE.",
                    _ => $"The ledger's server {text.Host} refuses the connection ({reason.MessageText}): fix that, or "
                        + $"correct ConnectionStrings:Ledger.",
                }, reason);
            }
        }
    }

    private static string Inner(Exception reason) => (reason.InnerException ?? reason).Message.TrimEnd('.');
}
