using ChunkUpload.Client;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using UploadOptions = ChunkUpload.Client.UploadOptions;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Verbs of cu about what is at the service, and the options that bound what a folder moves.</summary>
[Collection(ClientCollection.Name)]
public sealed class VerbTests(ApiFixture fixture) : IDisposable
{
    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"verb-{Guid.NewGuid():n}";

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Folders_are_made_copied_summed_and_brought_back_from_the_trash()
    {
        _rig.File("a.txt", 1000);
        await DoneAsync("mkdir", $"{_place}/deep/er");
        await DoneAsync("up", "a.txt", "--to", $"{_place}/deep/a.txt");
        await DoneAsync("cp", $"{_place}/deep", $"{_place}/copy");
        Assert.Equal(8, (await RunAsync("cp", $"{_place}/deep", $"{_place}/copy")).Code);
        var sum = await DoneAsync("du", "-s", _place, "--json");
        Assert.Equal((2000, 2), (Number(sum, "bytes"), Number(sum, "files")));
        var folders = (await DoneAsync("du", _place)).Trim().Split('\n');
        Assert.Equal(3, folders.Length);

        await DoneAsync("rm", $"{_place}/copy");
        Assert.Contains($"{_place}/copy/", await DoneAsync("trash"), StringComparison.Ordinal);
        await DoneAsync("restore", $"{_place}/copy");
        Assert.Equal(ClientRig.Bytes(1000), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/copy/a.txt"));
        Assert.Equal(11, (await RunAsync("restore", $"{_place}/copy")).Code);
        await DoneAsync("rm", $"{_place}/copy/a.txt");
        await DoneAsync("restore", $"{_place}/copy/a.txt", "--to", $"{_place}/rescued.txt");
        Assert.Equal(0, (await RunAsync("show", $"{_place}/rescued.txt")).Code);
        await DoneAsync("rm", $"{_place}/rescued.txt");
        var items = (await DoneAsync("trash", "--json")).Split('\n');
        var rescued = items.First(line => line.Contains("rescued", StringComparison.Ordinal));
        var id = ClientRig.Line(rescued).GetProperty("id").GetString()!;
        await DoneAsync("trash", "--delete", id);
        Assert.Equal(11, (await RunAsync("restore", id)).Code);
        Assert.Contains("maxFileSize", await DoneAsync("df"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_goes_to_standard_output_and_to_a_destination_beside_the_option_for_it()
    {
        await File.WriteAllTextAsync(_rig.At("a.txt"), "alpha\n");
        await File.WriteAllTextAsync(_rig.At("b.txt"), "beta\n");
        await DoneAsync("up", "a.txt", "b.txt", "--to", $"{_place}/");
        Assert.Equal("alpha\nbeta\n", await DoneAsync("cat", $"{_place}/a.txt", $"{_place}/b.txt"));
        await DoneAsync("get", $"{_place}/a.txt", "copy.txt");
        Assert.Equal("alpha\n", await File.ReadAllTextAsync(_rig.At("copy.txt")));
        Assert.Equal(2, (await RunAsync("get", $"{_place}/a.txt", "x.txt", "-o", "y.txt")).Code);
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_told_and_the_others_are_done()
    {
        foreach (var name in (string[])["a.txt", "b.txt"])
            await File.WriteAllTextAsync(_rig.At(name), name);
        await DoneAsync("up", "a.txt", "b.txt", "--to", $"{_place}/");
        var (code, output, errors) = await RunAsync("cat", $"{_place}/none", $"{_place}/b.txt");
        Assert.Equal((11, "b.txt"), (code, output));
        Assert.Contains($"cu: {_place}/none: ", errors, StringComparison.Ordinal);
        (code, output, errors) = await RunAsync("rm", $"{_place}/a.txt", $"{_place}/none", $"{_place}/b.txt");
        Assert.Equal((11, 2), (code, output.Trim().Split('\n').Length));
        Assert.Contains($"cu: {_place}/none: ", errors, StringComparison.Ordinal);
        (code, _, _) = await RunAsync("restore", $"{_place}/none", $"{_place}/b.txt");
        Assert.Equal(11, code);
        Assert.Equal("b.txt", await DoneAsync("cat", $"{_place}/b.txt"));
        Assert.Equal(8, (await RunAsync("mkdir", $"{_place}/b.txt/below", $"{_place}/made")).Code);
        await DoneAsync("show", $"{_place}/made");
    }

    [Fact]
    public async Task A_file_is_fetched_into_folders_that_are_not_there_yet()
    {
        await File.WriteAllTextAsync(_rig.At("a.txt"), "alpha");
        await DoneAsync("up", "a.txt", "--to", $"{_place}/a.txt");
        await DoneAsync("get", $"{_place}/a.txt", "-o", "new/deep/");
        await DoneAsync("get", $"{_place}/a.txt", "other/name.txt");
        Assert.Equal("alpha", await File.ReadAllTextAsync(_rig.At("new/deep/a.txt")));
        Assert.Equal("alpha", await File.ReadAllTextAsync(_rig.At("other/name.txt")));
        var (code, _, errors) = await RunAsync("get", $"{_place}/a.txt", "-o", "a.txt/below");
        Assert.Equal(9, code);
        Assert.Contains($"The folder {_rig.At("a.txt")} cannot be made", errors, StringComparison.Ordinal);
        Assert.Equal(11, (await RunAsync("get", $"{_place}/none", "-o", "never/")).Code);
        Assert.False(Directory.Exists(_rig.At("never")));
    }

    [Fact]
    public async Task An_encrypted_file_is_opened_here_without_a_service()
    {
        await File.WriteAllTextAsync(_rig.At("plan.txt"), "the plan");
        Assert.Equal(0, (await RunAsync("keygen", "key.txt")).Code);
        await DoneAsync("up", "plan.txt", "--to", $"{_place}/plan.txt", "--encrypt-to", "key.txt");
        await DoneAsync("get", $"{_place}/plan.txt", "-o", "sealed.bin");
        var nowhere = new Uri("http://127.0.0.1:1");
        var (code, output, errors) = await _rig.RunCuAsync(nowhere, null, "decrypt", "sealed.bin", "-i", "key.txt", "-o", "open.txt");
        Assert.True(code == 0, output + errors);
        Assert.Equal("the plan", await File.ReadAllTextAsync(_rig.At("open.txt")));
        Assert.Equal(12, (await _rig.RunCuAsync(nowhere, null, "decrypt", "plan.txt", "-i", "key.txt")).Code);
        Assert.Equal(2, (await _rig.RunCuAsync(nowhere, null, "decrypt", "sealed.bin")).Code);
    }

    [Fact]
    public async Task Options_bound_what_a_folder_moves_and_deletes()
    {
        FolderRig.Write(_rig.At("s"), "large.bin", 5000, 1);
        FolderRig.Write(_rig.At("s"), "small.bin", 10, 2);
        FolderRig.Write(_rig.At("s"), "in/it.bin", 6000, 3);
        await DoneAsync("up", "s", "--to", _place, "--min-size", "1K");
        Assert.Equal(["in", "in/it.bin", "large.bin"], await NamesAsync());
        await DoneAsync("up", "s", "--to", $"{_place}/some", "--files-from", await ListAsync("in/it.bin"));
        Assert.Equal(["in", "in/it.bin"], await NamesAsync("some/"));
        await DoneAsync("get", _place, "young", "--max-age", "1h");
        Assert.DoesNotContain(Directory.GetFiles(_rig.At("young"), "*", SearchOption.AllDirectories), _ => true);
        await DoneAsync("get", $"{_place}", "picked", "--files-from", await ListAsync("large.bin"));
        Assert.Equal(["large.bin"], Directory.GetFileSystemEntries(_rig.At("picked")).Select(Path.GetFileName));

        // A path that is not there is a failure, and the others move. A leading ./ is that of find.
        var list = await ListAsync("./in/it.bin", "gone.bin");
        var (asked, _, said) = await RunAsync("up", "s", "--to", $"{_place}/listed", "--files-from", list);
        Assert.Equal(9, asked);
        Assert.Contains("cu: gone.bin: ", said, StringComparison.Ordinal);
        Assert.Equal(["in", "in/it.bin"], await NamesAsync("listed/"));
        (asked, _, said) = await RunAsync("get", _place, "found", "--files-from", list);
        Assert.Equal(11, asked);
        Assert.Contains("cu: gone.bin: ", said, StringComparison.Ordinal);
        Assert.True(File.Exists(_rig.At("found/in/it.bin")));

        // The same size and time with another content is found by the digest alone.
        var changed = _rig.At("s/large.bin");
        var time = File.GetLastWriteTimeUtc(changed);
        await File.WriteAllBytesAsync(changed, ClientRig.Bytes(5000, 9));
        File.SetLastWriteTimeUtc(changed, time);
        await DoneAsync("up", "s", "--to", _place);
        Assert.NotEqual(ClientRig.Bytes(5000, 9), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/large.bin"));
        await DoneAsync("up", "s", "--to", _place, "--checksum");
        Assert.Equal(ClientRig.Bytes(5000, 9), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/large.bin"));

        File.Delete(changed);
        File.Delete(_rig.At("s/small.bin"));
        var (code, output, errors) = await RunAsync("sync", "s", $":{_place}", "--delete-extra", "--max-delete", "1");
        Assert.True(code == 8, output + errors);
        Assert.Contains("large.bin", await NamesAsync());
        await DoneAsync("sync", "s", $":{_place}", "--delete-extra", "--max-delete", "9");
        Assert.Equal(["in", "in/it.bin"], await NamesAsync());
        Assert.Equal(2, (await RunAsync("up", "s", "--to", _place, "--max-delete", "9")).Code);
    }

    [Fact]
    public async Task Help_has_examples_a_misspelled_verb_is_proposed_and_attempts_are_bounded()
    {
        var (code, output, _) = await RunAsync();
        Assert.Equal(0, code);
        Assert.Contains("cu login https://files.example", output, StringComparison.Ordinal);
        Assert.Contains("Examples:", (await RunAsync("up", "--help")).Output, StringComparison.Ordinal);
        var (wrong, _, errors) = await RunAsync("upp", "x");
        Assert.Equal(2, wrong);
        Assert.Contains("Did you mean up?", errors, StringComparison.Ordinal);
        _rig.File("a.txt", 10);
        // Nothing listens there. Without a limit it would continue for 15 s.
        var (gone, _, trouble) = await _rig.RunCuAsync(
            new Uri("http://127.0.0.1:1"), _service.KeyFile, "up", "a.txt", "--to", "x", "--attempts", "2", "-v", "--log-file", "log.txt");
        Assert.Equal(3, gone);
        Assert.Contains("Trying again", trouble, StringComparison.Ordinal);
        Assert.Single(await File.ReadAllLinesAsync(_rig.At("log.txt")), line => line.Contains("Trying again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_paused_transfer_goes_on_inside_the_file()
    {
        const int Size = 20 << 20;
        var file = _rig.File("film.bin", Size);
        await using var proxy = new CutProxy(_service.Address) { Rate = 4 << 20 };
        var control = new TransferControl();
        var paused = new TaskCompletionSource();
        var sending = _rig.Client(proxy.Address, _service.Key).UploadFileAsync(
            file, new UploadOptions { Path = $"{_place}/film.bin", Control = control, MaxConnections = 2, MaxPiece = 1 << 20 },
            new ClientRig.Reports(now =>
            {
                if (now.Safe is 0 or Size || paused.Task.IsCompleted)
                    return;
                control.Pause();
                _ = paused.TrySetResult();
            }));
        await paused.Task;
        Assert.True(control.IsPaused);
        Assert.False(sending.IsCompleted);
        proxy.Rate = 0;
        control.Resume();
        Assert.True((await sending).SavedByResuming > 0);
        Assert.Equal(ClientRig.Bytes(Size), await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/film.bin"));
    }

    [Fact]
    public async Task A_file_is_read_at_any_position_over_a_network_that_breaks()
    {
        const int Size = 9 << 20;
        var bytes = ClientRig.Bytes(Size);
        await _rig.Client(_service.Address, _service.Key).UploadFileAsync(
            _rig.File("film.bin", Size), new UploadOptions { Path = $"{_place}/film.bin" });
        var network = new BreakingNetwork(3, after: 50_000);
        await using var stream = await _rig.Client(_service.Address, _service.Key, network).OpenReadAsync($"{_place}/film.bin");
        Assert.Equal(Size, stream.Length);
        var part = new byte[1000];
        foreach (var at in (int[])[Size - 1000, 0, 5_000_001])
        {
            stream.Position = at;
            await stream.ReadExactlyAsync(part);
            Assert.Equal(bytes.AsSpan(at, 1000).ToArray(), part);
        }

        // Little more came than was asked for.
        Assert.InRange(network.Passed, 3000, 2 << 20);
        stream.Position = 0;
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        Assert.Equal(bytes, all.ToArray());
        Assert.Equal(0, await stream.ReadAsync(part));
    }

    private async Task<string> ListAsync(params string[] names)
    {
        await File.WriteAllLinesAsync(_rig.At("list"), names);
        return "list";
    }

    private async Task<IEnumerable<string>> NamesAsync(string below = "")
    {
        var lines = (await DoneAsync("ls", "-r", $"{_place}/{below}".TrimEnd('/'), "--json")).Trim().Split('\n');
        var paths = lines.Select(line => ClientRig.Line(line).GetProperty("path").GetString()![(_place.Length + 1 + below.Length)..]);
        return paths.Where(path => below.Length > 0 || !path.StartsWith("some", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    private static long Number(string line, string field) => ClientRig.Line(line).GetProperty(field).GetInt64();

    private async Task<string> DoneAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync(arguments);
        Assert.True(code == 0, $"{string.Join(' ', arguments)}: {output}{errors}");
        return output;
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        arguments.Length == 0 ? _rig.RunCuAsync(_service.Address, null) : _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);
}
