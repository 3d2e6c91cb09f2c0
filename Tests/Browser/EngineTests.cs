using System.Diagnostics;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>The upload engine of pages without a browser, in node: its parts, and against the service.</summary>
public sealed class EngineTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly ConsoleRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [ClientFact]
    public async Task The_tests_of_the_engine_pass()
    {
        string[] arguments = ["--test", "engine.test.mjs", "live.test.mjs", "packs.test.mjs", "pages.test.mjs", "parts.test.mjs",
            "sending.test.mjs", "transfers.test.mjs"];
        using var node = Process.Start(new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = Path.Combine(Repository.Root, "Tests", "Clients"),
            RedirectStandardOutput = true,
        })!;
        var output = await node.StandardOutput.ReadToEndAsync().WaitAsync(Eventually.Limit);
        await node.WaitForExitAsync().WaitAsync(Eventually.Limit);
        Assert.True(node.ExitCode == 0, output);
    }

    [ClientTheory]
    [InlineData("session", 5_000)]
    [InlineData("session", 20_000_000)]
    [InlineData("tus", 20_000_000)]
    public async Task A_file_arrives_over_a_connection_that_is_cut(string protocol, int length)
    {
        var (path, bytes) = _rig.File("träger 1.bin", length);
        await using var service = await TestService.StartAsync(postgres);
        await using var proxy = new CutProxy(service.Address, cuts: [2_000, 3_000_000, 7_000_000]);
        var result = await NodeClient.RunAsync(
            "engine.mjs", protocol, ("ENGINE_BASE", proxy.Address.ToString()), ("ENGINE_KEY", service.Key), ("ENGINE_FILE", path),
            ("ENGINE_TARGET", "in/box"));
        Assert.Equal("done", result.GetProperty("state").GetString());
        Assert.Equal("in/box/träger 1.bin", result.GetProperty("path").GetString());
        Assert.NotEqual(0, proxy.Broken);
        await ConsoleRig.AssertContentAsync(service.Client, "in/box/träger 1.bin", bytes);
        var entry = await new ApiClient(service).GetAsync("/api/tree/in/box/tr%C3%A4ger%201.bin?format=json");
        Assert.Equal("2023-11-14T22:13:20.25Z", entry.GetProperty("modifiedAt").GetString());
    }
}
