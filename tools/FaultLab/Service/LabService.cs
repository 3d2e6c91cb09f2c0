using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Service;

/// <summary>The built service as a process that can be killed and restarted, always with the same address and data directory.</summary>
internal sealed class LabService : IAsyncDisposable
{
    private const int ErrorsTold = 5;
    private const int LinesOfError = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    // The same as tools/run sets, because memory is measured too.
    private static readonly KeyValuePair<string, string>[] AsRun =
    [
        new("DOTNET_GCgen0size", "0x400000"), new("MALLOC_ARENA_MAX", "2"), new("MALLOC_MMAP_THRESHOLD_", "65536"),
            new("MALLOC_TRIM_THRESHOLD_", "65536"),
    ];

    // Longer than the process lives, in milliseconds and hexadecimal: optimized recompilation would not pay off before it ends.
    private static readonly KeyValuePair<string, string> AsItIsCompiled = new("DOTNET_TC_CallCountingDelayMs", "EA60");

    private readonly LabRun _run;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _process;
    private TaskCompletionSource _ready = new();

    public LabService(LabRun run, string data)
    {
        (_run, Data) = (run, data);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        run.Later(() => DisposeAsync().AsTask());
    }

    public string Data { get; }

    public Uri Address { get; }

    /// <summary>Settings besides data directory and address, such as <c>--Storage:ReserveBytes=0</c>.</summary>
    public List<string> Settings { get; } = [];

    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The process will be killed after some seconds.</summary>
    public bool IsBrief { get; init; }

    /// <summary>A program that starts the service by exec.</summary>
    public List<string> Wrapper { get; } = [];

    public string KeyFile => Path.Combine(Data, "operator.key");

    public string Key => File.ReadAllText(KeyFile).Trim();

    public int ProcessId => _process?.Id ?? throw new LabException("The service does not run.");

    public bool IsRunning => _process is { HasExited: false };

    public TimeSpan LongestStart { get; private set; }

    public IEnumerable<string> Output => _output;

    private string Program => Path.Combine(_run.Root, "artifacts", "service", "ChunkUpload.Api.dll");

    /// <summary>The process id of the embedded cluster; null when it does not run.</summary>
    public int? Postmaster
    {
        get
        {
            var file = Path.Combine(Data, "postgres", "postmaster.pid");
            try
            {
                return File.Exists(file) && int.TryParse(
                    File.ReadLines(file).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>Starts the process without waiting.</summary>
    public void Launch()
    {
        _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ready = _ready;
        string[] command = [.. Wrapper, "dotnet", Program, "serve", "--data", Data, "--urls", Address.OriginalString, .. Settings];
        var start = new ProcessStartInfo(
            command[0], command[1..])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ChunkUpload__", StringComparison.OrdinalIgnoreCase))
            .ToList())
            _ = start.Environment.Remove(name);
        foreach (var (name, value) in AsRun.Concat(IsBrief ? [AsItIsCompiled] : []).Concat(Environment))
            start.Environment[name] = value;
        _process?.Dispose();
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data, ready);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, ready);
        _ = _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Ended = _process.WaitForExitAsync(CancellationToken.None);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        Launch();
        await ReadyAsync(cancellationToken);
        var took = TimeProvider.System.GetElapsedTime(began);
        if (took > LongestStart)
            LongestStart = took;
    }

    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        if (await Task.WhenAny(_ready.Task, Ended).WaitAsync(Patience, TimeProvider.System, cancellationToken) == Ended)
            throw new LabException($"The service ended before it was ready, {LastWords}");
    }

    /// <summary>Completes when the service reports that it is ready.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Null while the process runs.</summary>
    public int? ExitCode => _process is { HasExited: true } ended ? ended.ExitCode : null;

    /// <summary>Completes when the process ends.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>The exit code and the last lines of output.</summary>
    public string LastWords => $"exit code {_process?.ExitCode}:\n{string.Join('\n', _output.TakeLast(25))}";

    /// <summary>Sends SIGKILL and waits until the kernel has removed the process.</summary>
    public async Task KillAsync()
    {
        if (!IsRunning)
            return;
        _process!.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Sends SIGKILL to all processes of the embedded database, too.</summary>
    public async Task KillDatabaseAsync()
    {
        if (Postmaster is not { } postmaster)
            return;
        int[] all = [postmaster, .. Processes.Children(postmaster)];
        foreach (var process in all)
            Processes.Signal(process, Processes.Kill);
        foreach (var process in all)
            await Processes.GoneAsync(process);
    }

    /// <summary>Sends SIGTERM; the service stops its database too.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        if (!IsRunning)
            // A process that ended by itself has not stopped in order.
            return _process?.ExitCode ?? 0;
        Processes.Signal(_process!.Id, Processes.Terminate);
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, TimeProvider.System);
        return _process.ExitCode;
    }

    /// <summary>Runs fsck with every byte read, and expects no finding.</summary>
    public async Task FsckAsync(CancellationToken cancellationToken)
    {
        string[] plain = [.. Settings.Where(setting => setting.StartsWith("--ConnectionStrings", StringComparison.Ordinal)
            || setting.StartsWith("--Storage:S3", StringComparison.Ordinal))];
        var (code, output, error) =
            await Shell.TryAsync("dotnet", [Program, "fsck", "--deep", "--data", Data, .. plain], cancellationToken);
        _run.Check(code == 0 && !output.Contains("were not checked", StringComparison.Ordinal),
            $"fsck ended with {code}: {output.Trim()} {error.Trim()}");
    }

    /// <summary>Runs a maintenance job and waits for its end.</summary>
    public async Task RunJobAsync(string name, CancellationToken cancellationToken)
    {
        using var wire = new WitnessClient(Address, Key);
        while ((await wire.AskAsync(HttpMethod.Post, $"/api/jobs/{name}/run", null, cancellationToken))?.Status is not 202)
            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        while ((await wire.AskAsync(
            HttpMethod.Get, $"/api/jobs/{name}", null, cancellationToken))?.Json?["state"]?.ToString() is not "idle")
            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
    }

    /// <summary>Runs another command of the program on the data directory, with all settings.</summary>
    public Task CommandAsync(string command, CancellationToken cancellationToken) =>
        Shell.RunAsync("dotnet", [Program, command, "--data", Data, .. Settings], cancellationToken);

    /// <summary>The findings of fsck with every byte read.</summary>
    public async Task<IReadOnlyList<JsonNode>> FindingsAsync(CancellationToken cancellationToken)
    {
        var (_, output, error) = await Shell.TryAsync("dotnet", [Program, "fsck", "--deep", "--json", "--data", Data], cancellationToken);
        return output.Length > 0
            ? [.. JsonNode.Parse(output)!["findings"]!.AsArray().Select(finding => finding!)]
            : throw new LabException($"fsck said nothing: {error}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        await KillAsync();
        _process.Dispose();
        _process = null;
        await KillDatabaseAsync();
        // A cluster that the service had to create elsewhere; the link points to it.
        if (new DirectoryInfo(Path.Combine(Data, "postgres")) is { LinkTarget: { } target } && Directory.Exists(target))
            Directory.Delete(Path.GetDirectoryName(target)!, recursive: true);
        await File.WriteAllLinesAsync(_run.Place($"service-{Address.Port}.log"), _output, CancellationToken.None);
        if (_run.Violations.Count > 0)
            TellErrors();
    }

    // A failed CI run leaves nothing but its output, so print the errors.
    private void TellErrors()
    {
        string[] lines = [.. _output];
        foreach (var at in Enumerable.Range(0, lines.Length).Where(at => lines[at].Contains(" error ", StringComparison.Ordinal))
            .Take(ErrorsTold))
            _run.Tell(string.Join("\n    ", lines.Skip(at).Take(LinesOfError)));
    }

    private void Take(string? line, TaskCompletionSource ready)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        while (_output.Count > 200_000)
            _ = _output.TryDequeue(out _);
        if (line.Contains("is ready: http", StringComparison.Ordinal))
            _ = ready.TrySetResult();
    }
}
