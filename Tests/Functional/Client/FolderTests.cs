using System.Collections.Concurrent;
using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Whole folders against the real service.</summary>
[Collection(ClientCollection.Name)]
public sealed class FolderTests(ApiFixture fixture) : IDisposable
{
    private const int Files = 300;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"folder-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_tree_comes_down_as_it_went_up_and_a_second_run_moves_only_what_changed()
    {
        var (source, target) = (_rig.At("source"), _rig.At("target"));
        var all = FolderRig.Fill(source, Files);
        var client = Client();

        var first = await client.UploadFolderAsync(source, _place);
        Assert.Empty(first.Failures);
        Assert.Equal((all, 0), (first.Moved, first.Unchanged));

        FolderRig.Write(source, "d0/s0/f0.bin", 5000, 901);
        FolderRig.Write(source, "d1/s1/f1.bin", 1, 902);
        File.SetLastWriteTimeUtc(Path.Combine(source, "d2/s2/f2.bin"), DateTime.UnixEpoch.AddDays(9000));
        var moved = new ConcurrentBag<string>();
        var second = await client.UploadFolderAsync(source, _place, null, new Items(moved));
        Assert.Equal(["d0/s0/f0.bin", "d1/s1/f1.bin", "d2/s2/f2.bin"], moved.Order(StringComparer.Ordinal));
        Assert.Equal((3, all - 3, 0), (second.Moved, second.Unchanged, second.Failed));

        var down = await client.DownloadFolderAsync(_place, target);
        Assert.Equal((all, 0), (down.Moved, down.Failed));
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(target));
        var again = await client.DownloadFolderAsync(_place, target);
        Assert.Equal((0, all), (again.Moved, again.Unchanged));
    }

    [Fact]
    public async Task What_is_extra_here_stays_when_a_file_could_not_be_fetched_and_the_exit_code_says_so()
    {
        FolderRig.Write(_rig.At("source"), "good.bin", 100, 1);
        FolderRig.Write(_rig.At("source"), "other.bin", 100, 2);
        Assert.Equal(0, (await _rig.RunCuAsync(_service.Address, _service.KeyFile, "up", "source", "--to", _place)).Code);
        // Without --force, other content at the path of a file is a conflict.
        FolderRig.Write(_rig.At("target"), "other.bin", 100, 3);
        FolderRig.Write(_rig.At("target"), "extra.bin", 100, 4);
        var (code, output, errors) = await _rig.RunCuAsync(
            _service.Address, _service.KeyFile, "get", _place, "-o", "target", "--delete-extra", "--json");
        Assert.True(code == 8, output + errors);
        Assert.Equal(["extra.bin", "good.bin", "other.bin"], Directory.GetFiles(_rig.At("target")).Select(Path.GetFileName).Order());

        // In the other direction, too: one that was copied and one that does not exist.
        (code, output, errors) = await _rig.RunCuAsync(
            _service.Address, _service.KeyFile, "up", "source/good.bin", "missing.bin", "--to", $"{_place}/", "--json");
        Assert.True(code == 9, output + errors);
    }

    [Fact]
    public async Task The_same_command_goes_on_after_a_kill()
    {
        var source = _rig.At("source");
        var all = FolderRig.Fill(source, Files);
        await using var proxy = new CutProxy(_service.Address) { Rate = 4 << 20 };
        using (var process = _rig.Cu(proxy.Address, _service.KeyFile, "up", "source", "--to", _place, "--json"))
        {
            await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= 9 << 20 || process.HasExited));
            process.Kill();
            await process.WaitForExitAsync();
        }

        proxy.Rate = 0;
        var (code, output, errors) = await _rig.RunCuAsync(proxy.Address, _service.KeyFile, "up", "source", "--to", _place, "--json");
        Assert.True(code == 0, output + errors);
        var sum = ClientRig.Line(output.TrimEnd().Split('\n')[^1]);
        Assert.True(sum.GetProperty("unchanged").GetInt64() > 0, output);
        Assert.Equal(all, sum.GetProperty("unchanged").GetInt64() + sum.GetProperty("moved").GetInt64());

        (code, output, errors) = await _rig.RunCuAsync(_service.Address, _service.KeyFile, "get", _place, "-o", "target");
        Assert.True(code == 0, output + errors);
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(_rig.At("target")));
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_extra_entries_go_only_when_they_are_to()
    {
        var source = _rig.At("source");
        FolderRig.Write(source, "keep/a.txt", 10, 1);
        FolderRig.Write(source, "old/b.txt", 10, 2);
        FolderRig.Write(source, "logs/c.log", 10, 3);
        var client = Client();
        _ = await client.UploadFolderAsync(source, _place);
        Directory.Delete(Path.Combine(source, "old"), recursive: true);
        Directory.Delete(Path.Combine(source, "logs"), recursive: true);
        var options = new FolderOptions { DeleteExtra = true, Exclude = ["*.log"] };

        var dry = await client.UploadFolderAsync(source, _place, options with { DryRun = true });
        Assert.Equal(1, dry.Deleted);
        Assert.Equal("old/b.txt", (await client.DescribeAsync($"{_place}/old/b.txt")).Path[(_place.Length + 1)..]);

        var done = await client.UploadFolderAsync(source, _place, options);
        Assert.Equal(1, done.Deleted);
        Assert.Equal(["keep", "keep/a.txt", "logs", "logs/c.log"], await ListAsync(client));
    }

    [Fact]
    public async Task A_download_neither_follows_a_local_link_nor_replaces_other_content_unasked()
    {
        var (source, target, outside) = (_rig.At("source"), _rig.At("target"), _rig.At("outside"));
        FolderRig.Write(source, "sub/a.txt", 10, 1);
        FolderRig.Write(source, "b.txt", 10, 2);
        _ = await Client().UploadFolderAsync(source, _place);
        _ = Directory.CreateDirectory(outside);
        FolderRig.Write(target, "b.txt", 10, 3);
        _ = File.CreateSymbolicLink(Path.Combine(target, "sub"), outside);

        var done = await Client().DownloadFolderAsync(_place, target);

        Assert.Equal((0, 3), (done.Moved, done.Failed));
        Assert.All(done.Failures, item => Assert.Equal(TransferFailure.Conflict, item.Failure));
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
        Assert.Equal(ClientRig.Bytes(10, 3), await File.ReadAllBytesAsync(Path.Combine(target, "b.txt")));

        _ = await Client().DownloadFolderAsync(_place, target, new FolderOptions { Overwrite = true });
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(target));
    }

    [Fact]
    public async Task A_local_folder_gives_way_to_a_file_or_link_only_where_extra_entries_are_deleted()
    {
        var (source, target) = (_rig.At("source"), _rig.At("target"));
        FolderRig.Write(source, "large", 2 << 20, 1);
        FolderRig.Write(source, "linked", 2 << 20, 2);
        FolderRig.Write(source, "small", 10, 3);
        _ = File.CreateSymbolicLink(Path.Combine(source, "link"), "small");
        _ = await Client().UploadFolderAsync(source, _place);
        foreach (var name in (string[])["large", "small", "link", "../outside"])
            FolderRig.Write(target, $"{name}/mine", 10, 4);
        _ = File.CreateSymbolicLink(Path.Combine(target, "linked"), "../outside");
        var (mine, outside) = (FolderRig.Snapshot(target), FolderRig.Snapshot(_rig.At("outside")));
        var options = new FolderOptions { Overwrite = true, Exclude = ["linked"] };
        var mirror = options with { DeleteExtra = true };

        foreach (var careful in (FolderOptions[])[options, mirror with { Exclude = ["linked", "mine"] }])
        {
            var refused = await Client().DownloadFolderAsync(_place, target, careful);
            Assert.Equal((0, 0, 3), (refused.Moved, refused.Deleted, refused.Failed));
            Assert.All(refused.Failures, item => Assert.Equal(TransferFailure.Conflict, item.Failure));
        }

        var dry = await Client().DownloadFolderAsync(_place, target, mirror with { DryRun = true });
        Assert.Equal((3, 3, 0), (dry.Moved, dry.Deleted, dry.Failed));
        Assert.Equal(mine, FolderRig.Snapshot(target));

        var done = await Client().DownloadFolderAsync(_place, target, mirror with { Exclude = [] });
        Assert.Equal((4, 3, 0), (done.Moved, done.Deleted, done.Failed));
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(target));
        Assert.Equal(outside, FolderRig.Snapshot(_rig.At("outside")));
    }

    [Fact]
    public async Task What_is_of_another_kind_at_the_service_goes_last_and_only_if_all_else_succeeded()
    {
        var source = _rig.At("source");
        foreach (var name in (string[])["x/a.log", "x/b", "y/c", "z/d"])
            FolderRig.Write(source, name, 10, 1);
        _ = File.CreateSymbolicLink(Path.Combine(source, "l"), "x");
        var client = Client();
        _ = await client.UploadFolderAsync(source, _place);
        var whole = await ListAsync(client);
        foreach (var name in (string[])["x", "y", "z"])
            Directory.Delete(Path.Combine(source, name), recursive: true);
        File.Delete(Path.Combine(source, "l"));
        FolderRig.Write(source, "x", 10, 2);
        FolderRig.Write(source, "y", 2 << 20, 2);
        FolderRig.Write(source, "l/f", 10, 2);
        _ = File.CreateSymbolicLink(Path.Combine(source, "nowhere"), "missing");
        var options = new FolderOptions { DeleteExtra = true };

        var failed = await client.UploadFolderAsync(source, _place, options with { Links = LinkPolicy.Follow });
        Assert.Equal((0, true), (failed.Deleted, failed.Failed > 1));
        Assert.Equal(whole, await ListAsync(client));

        File.Delete(Path.Combine(source, "nowhere"));
        _ = File.CreateSymbolicLink(Path.Combine(source, "z"), "x");
        var dry = await client.UploadFolderAsync(source, _place, options with { DryRun = true });
        Assert.Equal((4, 0), (dry.Deleted, dry.Failed));
        Assert.Equal(whole, await ListAsync(client));
        var kept = await client.UploadFolderAsync(source, _place, options with { Exclude = ["*.log"] });
        Assert.Equal(("x", TransferFailure.Conflict), (Assert.Single(kept.Failures).Path, kept.Failures[0].Failure));
        Assert.Contains("x/a.log", await ListAsync(client));

        var done = await client.UploadFolderAsync(source, _place, options);
        Assert.Empty(done.Failures);
        _ = await client.DownloadFolderAsync(_place, _rig.At("target"));
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(_rig.At("target")));
    }

    [Fact]
    public async Task What_cannot_be_sent_is_told_and_the_rest_goes()
    {
        var source = _rig.At("source");
        FolderRig.Write(source, "a.txt", 10, 1);
        _ = await Tool.RunAsync(_rig.Folder, "mkfifo", Path.Combine(source, "pipe"));
        _ = File.CreateSymbolicLink(Path.Combine(source, "loop"), ".");
        _ = File.CreateSymbolicLink(Path.Combine(source, "nowhere"), "missing");
        var done = await Client().UploadFolderAsync(source, _place, new FolderOptions { Links = LinkPolicy.Follow });
        Assert.Equal((1, 2, 1), (done.Moved, done.Skipped, done.Failed));
        Assert.Equal(("nowhere", TransferFailure.LocalFile), (done.Failures[0].Path, done.Failures[0].Failure));
    }

    [Fact]
    public async Task Interrupting_standard_input_says_that_nothing_is_kept()
    {
        using var process = _rig.Cu(_service.Address, _service.KeyFile, "up", "-", "--to", $"{_place}/{_place}.bin");
        await process.StandardInput.BaseStream.WriteAsync(ClientRig.Bytes(1000));
        await process.StandardInput.BaseStream.FlushAsync();
        await Eventually.HoldsAsync(async () => (await _service.Client.GetStringAsync("/api/sessions?state=open"))
            .Contains(_place, StringComparison.Ordinal));
        _ = await Tool.RunAsync(_rig.Folder, "kill", "-INT", $"{process.Id}");
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("nothing of it is kept", errors, StringComparison.Ordinal);
        Assert.DoesNotContain(
            _place, await _service.Client.GetStringAsync("/api/sessions?state=open"), StringComparison.Ordinal);
    }

    private async Task<List<string>> ListAsync(ChunkUploadClient client)
    {
        var paths = new List<string>();
        await foreach (var entry in client.ListAsync(_place, recursive: true))
            paths.Add(entry.Path[(_place.Length + 1)..]);
        return [.. paths.Order(StringComparer.Ordinal)];
    }

    private ChunkUploadClient Client() => _rig.Client(_service.Address, _service.Key);

    private sealed class Items(ConcurrentBag<string> moved) : IProgress<FolderProgress>
    {
        public void Report(FolderProgress value)
        {
            if (value.Item is { State: FolderItemState.Moved } item)
                moved.Add(item.Path);
        }
    }
}
