using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Live;

/// <summary>The real service as a process with its own database, in a folder that is deleted afterwards.</summary>
internal sealed partial class LiveService : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly string _folder;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LiveService(Process process, string folder) => (_process, _folder) = (process, folder);

    public Uri Address => _ready.Task.Result;

    public string Key => File.ReadAllText(Path.Combine(_folder, "operator.key")).Trim();

    public static async Task<LiveService> StartAsync(string root, AdvisorPolicy policy, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("advisor-live-").FullName;
        // Without network memory, because all uploads come from this machine.
        string[] arguments =
            ["serve", "--data", folder, "--urls", "http://127.0.0.1:0", "--Advisor:NetworkMemory=0s", $"--Advisor:Policy={policy}"];
        var start = new ProcessStartInfo(
            Path.Combine(root, "tools", "run"), arguments)
        { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("ChunkUpload__", StringComparison.OrdinalIgnoreCase))
            .ToList())
            _ = start.Environment.Remove(name);
        var service = new LiveService(new Process { StartInfo = start }, folder);
        service._process.OutputDataReceived += (_, line) => service.Take(line.Data);
        service._process.ErrorDataReceived += (_, line) => service.Take(line.Data);
        _ = service._process.Start();
        service._process.BeginOutputReadLine();
        service._process.BeginErrorReadLine();
        var ended = service._process.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(service._ready.Task, ended).WaitAsync(Patience, TimeProvider.System, cancellationToken) == ended)
            throw new LabException($"The service ended before it was ready:\n{string.Join('\n', service._output)}");
        return service;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await kill.WaitForExitAsync(CancellationToken.None);
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience, TimeProvider.System);
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Take(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (ReadyLine().Match(line) is { Success: true } match)
            _ = _ready.TrySetResult(new Uri(match.Groups[1].Value));
    }

    [GeneratedRegex("is ready: (https?://[^ ,\"]+)")]
    private static partial Regex ReadyLine();
}
