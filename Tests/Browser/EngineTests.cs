using System.Diagnostics;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The parts of the upload engine and the console that need no browser, tested in node.</summary>
public sealed class EngineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [ClientFact]
    public async Task The_tests_of_the_engine_pass()
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["--test", "engine.test.mjs"])
        {
            WorkingDirectory = Path.Combine(Repository.Root, "Tests", "Clients"),
            RedirectStandardOutput = true,
        })!;
        var output = await node.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await node.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(node.ExitCode == 0, output);
    }
}
