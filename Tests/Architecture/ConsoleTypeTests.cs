using System.Diagnostics;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Architecture;

/// <summary>The JSDoc types of the console's scripts, checked with the TypeScript compiler of Tests/Clients.</summary>
public sealed class ConsoleTypeTests
{
    private static readonly string Clients = Path.Combine(Repository.Root, "Tests", "Clients");

    /// <summary>The pages, and the service worker, which has other global variables.</summary>
    [NodeTheory]
    [InlineData("tsconfig.json")]
    [InlineData("tsconfig.worker.json")]
    public async Task The_types_of_the_console_fit(string project)
    {
        var compiler = Path.Combine(Clients, "node_modules", "typescript", "bin", "tsc");
        Assert.True(File.Exists(compiler), "The packages of Tests/Clients are not installed. Run ./tools/test or npm ci there.");
        var start = new ProcessStartInfo("node", [compiler, "--pretty", "false", "--project", project])
        {
            WorkingDirectory = Path.Combine(Repository.Root, "Api", "wwwroot", "build"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var complaints = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync())
            .WaitAsync(Eventually.Limit);
        await process.WaitForExitAsync().WaitAsync(Eventually.Limit);
        Assert.True(process.ExitCode == 0, string.Concat(complaints));
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class NodeTheoryAttribute : TheoryAttribute
    {
        public NodeTheoryAttribute() => Skip = HasNode() ? null : "node is not installed: run ./tools/test";

        private static bool HasNode() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, "node")));
    }
}
