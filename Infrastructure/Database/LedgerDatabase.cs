using System.Net.Sockets;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// The connections to the ledger: one pool, search_path on its schemas. Usable from the database's start step on.
/// </summary>
/// <remarks>
/// A statement that comes again is prepared, which more than halves the cost of recording a small chunk. A plan made while a table was
/// empty would be a sequential scan until the next ANALYZE, so these connections do without; and nobody changes a connection's
/// settings, so that they need no reset between two users.
/// </remarks>
internal sealed class LedgerDatabase(DatabaseOptions options, ILogger<LedgerDatabase> log) : IAsyncDisposable
{
    /// <summary>The tables.</summary>
    public const string Schema = "chunkupload";

    /// <summary>Functions and views, which are dropped and created again at every change.</summary>
    public const string FunctionsSchema = "chunkupload_functions";

    public const string SearchPath = Schema + "," + FunctionsSchema;

    public const int OldestServerMajor = 15;

    // More than there are statements.
    private const int PreparedStatements = 200;

    // Whatever the server, the database or the role says: what is answered has been committed to the disk. Stricter values stay.
    private const string Settings = """
        set enable_seqscan = off; set jit = off;
        select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'
        """;

    // For connections that record: its functions name their rows by keys alone, so that one plan serves all values, and serves when the
    // tables have grown. Left to itself the server plans some of their statements anew in each call: three quarters of what a small file
    // cost it then.
    private const string OnePlan = "; set plan_cache_mode = force_generic_plan";

    // Less than any firewall's patience.
    private const int KeepAliveSeconds = 60;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // Waiting for another process, in real time.
    private readonly TimeProvider _time = TimeProvider.System;

    private NpgsqlDataSource? _source;
    private NpgsqlDataSource? _single;
    private string? _connectionString;

    public NpgsqlDataSource DataSource => _source ?? throw new InvalidOperationException("The database is not open.");

    /// <summary>With the password where there is one: for who needs a pool of its own, as the scheduler does.</summary>
    public string ConnectionString => _connectionString ?? throw new InvalidOperationException("The database is not open.");

    public async ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await DataSource.OpenConnectionAsync(cancellationToken);
        }
        catch (ArgumentOutOfRangeException)
        {
            // The driver reckons by the wall clock how long it may still take: set back by weeks meanwhile, that is more than any timer
            // waits.
            return await DataSource.OpenConnectionAsync(cancellationToken);
        }
    }

    /// <summary>A connection beside the pool, that is kept, and waited for by the thread that records.</summary>
    public NpgsqlConnection OpenSingle() => (_single ?? throw new InvalidOperationException("The database is not open.")).OpenConnection();

    /// <summary>
    /// For a connection that is kept, and that may say nothing for days: what lies between it and a server elsewhere would forget it
    /// without telling, and all that is to be recorded would wait until that is found out.
    /// </summary>
    internal static string OfSingle(string connectionString)
    {
        var single = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false };
        // A path is a socket of this machine.
        if (single.Host is [not '/' and not '@', ..])
            (single.TcpKeepAlive, single.TcpKeepAliveTime) = (true, KeepAliveSeconds);
        return single.ConnectionString;
    }

    /// <summary>The same server and database for another purpose, with a pool and a search path of its own.</summary>
    public string ConnectionStringFor(string purpose, string searchPath, int maxPoolSize) =>
        new NpgsqlConnectionStringBuilder(ConnectionString)
        {
            ApplicationName = "ChunkUpload " + purpose,
            SearchPath = searchPath,
            MaxPoolSize = maxPoolSize,
        }.ConnectionString;

    /// <exception cref="StartRefusedException">The server does not answer in time, refuses us, or is not one that can hold the
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
        var told = false;
        while (true)
        {
            try
            {
                return await OpenConnectionAsync(cancellationToken);
            }
            // A name that nobody resolves in time, and no descriptor, come as they are.
            catch (Exception reason) when (
                reason is TimeoutException or SocketException || reason is NpgsqlException and not PostgresException { IsTransient: false })
            {
                if (_time.GetElapsedTime(began) > options.ConnectTimeout)
                    throw new StartRefusedException($"The ledger's server {text.Host} does not answer ({Inner(reason)}): start it, or "
                        + $"mend ConnectionStrings:Ledger.", reason);
                if (!told)
                    log.LedgerAwaited(text.Host!, Inner(reason));
                told = true;
                await Task.Delay(Pause, _time, cancellationToken);
            }
            catch (PostgresException reason)
            {
                throw new StartRefusedException(reason.SqlState switch
                {
                    PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                        $"The ledger's server {text.Host} refuses user {text.Username} ({reason.MessageText}): mend Username and "
                            + $"Password in ConnectionStrings:Ledger.",
                    PostgresErrorCodes.InvalidCatalogName =>
                        $"The ledger's server {text.Host} has no database {text.Database}: make it with CREATE DATABASE, owned by user "
                            + $"{text.Username}, or mend Database in ConnectionStrings:Ledger.",
                    PostgresErrorCodes.InsufficientPrivilege =>
                        $"User {text.Username} may not connect to database {text.Database} on {text.Host}: grant it with GRANT CONNECT "
                            + $"ON DATABASE.",
                    _ => $"The ledger's server {text.Host} refuses the connection ({reason.MessageText}): mend that, or "
                        + $"ConnectionStrings:Ledger.",
                }, reason);
            }
        }
    }

    private static string Inner(Exception reason) => (reason.InnerException ?? reason).Message.TrimEnd('.');
}
