using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>The lab's own PostgreSQL server, for faults from which the embedded one would recover by itself.</summary>
internal sealed class OwnCluster
{
    private const string User = "postgres";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly LabRun _run;
    private readonly string _folder;
    private readonly string _binaries;
    private KeyValuePair<string, string>[] _environment = [];
    private string[] _settings = [];
    private Process? _process;

    private OwnCluster(LabRun run, string folder, string binaries)
    {
        (_run, _folder, _binaries) = (run, folder, binaries);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        run.Later(async () =>
        {
            if (_process is not null)
                await KillAsync();
        });
    }

    public int Port { get; }

    public string ConnectionString => ConnectionStringAt(Port);

    public static string ConnectionStringAt(int port, string database = User) =>
        $"Host=127.0.0.1;Port={port};Username={User};Database={database}";

    /// <summary>The connection string of several servers, of which one is the primary.</summary>
    public static string ConnectionStringAt(IReadOnlyList<int> ports) =>
        $"Host={string.Join(',', ports.Select(port => $"127.0.0.1:{port}"))};Username={User};Database={User}";

    /// <param name="folder">An empty folder, or one to create; its owner becomes PostgreSQL's user.</param>
    /// <param name="environment">The environment of the server's process.</param>
    /// <param name="settings">Further settings of the server, such as <c>wal_keep_size=512MB</c>.</param>
    public static async Task<OwnCluster> CreateAsync(
        LabRun run, string folder, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null,
        params string[] settings)
    {
        var binaries = Directory.GetDirectories("/usr/lib/postgresql")
            .OrderBy(path => int.TryParse(Path.GetFileName(path), out var major) ? major : 0).Last() + "/bin";
        var cluster = new OwnCluster(run, folder, binaries)
        {
            _environment = [.. environment ?? new Dictionary<string, string>()],
            _settings = settings,
        };
        await cluster.FillAsync(["initdb", "-D", folder, "-U", User, "-A", "trust", "-E", "UTF8", "--no-sync"], cancellationToken);
        await cluster.StartAsync(cancellationToken);
        return cluster;
    }

    /// <summary>Makes another server with the same settings, which is a standby of this one.</summary>
    public async Task<OwnCluster> AddStandbyAsync(string folder, CancellationToken cancellationToken)
    {
        var standby = new OwnCluster(_run, folder, _binaries) { _environment = _environment, _settings = _settings };
        await standby.FollowAsync(this, cancellationToken);
        return standby;
    }

    /// <summary>Replaces everything that a stopped server has by a copy of another one, and starts it as a standby of that one.</summary>
    public async Task FollowAsync(OwnCluster primary, CancellationToken cancellationToken)
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
        // With a slot, the copy itself would confirm commits as a synchronous standby does.
        await FillAsync(
            ["pg_basebackup", "-D", _folder, "-h", "127.0.0.1", "-p", $"{primary.Port}", "-U", User, "-c", "fast", "-R", "--no-slot",
                "--no-sync"],
            cancellationToken);
        await StartAsync(cancellationToken);
        while ((await primary.AskAsync("select sync_state from pg_stat_replication where state = 'streaming'", cancellationToken))
            .Output.Trim() is not "sync")
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
    }

    /// <summary>Makes a standby the primary.</summary>
    public async Task PromoteAsync(CancellationToken cancellationToken)
    {
        var (code, output, error) = await AskAsync("select pg_promote()", cancellationToken);
        if (code != 0 || output.Trim() != "t")
            throw new LabException($"The standby could not be promoted: {output}{error}");
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            _process = Shell.Begin("setpriv",
            [
                .. Identity, "env", .. _environment.Select(variable => $"{variable.Key}={variable.Value}"), $"{_binaries}/postgres", "-D",
                    _folder, "-p", Port.ToString(CultureInfo.InvariantCulture),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "shared_buffers=32MB", "-c",
                    "max_connections=120", .. _settings.SelectMany(setting => (string[])["-c", setting]),
            ]);
            _ = _process.StandardError.ReadToEndAsync(CancellationToken.None);
            _ = _process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            // Backends of a killed server block a new one until they have exited.
            while (!_process.HasExited)
            {
                if ((await AskAsync("select 1", cancellationToken)).Code == 0)
                    return;
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }

            _process.Dispose();
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    public Task<(int Code, string Output, string Error)> AskAsync(
        string sql, CancellationToken cancellationToken, string database = User) =>
        Shell.TryAsync($"{_binaries}/psql", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", User, "-d", database, "-v", "ON_ERROR_STOP=1",
            "-qAt", "-c", sql], cancellationToken);

    /// <summary>Runs the statements of a file with psql, and stops at the first that fails.</summary>
    public Task<(int Code, string Output, string Error)> RunFileAsync(
        string path, CancellationToken cancellationToken, string database = User) =>
        Shell.TryAsync($"{_binaries}/psql", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", User, "-d", database, "-v", "ON_ERROR_STOP=1",
            "-qX", "-f", path], cancellationToken);

    /// <summary>Terminates every connection except its own.</summary>
    public async Task TerminateBackendsAsync(CancellationToken cancellationToken)
    {
        var (code, _, error) = await AskAsync("select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> "
            + "pg_backend_pid() and backend_type = 'client backend'", cancellationToken);
        _run.Check(code == 0, $"the connections could not be ended: {error}");
    }

    public void SignalAll(int signal)
    {
        foreach (var process in (int[])[_process!.Id, .. Processes.Children(_process.Id)])
            Processes.Signal(process, signal);
    }

    /// <summary>Sends SIGKILL to the server and all its backends.</summary>
    public async Task KillAsync()
    {
        if (_process!.HasExited)
            return;
        int[] all = [_process.Id, .. Processes.Children(_process.Id)];
        foreach (var process in all)
        {
            Processes.Signal(process, Processes.Kill);
            Processes.Signal(process, Processes.Continue);
        }

        foreach (var process in all)
            await Processes.GoneAsync(process);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Stops the server in order, with the fast mode.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Processes.Signal(_process!.Id, Processes.Interrupt);
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Runs a program of PostgreSQL that fills the server's folder.</summary>
    private async Task FillAsync(string[] command, CancellationToken cancellationToken)
    {
        _ = await Shell.RunAsync("install", ["-d", "-m", "700", "-o", User, _folder], cancellationToken);
        _ = await Shell.RunAsync("setpriv", [.. Identity, $"{_binaries}/{command[0]}", .. command[1..]], cancellationToken);
    }

    private static string[] Identity => ["--reuid", User, "--regid", User, "--clear-groups", "--"];
}
