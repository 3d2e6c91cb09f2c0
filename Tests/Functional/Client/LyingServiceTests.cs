using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Agents and receivers with a malicious service. The service decides who may ask; the agent decides what is sent.</summary>
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class LyingServiceTests : IAsyncLifetime
{
    private const int Length = 300_000;

    private readonly AgentRig _rig = new(null!);
    private readonly string _keyFile;

    public LyingServiceTests()
    {
        _keyFile = _rig.Machine.At("user.key");
        File.WriteAllText(_keyFile, "key");
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task An_agent_sends_nothing_that_is_not_in_its_list_in_the_version_of_the_list()
    {
        _ = Directory.CreateDirectory(_rig.Machine.At("photos"));
        _rig.Machine.File("photos/a.jpg", 5000);
        _rig.Machine.File("photos/.secret", 10);
        _rig.Machine.File("outside.txt", 10);
        await using var service = await LyingService.StartAsync();
        await _rig.StartAsync();
        var (code, output, errors) = await _rig.Machine.RunCuAsync(
            service.Address, _keyFile, "agent", "serve", "photos", "--project", "lies", "--at", "/line");
        Assert.True(code == 0, output + errors);
        await Eventually.HoldsAsync(() => Task.FromResult(service.Told.ContainsKey("/line/a.jpg")));
        Assert.Equal(["/line/a.jpg"], service.Told.Keys);
        var modified = service.Told["/line/a.jpg"]["modified_at"]!.GetValue<DateTimeOffset>();

        List<Guid> asked =
        [
            service.Ask("/line/../outside.txt", 10), service.Ask("/line/.secret", 10), service.Ask("/outside.txt", 10),
            service.Ask(_rig.Machine.At("outside.txt"), 10), service.Ask("/line/", 0), service.Ask("/line", 0),
            service.Ask("../outside.txt", 10), service.Ask("/line/./a.jpg", 5000), service.Ask("/line/.chunkupload-serve", 37),
            service.Ask("/line/A.JPG", 5000), service.Ask("/line/a.jpg\0", 5000), service.Ask("/line//a.jpg", 5000),
            service.Ask("/line/a.jpg", 4999, modified), service.Ask("/line/a.jpg", 5000, modified.AddSeconds(1)),
        ];
        // The agent was told of nothing: it asks within a minute. A new connection asks at once.
        await _rig.KillAsync();
        await _rig.StartAsync();
        await Eventually.HoldsAsync(() => Task.FromResult(service.Changes.Select(one => one.Transfer).ToHashSet().SetEquals(asked)));
        Assert.All(service.Changes, one => Assert.Equal("failed", one.Body["status"]!.GetValue<string>()));
        Assert.All(service.Changes, one => Assert.Equal("file_changed", one.Body["error_code"]!.GetValue<string>()));
        Assert.All(service.Changes, one => Assert.DoesNotContain("outside", one.Body.ToJsonString(), StringComparison.Ordinal));
        Assert.Equal(0, service.Sessions);
    }

    [Fact]
    public async Task Bytes_that_differ_are_fetched_once_more_and_then_the_request_fails_and_nothing_is_left()
    {
        var right = ClientRig.Bytes(Length);
        var wrong = right.ToArray();
        wrong[^1] ^= 1;
        foreach (var (good, expected, readings) in new[] { (1, 0, 1), (2, 0, 2), (3, 5, 2) })
        {
            await using var service = await LyingService.StartAsync(reading => reading == good ? right : wrong);
            var get = Task.Run(() => _rig.Machine.RunCuAsync(
                service.Address, _keyFile, "project", "get", "lies", "/line/../../film.bin", "-o", $"in{good}/", "--json"));
            await Eventually.HoldsAsync(() => Task.FromResult(!service.Rows.IsEmpty));
            service.Send(ClientRig.Sha256(right));
            var (code, output, errors) = await get;
            Assert.True(code == expected, output + errors);
            Assert.Equal(readings, service.Readings);
            var last = service.Changes.Last().Body;
            if (expected == 0)
            {
                Assert.Equal(
                    ("completed", ClientRig.Sha256(right)),
                    (last["status"]!.GetValue<string>(), last["hash"]!.GetValue<string>()));
                Assert.Equal(right, await File.ReadAllBytesAsync(_rig.Machine.At($"in{good}/film.bin")));
                using var manifest = JsonDocument.Parse(
                    await File.ReadAllTextAsync(_rig.Machine.At($"in{good}/local_files_manifest.json")));
                var file = Assert.Single(manifest.RootElement.GetProperty("synced_files").EnumerateArray());
                Assert.Equal("film.bin", file.GetProperty("local_path").GetString());
            }
            else
            {
                Assert.Equal(
                    ("failed", "digest_mismatch"), (last["status"]!.GetValue<string>(), last["error_code"]!.GetValue<string>()));
                Assert.Empty(Directory.GetFileSystemEntries(_rig.Machine.At($"in{good}")));
            }
        }
    }

    [Fact]
    public async Task A_file_that_is_there_is_replaced_only_if_it_was_fetched_and_not_changed_since()
    {
        var content = ClientRig.Bytes(Length);
        await using var service = await LyingService.StartAsync(_ => content);
        _ = Directory.CreateDirectory(_rig.Machine.At("in"));
        await File.WriteAllTextAsync(_rig.Machine.At("in/a"), "mine");
        Assert.Equal(8, (await GetAsync(service, "/x/a", "in/", answers: false)).Code);
        Assert.Empty(service.Rows);
        Assert.Equal(8, (await GetAsync(service, "/x/a", "in/local_files_manifest.json", answers: false)).Code);
        Assert.Equal(0, (await GetAsync(service, "/x/a", "in/", "--force")).Code);
        // Fetched and unchanged: the next version replaces it.
        Assert.Equal(0, (await GetAsync(service, "/x/a", "in/")).Code);
        await File.AppendAllTextAsync(_rig.Machine.At("in/a"), "changed here");
        Assert.Equal(8, (await GetAsync(service, "/x/a", "in/", answers: false)).Code);
        // Another file that folds to the same name gets a number.
        Assert.Equal(0, (await GetAsync(service, "/y/A", "in/")).Code);
        Assert.Equal(
            ["A (2)", "a", "local_files_manifest.json"],
            Directory.GetFileSystemEntries(_rig.Machine.At("in")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    private async Task<(int Code, string Output, string Errors)> GetAsync(
        LyingService service, string path, string into, string? option = null, bool answers = true)
    {
        service.Rows.Clear();
        string[] more = option is null ? [] : [option];
        var get = _rig.Machine.RunCuAsync(service.Address, _keyFile, ["project", "get", "lies", path, "-o", into, .. more]);
        if (!answers)
            return await get;
        await Eventually.HoldsAsync(() => Task.FromResult(!service.Rows.IsEmpty || get.IsCompleted));
        service.Send();
        var done = await get;
        Assert.True(done.Code == 0, string.Create(CultureInfo.InvariantCulture, $"{done.Code} {done.Output}{done.Errors}"));
        return done;
    }
}
