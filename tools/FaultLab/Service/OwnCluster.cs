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

    /// <param name="folder">An empty folder, or one to create; its owner becomes PostgreSQL's user.</param>
    /// <param name="environment">The environment of the server's process.</param>
    public static async Task<OwnCluster> CreateAsync(
        LabRun run, string folder, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? environment = null)
    {
        var binaries = Directory.GetDirectories("/usr/lib/postgresql")
            .OrderBy(path => int.TryParse(Path.GetFileName(path), out var major) ? major : 0).Last() + "/bin";
        _ = Directory.CreateDirectory(folder);
        _ = await Shell.RunAsync("chown", [User, folder], cancellationToken);
        var cluster = new OwnCluster(run, folder, binaries) { _environment = [.. environment ?? new Dictionary<string, string>()] };
        _ = await Shell.RunAsync("setpriv",
            [.. Identity, $"{binaries}/initdb", "-D", folder, "-U", User, "-A", "trust", "-E", "UTF8", "--no-sync"], cancellationToken);
        await cluster.StartAsync(cancellationToken);
        return cluster;
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
                    "max_connections=120",
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

    private static string[] Identity => ["--reuid", User, "--regid", User, "--clear-groups", "--"];
}
