using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>What all scenarios of pages share, when it breaks.</summary>
public sealed class PageStageTests : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly PostgresFixture _postgres;

    // Never answers.
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Uri _silent;

    public PageStageTests(PostgresFixture postgres)
    {
        _postgres = postgres;
        _listener.Start();
        _silent = new Uri($"http://{_listener.LocalEndpoint}/");
    }

    public void Dispose() => _listener.Dispose();

    [ConsoleFact]
    public async Task A_browser_that_ends_fails_what_runs_in_it_and_the_next_scenario_has_a_new_one()
    {
        await using var service = await TestService.StartAsync(_postgres);
        using var stage = new PageStage();
        using (var waiting = Start(stage, "", _silent))
        {
            var browser = 0;
            await Eventually.HoldsAsync(() => Task.FromResult((browser = BrowserOf(stage.ProcessId)) != 0));
            using (var process = Process.GetProcessById(browser))
                process.Kill();
            var fault = await Assert.ThrowsAnyAsync<Exception>(waiting.ResultAsync);
            Assert.Contains("closed", fault.Message, StringComparison.Ordinal);
        }

        using var next = Start(stage, service.Key, service.Address);
        var (result, _) = await ConsoleRig.EndAsync(next);
        Assert.StartsWith("This is not the operator key", result.GetProperty("said").GetString(), StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task Nothing_is_left_when_the_process_of_the_scenarios_is_killed()
    {
        using var stage = new PageStage();
        using var waiting = Start(stage, "", _silent);
        var browser = 0;
        await Eventually.HoldsAsync(() => Task.FromResult((browser = BrowserOf(stage.ProcessId)) != 0));
        using (var process = Process.GetProcessById(stage.ProcessId))
            process.Kill();
        var fault = await Assert.ThrowsAnyAsync<Exception>(waiting.ResultAsync);
        Assert.Contains("has ended", fault.Message, StringComparison.Ordinal);
        await Eventually.HoldsAsync(() => Task.FromResult(ParentOf(browser) is null or { State: 'Z' }));
    }

    private static PageScript Start(PageStage stage, string key, Uri address) =>
        PageScript.Start(stage, "console", "wrong", ("base", address.ToString()), ("key", key), ("files", ""));

    /// <summary>The main process of the Chromium that a process of node has started, perhaps by a script, or 0.</summary>
    private static int BrowserOf(int node)
    {
        var started = ChildrenOf(node);
        return started.Concat(started.SelectMany(ChildrenOf)).FirstOrDefault(IsChromium);
    }

    private static List<int> ChildrenOf(int process) =>
    [
        .. from folder in Directory.EnumerateDirectories("/proc")
           let id = int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var number) ? number : 0
           where id > 0 && ParentOf(id)?.Id == process
           select id,
    ];

    private static bool IsChromium(int process)
    {
        try
        {
            var program = File.ResolveLinkTarget($"/proc/{process}/exe", returnFinalTarget: false);
            return program?.Name.StartsWith("chrom", StringComparison.Ordinal) ?? false;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static (int Id, char State)? ParentOf(int process)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0][0]);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
