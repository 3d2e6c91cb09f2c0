using System.Diagnostics;
using System.Text.Json;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// A test that runs a client in node; skipped where the packages of Tests/Clients are not installed. tools/test installs them.
/// </summary>
internal sealed class ClientFactAttribute : FactAttribute
{
    public ClientFactAttribute() => Skip = NodeClient.Missing;
}

/// <summary>Like <see cref="ClientFactAttribute"/>, for theories.</summary>
internal sealed class ClientTheoryAttribute : TheoryAttribute
{
    public ClientTheoryAttribute() => Skip = NodeClient.Missing;
}

/// <summary>A test that runs a client in Chromium.</summary>
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = NodeClient.BrowserMissing;
}

/// <summary>A test that runs the console in Chromium.</summary>
internal sealed class ConsoleFactAttribute : FactAttribute
{
    public ConsoleFactAttribute() => Skip = NodeClient.ConsoleMissing;
}

/// <summary>Like <see cref="ConsoleFactAttribute"/>, for theories.</summary>
internal sealed class ConsoleTheoryAttribute : TheoryAttribute
{
    public ConsoleTheoryAttribute() => Skip = NodeClient.ConsoleMissing;
}

/// <summary>A script of Tests/Clients as a process.</summary>
internal sealed class NodeClient : IDisposable
{
    // Ends a hanging test with a message; no test measures with it.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

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

    /// <summary>Returns whether a package is installed.</summary>
    public static bool Has(string package) => Directory.Exists(Path.Combine(Folder, "node_modules", package));

    /// <summary>The reason why no test of the console can run, or null.</summary>
    public static string? ConsoleMissing { get; } =
        Missing
        ?? (Directory.Exists(Path.Combine(Folder, "node_modules", "axe-core"))
            ? null
            : "the packages of Tests/Clients are not installed: run ./tools/test")
        ?? (Browser is null ? "there is no Chromium: run ./tools/test" : null);

    /// <summary>The reason why no test of the example pages can run, or null.</summary>
    public static string? BrowserMissing { get; } =
        ConsoleMissing
        ?? (File.Exists(Path.Combine(AppContext.BaseDirectory, "wwwroot", "examples", "lib", "uppy.js"))
            ? null
            : "the examples have no libraries: run ./tools/test");

    /// <summary>Chromium's path, or null.</summary>
    public static string? Browser =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
         from name in new[] { "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome" }
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
        // Without a locale of UTF-8, Chromium cannot open files whose names are not ASCII.
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new NodeClient(start);
    }

    /// <summary>Runs a script to its end and returns the last line that it prints.</summary>
    public static async Task<JsonElement> RunAsync(string script, string? scenario, params (string Name, string Value)[] environment)
    {
        using var client = Start(script, scenario, environment);
        return await client.ResultAsync();
    }

    /// <summary>The next printed line.</summary>
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
