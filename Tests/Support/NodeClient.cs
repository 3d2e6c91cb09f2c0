using System.Diagnostics;
using System.Text.Json;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// A test that runs a client in node; skipped where the packages of Tests/Clients are not installed, which tools/test does.
/// </summary>
internal sealed class ClientFactAttribute : FactAttribute
{
    public ClientFactAttribute() => Skip = NodeClient.Missing;
}

/// <summary>As <see cref="ClientFactAttribute"/>, for several cases.</summary>
internal sealed class ClientTheoryAttribute : TheoryAttribute
{
    public ClientTheoryAttribute() => Skip = NodeClient.Missing;
}

/// <summary>A test that runs a client in Chromium.</summary>
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = NodeClient.BrowserMissing;
}

/// <summary>A script of Tests/Clients in a process of its own.</summary>
internal sealed class NodeClient : IDisposable
{
    // Only so that a hang ends in a message; nothing is measured with it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string Folder = Path.Combine(Repository.Root, "Tests", "Clients");

    private readonly Process _process;
    private readonly Task<string> _errors;

    private NodeClient(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public static string? Missing { get; } =
        Directory.Exists(Path.Combine(Folder, "node_modules", "tus-js-client"))
            ? null
            : "the packages of Tests/Clients are not installed: run ./tools/test";

    /// <summary>What a test in a browser needs besides.</summary>
    public static string? BrowserMissing { get; } =
        Missing
        ?? (Browser is null ? "there is no Chromium: run ./tools/test" : null)
        ?? (File.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot", "examples", "lib", "uppy.js"))
            ? null
            : "the examples have no libraries: run ./tools/test");

    /// <summary>Where Chromium is, or null.</summary>
    public static string? Browser =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
         from name in new[] { "chromium", "chromium-browser", "google-chrome" }
         let path = Path.Combine(folder, name)
         where File.Exists(path)
         select path).FirstOrDefault();

    public static NodeClient Start(string script, string? scenario, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("node", scenario is null ? [script] : [script, scenario])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new NodeClient(start);
    }

    /// <summary>Runs a script to its end; the last line that it prints.</summary>
    public static async Task<JsonElement> RunAsync(string script, string? scenario, params (string Name, string Value)[] environment)
    {
        using var client = Start(script, scenario, environment);
        return await client.ResultAsync();
    }

    /// <summary>The next line that it prints.</summary>
    public async Task<string> LineAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience)
        ?? throw new InvalidOperationException($"The client ended before it was to:\n{await _errors}");

    public Task GoOnAsync() => _process.StandardInput.WriteLineAsync("go on");

    public async Task<JsonElement> ResultAsync()
    {
        var line = await LineAsync();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(_process.ExitCode == 0, await _errors);
        return JsonDocument.Parse(line).RootElement.Clone();
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
