using System.Globalization;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>
/// A tree goes from Drive to OneDrive, from there to S3, into the service's own files and out into a local folder, while the service is
/// killed at random points. CHUNKUPLOAD_CHAIN_KILLS, CHUNKUPLOAD_CHAIN_LARGEST and CHUNKUPLOAD_CHAIN_SEED make it longer, or repeat a run.
/// </summary>
[Trait("Runs", "release")]
public sealed class TransferChainTests(PostgresFixture postgres, ITestOutputHelper output) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const int Files = 500;
    private const int AtOnce = 8;
    private const long Piece = 1 << 20;
    private const long PartOfS3 = 5 << 20;

    private static readonly int Kills = (int)Number("CHUNKUPLOAD_CHAIN_KILLS", 10);
    private static readonly long Largest = Number("CHUNKUPLOAD_CHAIN_LARGEST", 11_000_000);

    private readonly int _seed = (int)Number("CHUNKUPLOAD_CHAIN_SEED", Random.Shared.Next());
    private readonly string _data = ServiceFolder.Create();
    private string _ledger = null!;
    private ChainRig _rig = null!;
    private ServiceProcess? _service;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _ledger = await postgres.CreateDatabaseAsync();
        _rig = await ChainRig.StartAsync(Files, Largest);
    }

    public async Task DisposeAsync()
    {
        if (_service is not null)
            await _service.DisposeAsync();
        await _rig.DisposeAsync();
        await PostgresFixture.DropAsync(_ledger);
        ServiceFolder.Remove(_data);
    }

    [Fact]
    public async Task A_tree_of_500_files_is_equal_behind_four_transfers_although_the_service_is_killed_at_random_points()
    {
        output.WriteLine($"CHUNKUPLOAD_CHAIN_SEED={_seed}");
        try
        {
            await RunAsync();
        }
        catch (Exception failure)
        {
            throw new XunitException($"With CHUNKUPLOAD_CHAIN_SEED={_seed}: {failure.Message}", failure);
        }
    }

    private async Task RunAsync()
    {
        var random = new Random(_seed);
        var hops = Enumerable.Range(0, Kills).Select(_ => random.Next(_rig.Hops.Count)).CountBy(hop => hop).ToDictionary();
        await StartAsync();
        await _rig.ConnectAsync(_client);
        IReadOnlyList<(string Path, string Sha256)> before = [];
        for (var hop = 0; hop < _rig.Hops.Count; hop++)
        {
            var kills = hops.GetValueOrDefault(hop);
            var transfer = await MoveAsync(hop, kills, random);
            var ended = await TransferRig.UntilAsync(_client, transfer, "done", "partly_done", "failed", "cancelled");
            var report = await ChainRig.ReportAsync(_client, transfer);
            var items = report.Where(item => Text(item, "kind") == "file").ToList();
            Assert.True(Text(ended, "state") == "done", $"{_rig.Hops[hop].Name}: {ended}\n{string.Join('\n', items.Where(IsOpen))}");
            var files = await _rig.FilesAsync(_client, hop);
            if (hop == 0)
                CompareWithTree(items, files);
            else
                Assert.Equal(before, files);
            await CompareStoryAsync(hop, kills, transfer, items, files);
            before = files;
        }

        // The time that Drive had for it went through all places; OneDrive has whole seconds.
        Assert.All(
            _rig.Tree.Files.Where(file => !file.Contested),
            file => Assert.Equal(file.Modified.ToUnixTimeSeconds(), _rig.TimeOnDisk(file.Path).ToUnixTimeSeconds()));
        Assert.Equal(0, await _service!.StopAsync());
    }

    /// <summary>Begins a transfer, and kills and starts the service while it runs.</summary>
    private async Task<string> MoveAsync(int hop, int kills, Random random)
    {
        string? transfer = null;
        for (var kill = 0; kill < kills; kill++)
        {
            await StartAsync();
            // So many requests, or files, come between two kills that all of them fit into the transfer.
            var after = random.Next(1, (Files / kills) + 1);
            var held = Hold(_rig.Hops[hop], after, random);
            var files = _rig.FilesOnDisk() + after;
            transfer ??= await _rig.BeginAsync(_client, hop);
            if (held is not null)
                await held.Reached.WaitAsync(Eventually.Limit);
            else
                await HasOnDiskAsync(files);
            await _service!.Kill9Async();
            held?.Release();
            await _service.DisposeAsync();
            _service = null;
        }

        await StartAsync();
        return transfer ?? await _rig.BeginAsync(_client, hop);
    }

    /// <summary>Holds a request of either end, before it is acted on or after it.</summary>
    private static Fault? Hold(ChainHop hop, int after, Random random)
    {
        EmulatorHost[] ends = [.. new[] { hop.Source, hop.Sink }.OfType<EmulatorHost>()];
        var acted = random.Next(2) == 1;
        return ends.Length == 0 ? null : ends[random.Next(ends.Length)].Faults.Add(
            new FaultMatch { Nth = after }, acted ? FaultAction.HoldReply() : FaultAction.Hold());
    }

    private void CompareWithTree(List<JsonElement> items, IReadOnlyList<(string Path, string Sha256)> files)
    {
        Assert.Equal(Files, items.Count);
        // The skipped files with their reasons. Of two equal files with one name, the second may find the first.
        var left = items.Where(item => Text(item, "state") == "skipped")
            .ToDictionary(item => Text(item, "path"), item => Text(item, "reason"));
        var twin = left.Keys.SingleOrDefault(path => path.EndsWith("/twin.bin", StringComparison.Ordinal));
        if (twin is not null && left.Remove(twin, out var reason))
            Assert.Equal("The same file is there already.", reason);
        Assert.Equal(Lines(_rig.Tree.LeftOut), Lines(left));

        var expected = _rig.Tree.Files.ToList();
        if (twin is not null)
            _ = expected.Remove(expected.First(file => file.Path == twin));
        var folders = files.Select(file => (file.Path[..file.Path.LastIndexOf('/')], file.Sha256));
        Assert.Equal(expected.Select(file => (file.Folder, file.Sha256)).Order(), folders.Order());
        Assert.Empty(expected.Where(file => !file.Contested).Select(file => (file.Path, file.Sha256)).Except(files));
    }

    /// <summary>The report and the story against what the emulators saw.</summary>
    private async Task CompareStoryAsync(
        int hop, int kills, string transfer, List<JsonElement> items, IReadOnlyList<(string Path, string Sha256)> files)
    {
        // Each file that is there is one item of the report, and the other way round.
        var done = items.Where(item => Text(item, "state") == "done").ToList();
        Assert.Equal(files.Select(file => file.Sha256).Order(), done.Select(item => Text(item, "sha256")).Order());
        Assert.Equal(done.Count, done.Select(item => Text(item, "resultId")).Distinct().Count());
        Assert.All(done, item => Assert.Equal(0, item.GetProperty("restarts").GetInt32()));

        // A kill takes what is on its way, which the story tells, and nothing else was begun or sent twice.
        var story = await ChainRig.StoryAsync(_client, transfer);
        var taken = story.Where(one => one.Kind == "taken_over").ToList();
        Assert.InRange(taken.Count, 0, kills * AtOnce);
        Assert.DoesNotContain(story, one => one.Kind.StartsWith("waits", StringComparison.Ordinal) || one.Kind == "failed");
        if (_rig.Hops[hop].Sink is not { } sink)
            return;
        var size = done.Sum(item => item.GetProperty("size").GetInt64());
        var sent = sink.Journal.Entries
            .Where(one => one.Operation is "session.put" or "item.content" or "UploadPart" or "PutObject").ToList();
        var piece = sink == _rig.Store.Host ? PartOfS3 : Piece;
        Assert.InRange(sent.Sum(one => one.Received), size, size + (taken.Count * (piece + 10_000)) + (sent.Count * 2_000L));
        var begun = sink.Journal.Entries.Count(one => one is { Operation: "item.createUploadSession", Status: 200 });
        var sessions = sink == _rig.Clouds.Graph ? done.Count(item => item.GetProperty("size").GetInt64() > 0) : 0;
        Assert.InRange(begun, sessions, sessions + taken.Count);
    }

    private async Task StartAsync()
    {
        if (_service is not null)
            return;
        _service = await ServiceProcess.StartAsync(
            _data, [.. _rig.Settings.Select(pair => $"--{pair.Key}={pair.Value}"), $"--ConnectionStrings:Ledger={_ledger}"]);
        _client = _service.CreateClient();
    }

    private Task HasOnDiskAsync(int files) => Eventually.HoldsAsync(() => _rig.FilesOnDisk() >= files);

    private static string Lines(Dictionary<string, string> reasons) =>
        string.Join('\n', reasons.Select(pair => $"{pair.Key}: {pair.Value}").Order(StringComparer.Ordinal));

    private static bool IsOpen(JsonElement item) => Text(item, "state") is not ("done" or "skipped");

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString()!;

    private static long Number(string variable, long usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : usual;
}
