using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// The built service as a process, for kills, signals, exit codes and console output. It has its own embedded database unless a setting
/// names another.
/// </summary>
internal sealed partial class ServiceProcess : IAsyncDisposable
{
    private const int SigInt = 2;
    private const int SigKill = 9;
    private const int SigTerm = 15;

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ChunkUpload.Api.dll");

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<(string Text, TaskCompletionSource Found)> _waiting = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _ownsFolder;

    private ServiceProcess(ProcessStartInfo start, string dataDirectory, bool ownsFolder)
    {
        _ownsFolder = ownsFolder;
        DataDirectory = dataDirectory;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _ = _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string DataDirectory { get; }

    public string KeyFile => Path.Combine(DataDirectory, "operator.key");

    public string Key => File.ReadAllText(KeyFile).Trim();

    public int ProcessId => _process.Id;

    /// <summary>Standard output and error, in order.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Known once the service is ready.</summary>
    public Uri Address => _ready.Task.IsCompletedSuccessfully
        ? _ready.Task.Result
        : throw new InvalidOperationException("The service is not ready.");

    /// <summary>Starts <c>serve</c> on a free port and waits until it is ready.</summary>
    /// <param name="dataDirectory">Null creates a fresh one, which is deleted at the end.</param>
    /// <param name="makesCluster">Whether it makes its own cluster at its first start, and gets no copy of a prepared one.</param>
    public static async Task<ServiceProcess> StartAsync(
        string? dataDirectory = null, IEnumerable<string>? arguments = null, IReadOnlyDictionary<string, string>? environment = null,
        bool makesCluster = false)
    {
        var folder = dataDirectory ?? ServiceFolder.Create();
        string[] given = [.. arguments ?? []];
        var hasLedger = given.Concat(environment?.Keys ?? []).Any(one => one.Contains("Ledger", StringComparison.OrdinalIgnoreCase));
        if (!makesCluster && !hasLedger && !Path.Exists(Path.Combine(folder, "postgres")))
            await PreparedCluster.CopyAsync(folder);
        var start = StartInfo(Program, ["serve", "--data", folder, "--urls", "http://127.0.0.1:0", .. given], environment);
        return await ReadyAsync(new ServiceProcess(start, folder, ownsFolder: dataDirectory is null));
    }

    /// <summary>Starts <c>serve</c> of a published program with all settings in environment variables.</summary>
    public static Task<ServiceProcess> StartPublishedAsync(
        string program, string dataDirectory, IReadOnlyDictionary<string, string> environment) =>
        ReadyAsync(new ServiceProcess(StartInfo(program, ["serve"], environment), dataDirectory, ownsFolder: false));

    /// <summary>Starts any verb without waiting.</summary>
    public static ServiceProcess Launch(
        string? dataDirectory, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var folder = dataDirectory ?? ServiceFolder.Create();
        return new ServiceProcess(
            StartInfo(Program, [.. arguments, "--data", folder], environment), folder, ownsFolder: dataDirectory is null);
    }

    /// <summary>
    /// Starts <c>serve</c> at this address without waiting, with a standard output that accepts nothing more, as on a full disk.
    /// </summary>
    public static ServiceProcess LaunchUnheard(Uri address)
    {
        var folder = ServiceFolder.Create();
        var start = StartInfo(Program, ["serve", "--data", folder, "--urls", address.OriginalString], environment: null);
        string[] command = [start.FileName, .. start.ArgumentList];
        start.FileName = "sh";
        start.ArgumentList.Clear();
        foreach (var argument in (string[])["-c", "exec \"$@\" > /dev/full", "sh", .. command])
            start.ArgumentList.Add(argument);
        return new ServiceProcess(start, folder, ownsFolder: true);
    }

    /// <summary>Starts any verb of a published program without waiting.</summary>
    public static ServiceProcess LaunchPublished(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment) =>
        new(StartInfo(program, arguments, environment), dataDirectory: "", ownsFolder: false);

    private static async Task<ServiceProcess> ReadyAsync(ServiceProcess service)
    {
        try
        {
            var ended = service._process.WaitForExitAsync();
            if (await Task.WhenAny(service._ready.Task, ended).WaitAsync(Eventually.Limit) == ended && !service._ready.Task.IsCompleted)
                Assert.Fail($"The service ended with code {service._process.ExitCode} before it was ready:\n{service.Output}");
            return service;
        }
        catch (Exception e)
        {
            await service.DisposeAsync();
            if (e is TimeoutException)
                Assert.Fail($"The service did not become ready:\n{service.Output}");
            throw;
        }
    }

    private static ProcessStartInfo StartInfo(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(IsSetting))
            _ = start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return start;
    }

    /// <summary>Waits until a line with this text has been written.</summary>
    public async Task WaitForLineAsync(string text)
    {
        var found = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue((text, found));
        // Lines that were written before the call count as well.
        if (_output.Any(line => line.Contains(text, StringComparison.Ordinal)))
            return;
        await found.Task.WaitAsync(Eventually.Limit);
    }

    /// <summary>Closes its standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>Types a line.</summary>
    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>A client with the operator key.</summary>
    public HttpClient CreateClient(bool withKey = true)
    {
        var client = new HttpClient { BaseAddress = Address };
        if (withKey && File.Exists(KeyFile))
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }

    public void Terminate() => _ = Libc.Kill(ProcessId, SigTerm);

    public void Interrupt() => _ = Libc.Kill(ProcessId, SigInt);

    /// <summary>Sends SIGKILL to the service alone; its database keeps running, as after a crash.</summary>
    public async Task Kill9Async()
    {
        _ = Libc.Kill(ProcessId, SigKill);
        await ExitCodeAsync();
    }

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    public Task<int> StopAsync()
    {
        Terminate();
        return ExitCodeAsync();
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Eventually.Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            Terminate();
        try
        {
            await ExitCodeAsync();
        }
        catch (TimeoutException)
        {
            await Kill9Async();
        }

        _process.Dispose();
        if (!_ownsFolder)
            return;
        await StopOrphanedDatabaseAsync(DataDirectory);
        ServiceFolder.Remove(DataDirectory);
    }

    /// <summary>After a kill the database keeps running; the next incarnation adopts it and stops it in order.</summary>
    public static async Task StopOrphanedDatabaseAsync(string dataDirectory)
    {
        if (!File.Exists(Path.Combine(dataDirectory, "postgres", "postmaster.pid")))
            return;
        await using var migrate = Launch(dataDirectory, ["migrate"]);
        await migrate.ExitCodeAsync();
    }

    private static bool IsSetting(string name) =>
        name.StartsWith(Setting.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase);

    private void Take(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        foreach (var (text, found) in _waiting)
        {
            if (line.Contains(text, StringComparison.Ordinal))
                _ = found.TrySetResult();
        }

        if (ReadyLine().Match(line) is { Success: true } match)
            _ = _ready.TrySetResult(new Uri(match.Groups[1].Value));
    }

    [GeneratedRegex(Banner.ReadyWords + @" (?:\\"")?(https?://[^ ,""\\]+)")]
    private static partial Regex ReadyLine();
}
