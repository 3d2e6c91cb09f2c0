using System.Diagnostics;
using System.Globalization;
using ChunkUpload.Tests.Support;
using Xunit.Abstractions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu as one native program without a runtime, where the compiler for it can be had.</summary>
public sealed class AotTests(ITestOutputHelper say) : IDisposable
{
    private const int Starts = 5;

    private static readonly string[] Sources =
    [
        "Clients", "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", "BannedSymbols.txt",
        "Infrastructure/Posix/BannedSymbols.txt",
    ];

    private readonly string _folder = ServiceFolder.Create();

    public void Dispose() => ServiceFolder.Remove(_folder);

    [Fact]
    [Trait("Runs", "release")]
    public async Task Cu_is_published_as_a_native_program_that_starts_and_encrypts()
    {
        // A copy, because the restore for one system would change the projects' own state.
        var sources = string.Join(' ', Sources);
        await RunAsync("sh", "-c", $"tar c --exclude=bin --exclude=obj -C {Repository.Root} {sources} | tar x -C {_folder}");
        var (code, output) = await TryAsync(
            "dotnet", "publish", "Clients/Cli", "-c", "Release", "-r", "linux-x64", "-p:PublishAot=true", "-p:RunAnalyzers=false",
            "-p:TreatWarningsAsErrors=false", "-o", "out", "--nologo", "-v", "q");
        if (code != 0 && (output.Contains("NU1", StringComparison.Ordinal) || output.Contains("Platform linker", StringComparison.Ordinal)))
        {
            say.WriteLine($"The native compiler is not to be had here: {output}");
            return;
        }

        Assert.True(code == 0, output);
        var program = Path.Combine(_folder, "out", "cu");
        var began = TimeProvider.System.GetTimestamp();
        for (var start = 0; start < Starts; start++)
            Assert.StartsWith("cu ", await RunAsync(program, "version"), StringComparison.Ordinal);
        var each = TimeProvider.System.GetElapsedTime(began).TotalMilliseconds / Starts;
        say.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{new FileInfo(program).Length >> 20} MiB, starts in {each:0} ms"));
        Assert.Contains("cu up film.mp4 --to 2026/", await RunAsync(program, "--help"), StringComparison.Ordinal);
        Assert.StartsWith("age1pq1", await RunAsync(program, "keygen", "--post-quantum", "key.txt"), StringComparison.Ordinal);
        Assert.StartsWith("{\"ok\":true,", await RunAsync(program, "keygen", "other.txt", "--json"), StringComparison.Ordinal);
    }

    private async Task<string> RunAsync(string name, params string[] arguments)
    {
        var (code, output) = await TryAsync(name, arguments);
        Assert.True(code == 0, output);
        return output;
    }

    private async Task<(int Code, string Output)> TryAsync(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo(name, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_STATE_HOME"] = Path.Combine(_folder, "state");
        start.Environment["XDG_CONFIG_HOME"] = Path.Combine(_folder, "config");
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }
}
