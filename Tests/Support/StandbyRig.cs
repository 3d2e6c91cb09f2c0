using ChunkUpload.Infrastructure.Database.Embedded;
using ChunkUpload.Infrastructure.Posix;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// Two PostgreSQL servers of its own: a primary, and a standby that streams from it. Each listens at a Unix socket, and both are named in
/// <see cref="ConnectionString"/>.
/// </summary>
internal sealed class StandbyRig : IAsyncDisposable
{
    private const int SigKill = 9;

    private readonly TempFolder _folder = new TempFolder().Passable();
    private readonly Dictionary<string, Postmaster> _running = [];
    private PostgresPrograms? _programs;

    public string ConnectionString => At("a,b");

    private string ReplicationString(string from) =>
        $"host={_folder[from, "postgres", "socket"]} user={EmbeddedPostgres.User} application_name=standby";

    /// <summary>Starts the primary "a". It waits for no standby, and commits are local unless a session says otherwise.</summary>
    public static async Task<StandbyRig> StartAsync()
    {
        var rig = new StandbyRig();
        try
        {
            await PreparedCluster.CopyAsync(rig._folder["a"]);
            rig._programs = await PostgresPrograms.FindAsync(null, null, CancellationToken.None);
            await rig.RunAsync("a");
            await rig.ExecuteAsync("a", "alter system set synchronous_commit = local");
            await rig.ExecuteAsync("a", "alter system set wal_keep_size = '512MB'");
            return rig;
        }
        catch
        {
            await rig.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection string of one or more servers.</summary>
    public string At(string names) => new NpgsqlConnectionStringBuilder
    {
        Host = string.Join(',', names.Split(',').Select(name => _folder[name, "postgres", "socket"])),
        Username = EmbeddedPostgres.User,
        Database = EmbeddedPostgres.Database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>Has the server wait for synchronous standbys of these names.</summary>
    public async Task NameStandbysAsync(string server, string names)
    {
        await ExecuteAsync(server, $"alter system set synchronous_standby_names = '{names}'");
        await ExecuteAsync(server, "select pg_reload_conf()");
        // The process that sends to a standby hears of it a moment later than this one.
        await Eventually.HoldsAsync(async () => await AskAsync<string>(server, "show synchronous_standby_names") == names
            && (names.Length == 0 || !await AskAsync<bool>(
                server, "select exists (select from pg_stat_replication where sync_state not in ('sync', 'quorum', 'potential'))")));
    }

    /// <summary>Makes a new standby of a server, and waits until it is synchronous.</summary>
    public async Task AddStandbyAsync(string name, string of)
    {
        _ = Directory.CreateDirectory(_folder[name]);
        RunFolder.MakePassable(_folder[name]);
        var place = await PlaceAsync(of);
        ClusterFolders.Make(_folder[name, "postgres"], place.Account);
        var copied = await Command.RunAsync(
            Path.Combine(_programs!.Directory, "pg_basebackup"),
            ["-D", _folder[name, "postgres"], "-d", ReplicationString(of), "-X", "stream", "-c", "fast", "-R", "--no-sync"],
            place.Account, CancellationToken.None);
        Assert.True(copied.Succeeded, copied.Error);
        await RunAsync(name);
        await Eventually.HoldsAsync(() => IsStreamingAsync(of));
    }

    public async Task<bool> IsStreamingAsync(string of) =>
        await AskAsync<bool>(of, "select exists (select from pg_stat_replication where state = 'streaming')");

    /// <summary>Starts a server that was stopped.</summary>
    public async Task RunAsync(string name)
    {
        var place = await PlaceAsync(name);
        List<string> line =
        [
            _programs!.Postgres, "-D", place.Directory, "-c", "listen_addresses=", "-c", $"unix_socket_directories={place.SocketDirectory}",
            "-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "logging_collector=off",
        ];
        var postmaster = await PostmasterStart.LaunchAsync(place, line);
        Assert.NotNull(postmaster);
        _running[name] = postmaster;
        await Eventually.HoldsAsync(() => Task.FromResult(postmaster.Status(place.Directory) is "ready" or "standby"));
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                return await AskAsync<int>(name, "select 1") == 1;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        });
    }

    /// <summary>Sends SIGQUIT: the server ends without writing anything more.</summary>
    public Task StopAsync(string name) => EndAsync(name, Libc.SignalQuit);

    public Task Kill9Async(string name) => EndAsync(name, SigKill);

    public async Task PromoteAsync(string name) => Assert.True(await AskAsync<bool>(name, "select pg_promote()"));

    public async Task<T?> AskAsync<T>(string server, string text)
    {
        await using var connection = new NpgsqlConnection(At(server) + ";Pooling=false;Search Path=chunkupload,chunkupload_functions");
        return await connection.ExecuteScalarAsync<T>(text);
    }

    public Task ExecuteAsync(string server, string text) => AskAsync<object>(server, text);

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _running.Keys.ToList())
            await StopAsync(name);
        _folder.Dispose();
    }

    private async Task EndAsync(string name, int signal)
    {
        var postmaster = _running[name];
        postmaster.Signal(signal);
        await Eventually.HoldsAsync(() => !postmaster.IsAlive);
    }

    private Task<ClusterPlace> PlaceAsync(string name) =>
        ClusterPlace.FindAsync(_folder[name], Guid.Empty, _folder.Path, NullLogger.Instance, CancellationToken.None);
}
