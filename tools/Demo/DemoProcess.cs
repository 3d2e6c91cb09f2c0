using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;

namespace ChunkUpload.Demo;

/// <summary>The service as a process on a data directory of its own. Its output goes to the terminal.</summary>
internal sealed partial class DemoProcess : IAsyncDisposable
{
    // The demo's clients pretend to be elsewhere, as a proxy would say of real ones. A line for each of their requests would hide the rest.
    private static readonly string[] Settings =
    [
        "--Proxy:Trusted=127.0.0.1", "--Webhooks:AllowPrivateNetworks=true", "--Jobs:ScrubBytesPerSecond=65536",
        "--Log:Level=Warning",
        // Files that come slowly leave room for those of a person who tries it, and each piece that arrives is seen.
        "--Transfers:AtOnce=12", "--Transfers:PieceSize=655360",
    ];

    private const string Connections = "ChunkUpload__Connections__";

    // An embedded cluster names its socket's folder in this line of postmaster.pid.
    private const int SocketLine = 4;

    private readonly Process _process;
    private readonly string _data;
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DemoProcess(Process process, string data)
    {
        (_process, _data) = (process, data);
        _process.OutputDataReceived += (_, line) => Take(line.Data, Console.Out);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, Console.Error);
    }

    public Uri Address => _ready.Task.Result;

    public string Key => File.ReadAllText(Path.Combine(_data, "operator.key")).Trim();

    public string ConnectionString
    {
        get
        {
            var socket = File.ReadLines(Path.Combine(_data, "postgres", "postmaster.pid")).ElementAt(SocketLine);
            return new NpgsqlConnectionStringBuilder
            {
                Host = socket,
                Username = "chunkupload",
                Database = "chunkupload",
                SslMode = SslMode.Disable,
                GssEncryptionMode = GssEncryptionMode.Disable,
                Pooling = false,
            }.ConnectionString;
        }
    }

    public bool HasFailed => _process is { HasExited: true, ExitCode: not 0 };

    /// <param name="storages">Settings that lead to the emulated storages. Applications that .env has would not be known there.</param>
    public static async Task<DemoProcess> StartAsync(
        string program, string data, IReadOnlyDictionary<string, string> storages, IEnumerable<string> arguments,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [program, "serve", "--data", data, .. Settings, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.ToList())
        {
            if (name.StartsWith(Connections, StringComparison.OrdinalIgnoreCase))
                _ = start.Environment.Remove(name);
        }

        foreach (var (name, value) in storages)
            start.Environment[$"ChunkUpload__{name.Replace(":", "__", StringComparison.Ordinal)}"] = value;
        var service = new DemoProcess(new Process { StartInfo = start }, data);
        _ = service._process.Start();
        service._process.BeginOutputReadLine();
        service._process.BeginErrorReadLine();
        try
        {
            if (await Task.WhenAny(service._ready.Task, service.EndedAsync()).WaitAsync(cancellationToken) == service._ready.Task)
                return service;
        }
        catch (OperationCanceledException)
        {
            await service.DisposeAsync();
            throw;
        }

        await service.DisposeAsync();
        throw new DemoException("The service did not start; the lines above say why.");
    }

    public Task EndedAsync() => _process.WaitForExitAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await kill.WaitForExitAsync();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Take(string? line, TextWriter to)
    {
        if (line is null)
            return;
        to.WriteLine(line);
        if (ReadyLine().Match(line) is { Success: true } match)
            _ = _ready.TrySetResult(new Uri(match.Groups[1].Value));
    }

    [GeneratedRegex("is ready: (https?://[^ ,\"]+)")]
    private static partial Regex ReadyLine();
}
