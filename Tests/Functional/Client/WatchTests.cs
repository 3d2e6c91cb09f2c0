using System.Collections.Concurrent;
using System.Diagnostics;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu watch sends what appears and changes, with the system's news and without them.</summary>
[Collection(DeviceCollection.Name)]
public sealed class WatchTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"watch-{Guid.NewGuid():n}";

    private string Source => _rig.At("source");

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task What_appears_changes_or_is_renamed_is_sent()
    {
        FolderRig.Write(Source, "a.txt", 10, 1);
        // No scan of the whole folder finds it.
        using var cu = Watch("--rest", "1s", "--every", "1d", "--exclude", "*.tmp");
        try
        {
            await ArrivesAsync("a.txt", 10, 1);
            FolderRig.Write(Source, "a.txt", 20, 2);
            await ArrivesAsync("a.txt", 20, 2);
            FolderRig.Write(Source, "fresh/deeper/b.txt", 30, 3);
            await ArrivesAsync("fresh/deeper/b.txt", 30, 3);
            FolderRig.Write(Source, "c.tmp", 40, 4);
            _ = await Tool.RunAsync(Source, "mv", "c.tmp", "c.txt");
            await ArrivesAsync("c.txt", 40, 4);
            Assert.Equal(11, (await _rig.RunCuAsync(_service.Address, _service.KeyFile, "show", $"{_place}/c.tmp")).Code);

            Directory.Delete(Source, recursive: true);
            FolderRig.Write(Source, "anew.txt", 50, 5);
            await ArrivesAsync("anew.txt", 50, 5);
            FolderRig.Write(Source, "later.txt", 60, 6);
            await ArrivesAsync("later.txt", 60, 6);
        }
        finally
        {
            _ = await Tool.RunAsync(_rig.Folder, "kill", "-INT", $"{cu.Id}");
            await cu.WaitForExitAsync();
        }

        Assert.Equal(130, cu.ExitCode);
    }

    [Fact]
    public async Task What_the_system_says_nothing_of_is_found_when_all_is_looked_at()
    {
        // Watches do not go through links.
        FolderRig.Write(_rig.At("outside"), "a.txt", 10, 1);
        FolderRig.Write(Source, "b.txt", 10, 1);
        _ = Directory.CreateSymbolicLink(Path.Combine(Source, "linked"), _rig.At("outside"));
        using var cu = Watch("--rest", "1s", "--every", "2s", "--links", "follow");
        try
        {
            await ArrivesAsync("linked/a.txt", 10, 1);
            FolderRig.Write(_rig.At("outside"), "c.txt", 20, 2);
            await ArrivesAsync("linked/c.txt", 20, 2);
        }
        finally
        {
            cu.Kill();
            await cu.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_file_that_changed_a_moment_ago_is_left_and_a_call_may_be_limited_to_paths()
    {
        FolderRig.Write(Source, "old.txt", 10, 1);
        FolderRig.Write(Source, "sub/young.txt", 10, 2);
        FolderRig.Write(Source, "sub/to-come.txt", 10, 3);
        File.SetLastWriteTimeUtc(Path.Combine(Source, "sub/young.txt"), TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));
        File.SetLastWriteTimeUtc(Path.Combine(Source, "sub/to-come.txt"), TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(3));
        var client = _rig.Client(_service.Address, _service.Key);
        var options = new FolderOptions { Rest = TimeSpan.FromDays(1) };

        _ = await client.UploadFolderAsync(Source, _place, options with { Only = ["sub"] });
        Assert.Equal(["sub", "sub/to-come.txt"], await ThereAsync(client));
        _ = await client.UploadFolderAsync(Source, _place, options);
        Assert.Equal(["old.txt", "sub", "sub/to-come.txt"], await ThereAsync(client));
        _ = await client.UploadFolderAsync(Source, _place, new FolderOptions { Only = ["sub/young.txt"] });
        Assert.Equal(["old.txt", "sub", "sub/to-come.txt", "sub/young.txt"], await ThereAsync(client));
    }

    [Fact]
    public async Task Uploads_at_the_service_are_told_until_it_is_stopped()
    {
        using var cu = _rig.Cu(_service.Address, _service.KeyFile, "watch", "--remote", "--json");
        var told = new ConcurrentQueue<string>();
        cu.OutputDataReceived += (_, line) => told.Enqueue(line.Data ?? "");
        cu.ErrorDataReceived += (_, _) => { };
        cu.BeginOutputReadLine();
        cu.BeginErrorReadLine();
        try
        {
            // The first ones may arrive before it listens.
            var count = 0;
            await Eventually.HoldsAsync(async () =>
            {
                _ = await PutAsync($"before{count++}.txt");
                return Has("completed", "before");
            });
            Assert.Equal(2, (await _rig.RunCuAsync(_service.Address, _service.KeyFile, "watch", "x", "--remote")).Code);
            Assert.Equal(2, (await _rig.RunCuAsync(_service.Address, _service.KeyFile, "watch")).Code);
        }
        finally
        {
            _ = await Tool.RunAsync(_rig.Folder, "kill", "-INT", $"{cu.Id}");
            await cu.WaitForExitAsync();
        }

        Assert.Equal(130, cu.ExitCode);

        bool Has(string kind, string name) => told.Any(line => line.Length > 0
            && ClientRig.Line(line) is var one && one.GetProperty("kind").GetString() == kind
            && one.GetProperty("path").GetString()?.StartsWith($"{_place}/{name}", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task No_event_is_lost_or_told_twice_where_the_connection_breaks()
    {
        var network = new BreakingNetwork(4, 1500, "/api/events");
        var client = _rig.Client(_service.Address, _service.Key, network);
        using var stop = new CancellationTokenSource();
        var told = new ConcurrentQueue<string>();
        var listening = ListenAsync();
        var count = 0;
        await Eventually.HoldsAsync(async () =>
        {
            _ = await PutAsync($"before{count++}.txt");
            return !told.IsEmpty;
        });
        var ids = new List<string>();
        for (var number = 0; number < 12; number++)
            ids.Add(await PutAsync($"file{number}.txt"));
        await Eventually.HoldsAsync(() => Task.FromResult(told.Contains(ids[^1])));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listening);
        Assert.Equal(ids, told.Where(ids.Contains));
        Assert.True(network.Left <= 0, $"{network.Left} breaks are left.");

        async Task ListenAsync()
        {
            await foreach (var news in client.ListenAsync(cancellationToken: stop.Token))
            {
                if (news is { Kind: "completed", Topic: "upload" })
                    told.Enqueue(news.Id);
            }
        }
    }

    private async Task<string> PutAsync(string name)
    {
        using var answer = await _service.Client.PutAsync($"/api/tree/{_place}/{name}?parents=true", new StringContent("content"));
        return ClientRig.Line(await answer.Content.ReadAsStringAsync()).GetProperty("fileId").GetString()!;
    }

    private async Task<List<string>> ThereAsync(ChunkUploadClient client)
    {
        var paths = new List<string>();
        await foreach (var entry in client.ListAsync(_place, recursive: true))
            paths.Add(entry.Path[(_place.Length + 1)..]);
        paths.Sort(StringComparer.Ordinal);
        return paths;
    }

    private Process Watch(params string[] options)
    {
        var cu = _rig.Cu(_service.Address, _service.KeyFile, ["watch", "source", "--to", _place, "--json", .. options]);
        cu.OutputDataReceived += (_, _) => { };
        cu.ErrorDataReceived += (_, _) => { };
        cu.BeginOutputReadLine();
        cu.BeginErrorReadLine();
        return cu;
    }

    private Task ArrivesAsync(string name, int length, int seed) => Eventually.HoldsAsync(async () =>
    {
        using var answer = await _service.Client.GetAsync($"/api/tree/{_place}/{name}");
        return answer.IsSuccessStatusCode
            && (await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(ClientRig.Bytes(length, seed));
    });
}
