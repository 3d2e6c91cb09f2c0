using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Faults around cu: disks, keys, quotas, sources and proxies. Each has its exit code, and nothing false is published.</summary>
[Collection(ClientCollection.Name)]
public sealed class FaultTests(ApiFixture fixture) : IDisposable
{
    private const int Large = 24 << 20;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"fault-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_full_disk_ends_a_download_which_goes_on_once_there_is_room()
    {
        _rig.File("a.bin", 9 << 20);
        await DoneAsync("up", "a.bin", "--to", $"{_place}/");
        // A file that may not grow further is like a full disk. The limit counts 512 bytes, and holds for the JIT compiler's memory, too.
        var command = "trap '' XFSZ; ulimit -f 4000; DOTNET_EnableWriteXorExecute=0 "
            + $"dotnet {string.Join(' ', ClientRig.Program)} get {_place}/a.bin -o copy.bin --url {_service.Address} "
            + $"--key-file {_service.KeyFile} 2>errors; echo $?";
        Assert.Equal("9", (await Tool.RunAsync(_rig.Folder, "sh", "-c", command)).Trim());
        Assert.False(File.Exists(_rig.At("copy.bin")));
        await DoneAsync("get", $"{_place}/a.bin", "-o", "copy.bin");
        Assert.Equal(ClientRig.Bytes(9 << 20), await File.ReadAllBytesAsync(_rig.At("copy.bin")));
    }

    [Fact]
    public async Task A_key_that_is_revoked_in_the_middle_ends_it()
    {
        var (id, file) = await KeyAsync();
        _rig.File("film.bin", Large);
        await using var proxy = new CutProxy(_service.Address) { Rate = 2 << 20 };
        using var cu = _rig.Cu(proxy.Address, file, "up", "film.bin", "--to", $"{_place}/film.bin", "--json");
        await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= 2 << 20 || cu.HasExited));
        await DoneAsync("keys", "remove", id);
        proxy.Rate = 0;
        var output = await cu.StandardOutput.ReadToEndAsync();
        await cu.WaitForExitAsync();
        Assert.True(cu.ExitCode == 6, output);
        Assert.Equal(11, (await RunAsync("show", $"{_place}/film.bin")).Code);
    }

    [Theory]
    [InlineData(1 << 20)]
    [InlineData(Large)]
    public async Task A_full_quota_is_told_as_such(int length)
    {
        var (id, file) = await KeyAsync();
        using (var set = await _service.Client.PutAsJsonAsync($"/api/limits/key/{id}", new { storedBytes = 100_000 }))
            Assert.True(set.IsSuccessStatusCode, await set.Content.ReadAsStringAsync());
        _rig.File("film.bin", length);
        var (code, output, errors) = await _rig.RunCuAsync(
            _service.Address, file, "up", "film.bin", "--to", $"{_place}/film.bin", "--json");
        Assert.True(code == 7, output + errors);
        Assert.Equal("quota_exceeded", ClientRig.Line(output).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_source_that_grows_meanwhile_is_sent_as_it_is_in_the_end()
    {
        var path = _rig.File("film.bin", Large);
        await using var proxy = new CutProxy(_service.Address) { Rate = 4 << 20 };
        using var cu = _rig.Cu(proxy.Address, _service.KeyFile, "up", "film.bin", "--to", $"{_place}/film.bin", "--json");
        await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= 4 << 20 || cu.HasExited));
        await using (var more = new FileStream(path, FileMode.Append))
            await more.WriteAsync(ClientRig.Bytes(1000, 2));
        proxy.Rate = 0;
        var output = await cu.StandardOutput.ReadToEndAsync();
        await cu.WaitForExitAsync();
        Assert.True(cu.ExitCode == 0, output);
        Assert.Equal(await File.ReadAllBytesAsync(path), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/film.bin"));
    }

    [Fact]
    public async Task A_source_that_vanishes_meanwhile_is_not_published()
    {
        var path = _rig.File("film.bin", Large);
        await using var proxy = new CutProxy(_service.Address) { Rate = 4 << 20 };
        using var cu = _rig.Cu(proxy.Address, _service.KeyFile, "up", "film.bin", "--to", $"{_place}/film.bin", "--json");
        await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= 4 << 20 || cu.HasExited));
        File.Delete(path);
        proxy.Rate = 0;
        var output = await cu.StandardOutput.ReadToEndAsync();
        await cu.WaitForExitAsync();
        Assert.True(cu.ExitCode == 9, output);
        Assert.Equal(11, (await RunAsync("show", $"{_place}/film.bin")).Code);
    }

    [Fact]
    public async Task A_proxy_that_takes_one_MiB_and_keeps_bodies_back_is_got_through()
    {
        FolderRig.Fill(_rig.At("source"), 60);
        await using var proxy = await PickyProxy.StartAsync(_service.Address, 1 << 20, buffers: true, TimeSpan.FromHours(-3));
        string[][] verbs = [["up", "source", "--to", _place], ["check", "source", "--to", _place], ["get", _place, "-o", "target"]];
        foreach (var verb in verbs)
        {
            var (code, output, errors) = await _rig.RunCuAsync(proxy.Address, _service.KeyFile, verb);
            Assert.True(code == 0, output + errors);
        }

        Assert.Equal(FolderRig.Snapshot(_rig.At("source")), FolderRig.Snapshot(_rig.At("target")));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_between_two_runs_changes_nothing()
    {
        var file = _rig.File("film.bin", Large);
        var clock = new ShiftedTime();
        using var client = new ChunkUploadClient(
            new ChunkUploadClientOptions { Service = _service.Address, Key = _service.Key, StateDirectory = _rig.States }, time: clock);
        var options = new UploadOptions { Path = $"{_place}/film.bin" };
        await ClientRig.InterruptAsync(4 << 20, (report, stop) => client.UploadFileAsync(file, options, report, stop));
        clock.Shift = TimeSpan.FromDays(-400);
        var done = await client.UploadFileAsync(file, options);
        Assert.True(done.SavedByResuming >= 4 << 20);
        Assert.Equal(ClientRig.Bytes(Large), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/film.bin"));
    }

    /// <summary>A key of its own, which the test may limit and revoke.</summary>
    private async Task<(string Id, string File)> KeyAsync()
    {
        var made = await DoneAsync("keys", "add", _place);
        await File.WriteAllTextAsync(_rig.At("key"), made.GetProperty("secret").GetString());
        // Other tests of the service may have limited all keys.
        using var unlimited = await _service.Client.DeleteAsync("/api/limits/default/key");
        return (made.GetProperty("id").GetString()!, _rig.At("key"));
    }

    private async Task<JsonElement> DoneAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, output + errors);
        return ClientRig.Line(output);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);

    /// <summary>The system's time, but for what the clock shows.</summary>
    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
    }
}
