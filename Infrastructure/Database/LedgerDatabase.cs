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
internal sealed class LedgerDatabase(DatabaseOptions options, ILogger<LedgerDatabase> log, LedgerUse? use = null) : IAsyncDisposable
{
    /// <summary>The PostgreSQL schema of the tables.</summary>
    public const string Schema = "chunkupload";

    /// <summary>The PostgreSQL schema of functions and views, which are dropped and created again at every change.</summary>
    public const string FunctionsSchema = "chunkupload_functions";

    public const string SearchPath = Schema + "," + FunctionsSchema;

    public const int OldestServerMajor = 15;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // Always the system clock: these waits are for another process.
    private readonly TimeProvider _time = TimeProvider.System;

    private NpgsqlDataSource? _source;
    private NpgsqlDataSource? _single;
    private string? _connectionString;
    private volatile bool _watchesTimeline;
    private volatile bool _hasStandby = true;

    public LedgerUse Use { get; } = use ?? new LedgerUse();

    public DatabaseOptions Options => options;

    /// <summary>
    /// Gets or sets a value that indicates whether commits wait for a synchronous standby at all: an operator may have turned that off.
    /// </summary>
    public bool HasStandby
    {
        get => _hasStandby;
        set => _hasStandby = value;
    }

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
        var text = ConnectionSettings.Parse(connectionString, options);
        _connectionString = text.ConnectionString;
        var settings = ConnectionSettings.Statements(Use);
        _source = Source(_connectionString, settings);
        _single = Source(ConnectionSettings.OfSingle(_connectionString), settings + ConnectionSettings.OnePlan);

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

    /// <summary>
    /// Compares the timeline of the server, now and with each new connection, with the one on which the ledger was before.
    /// </summary>
    public async Task WatchTimelineAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        await using var command = NoteTimeline(connection);
        Note(await command.ExecuteScalarAsync(cancellationToken));
        _watchesTimeline = true;
    }

    private NpgsqlDataSource Source(string connectionString, string settings)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        // The ledger's statements use built-in types only. Reading all types of the database would be the most expensive query of a start.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                using var command = new NpgsqlCommand(settings, connection);
                _ = command.ExecuteNonQuery();
                if (!_watchesTimeline)
                    return;
                using var note = NoteTimeline(connection);
                Note(note.ExecuteScalar());
            },
            async connection =>
            {
                await using var command = new NpgsqlCommand(settings, connection);
                await command.ExecuteNonQueryAsync(CancellationToken.None);
                if (!_watchesTimeline)
                    return;
                await using var note = NoteTimeline(connection);
                Note(await note.ExecuteScalarAsync(CancellationToken.None));
            });
        return builder.Build();
    }

    private NpgsqlCommand NoteTimeline(NpgsqlConnection connection) =>
        new("select note_timeline($1)", connection) { Parameters = { new() { Value = Use.NeedsStandby } } };

    private void Note(object? timeline)
    {
        if (timeline is string changed)
            log.TimelineChanged(changed);
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
            // Npgsql does not wrap a name lookup that times out, nor a lack of descriptors. Where only a standby answers, it fails at the
            // first statement (ConnectionSettings).
            catch (Exception reason) when (
                reason is TimeoutException or SocketException || reason is NpgsqlException and not PostgresException
                {
                    IsTransient: false, SqlState: not PostgresErrorCodes.ObjectNotInPrerequisiteState
                })
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
