using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>cu sync: one folder follows another one, and nothing is deleted by mistake.</summary>
[Collection(DeviceCollection.Name)]
public sealed class SyncTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"sync-{Guid.NewGuid():n}";

    private string Source => _rig.At("source");

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_mirror_follows_its_source_in_both_directions()
    {
        FolderRig.Fill(Source, 40);
        await DoneAsync("sync", "source", $":{_place}", "--delete-extra");
        Directory.Delete(Path.Combine(Source, "d3"), recursive: true);
        File.Delete(Path.Combine(Source, "dangling"));
        FolderRig.Write(Source, "d1/new.bin", 50, 5);
        FolderRig.Age(Source);
        FolderRig.Write(_rig.At("target"), "d1/mine.bin", 50, 6);
        FolderRig.Write(_rig.At("target"), "d1/new.bin", 70, 7);

        var dry = await DoneAsync("sync", "source", $":{_place}", "--delete-extra", "--dry-run");
        Assert.Contains("\"state\":\"deleted\"", dry, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("show", $"{_place}/d3")).Code);
        await DoneAsync("sync", "source", $":{_place}", "--delete-extra");
        await DoneAsync("sync", $":{_place}", "target", "--delete-extra");

        Assert.Equal(FolderRig.Snapshot(Source), FolderRig.Snapshot(_rig.At("target")));
        Assert.Contains("\"moved\":0,", await DoneAsync("sync", $":{_place}", "target", "--delete-extra"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_delete_extra_the_target_keeps_what_it_has_more()
    {
        FolderRig.Write(Source, "a.txt", 10, 1);
        FolderRig.Write(_rig.At("target"), "b.txt", 10, 2);
        await DoneAsync("sync", "source", $":{_place}");
        await DoneAsync("sync", $":{_place}/", "target/");
        Assert.Equal(["a.txt", "b.txt"], FolderRig.Snapshot(_rig.At("target")).Keys);
    }

    [Fact]
    public async Task A_source_that_is_empty_or_missing_deletes_nothing_unless_that_is_allowed()
    {
        FolderRig.Write(Source, "a.txt", 10, 1);
        await DoneAsync("sync", "source", $":{_place}");
        await DoneAsync("sync", "source", ":" + _place + "-empty", "--exclude", "*");
        _ = Directory.CreateDirectory(_rig.At("unmounted"));

        Assert.Equal(9, (await RunAsync("sync", "missing", $":{_place}", "--delete-extra", "--allow-empty")).Code);
        var (code, output, _) = await RunAsync("sync", "unmounted", $":{_place}", "--delete-extra", "--json");
        Assert.Equal((9, "empty_source"), (code, ClientRig.Line(output).GetProperty("code").GetString()));
        Assert.Equal(11, (await RunAsync("sync", $":{_place}-missing", "source", "--delete-extra", "--allow-empty")).Code);
        Assert.Equal(11, (await RunAsync("sync", $":{_place}-empty", "source", "--delete-extra")).Code);
        Assert.Equal(0, (await RunAsync("show", $"{_place}/a.txt")).Code);
        Assert.True(File.Exists(Path.Combine(Source, "a.txt")));

        await DoneAsync("sync", "unmounted", $":{_place}", "--delete-extra", "--allow-empty");
        Assert.Equal(11, (await RunAsync("show", $"{_place}/a.txt")).Code);
    }

    [Fact]
    public async Task Nothing_is_deleted_where_something_failed()
    {
        FolderRig.Write(Source, "a.txt", 10, 1);
        FolderRig.Write(Source, "b.txt", 10, 1);
        await DoneAsync("sync", "source", $":{_place}");
        File.Delete(Path.Combine(Source, "b.txt"));
        _ = File.CreateSymbolicLink(Path.Combine(Source, "nowhere"), "missing");

        var (code, output, errors) = await RunAsync("sync", "source", $":{_place}", "--delete-extra", "--links", "follow");

        Assert.Equal(9, code);
        Assert.Contains("1 failed, so nothing was deleted", output + errors, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("show", $"{_place}/b.txt")).Code);
    }

    [Fact]
    public async Task Parts_that_a_kill_left_go_and_hold_no_mirror_up()
    {
        FolderRig.Write(Source, "sub/a.txt", 10, 1);
        await DoneAsync("sync", "source", $":{_place}");
        string[] ofSmall = [".0123456789ab-7fffffff.cu-part", "sub/.0123456789ab-7fffffff.cu-part"];
        string[] others = ["old/.0123456789ab.cu-part", "sub/.0123456789ab.cu-part", "busy/.0123456789ab.cu-part"];
        foreach (var part in (string[])[.. ofSmall, .. others])
            FolderRig.Write(_rig.At("target"), part, 10, 1);
        await DoneAsync("sync", $":{_place}", "target");
        Assert.All(ofSmall, part => Assert.False(File.Exists(Path.Combine(_rig.At("target"), part))));
        Assert.All(others, part => Assert.True(File.Exists(Path.Combine(_rig.At("target"), part))));

        await using (File.Open(Path.Combine(_rig.At("target"), others[2]), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            await DoneAsync("sync", $":{_place}", "target", "--delete-extra");
        Assert.Equal(["busy", others[2], "sub", "sub/a.txt"], FolderRig.Snapshot(_rig.At("target")).Keys);
    }

    [Theory]
    [InlineData("source", "target")]
    [InlineData(":source", ":target")]
    public async Task One_of_both_is_at_the_service(string from, string to) =>
        Assert.Equal(2, (await RunAsync("sync", from, to)).Code);

    private async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, output + errors);
        return output;
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);
}
