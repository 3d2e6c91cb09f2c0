using System.Collections.Concurrent;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Client.Age;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Folders of which each file is encrypted on its way up, and decrypted on its way down.</summary>
[Collection(ClientCollection.Name)]
public sealed class EncryptedFolderTests(ApiFixture fixture) : IDisposable
{
    private const int Files = 60;

    private readonly ClientRig _rig = new();
    private readonly TestService _service = fixture.Service;
    private readonly string _place = $"sealed-{Guid.NewGuid():n}";
    private readonly AgeIdentity _identity = AgeIdentity.Create();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task A_tree_comes_down_as_it_went_up_and_a_second_run_moves_only_what_changed()
    {
        var (source, target) = (_rig.At("source"), _rig.At("target"));
        var all = FolderRig.Fill(source, Files);
        var client = Client();
        var first = await client.UploadFolderAsync(source, _place, For(_identity));
        Assert.Empty(first.Failures);
        Assert.Equal((all, 0), (first.Moved, first.Unchanged));
        foreach (var name in (string[])["d1/s1/f1.bin", "d4/s1/f4.bin", "big/large.bin"])
        {
            var there = await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/{name}");
            Assert.StartsWith("chunkupload-encrypted/v1\n-> X25519 ", Encoding.Latin1.GetString(there), StringComparison.Ordinal);
            var text = await File.ReadAllBytesAsync(Path.Combine(source, name));
            Assert.True(text.Length < 16 || there.AsSpan().IndexOf(text.AsSpan(0, 16)) < 0);
        }

        // Without the recipients the client sends nothing unencrypted.
        var clear = await Assert.ThrowsAsync<TransferException>(() => client.UploadFolderAsync(source, _place));
        Assert.Equal("folder_is_encrypted", clear.Code);

        FolderRig.Write(source, "d0/s0/f0.bin", 5000, 901);
        FolderRig.Write(source, "d1/s1/f1.bin", 1, 902);
        FolderRig.Write(source, "big/middle.bin", 2 << 20, 903);
        var moved = new ConcurrentBag<string>();
        var second = await client.UploadFolderAsync(source, _place, For(_identity), new Moved(moved));
        Assert.Equal(["big/middle.bin", "d0/s0/f0.bin", "d1/s1/f1.bin"], moved.Order(StringComparer.Ordinal));
        Assert.Equal((3, all - 3, 0), (second.Moved, second.Unchanged, second.Failed));

        var down = await client.DownloadFolderAsync(_place, target, Opening(_identity));
        Assert.Empty(down.Failures);
        Assert.Equal(all, down.Moved);
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(target));
        var again = await client.DownloadFolderAsync(_place, target, Opening(_identity));
        Assert.Equal((0, all), (again.Moved, again.Unchanged));
    }

    [Fact]
    public async Task Names_are_hidden_and_found_again_also_from_another_machine()
    {
        var (source, target) = (_rig.At("source"), _rig.At("target"));
        FolderRig.Write(source, "secret plans/Ünïcode 日本.txt", 4000, 1);
        FolderRig.Write(source, "secret plans/deep/large.bin", 3 << 20, 2);
        FolderRig.Write(source, "short", 0, 3);
        FolderRig.Write(source, new string('n', 150), 5, 4);
        _ = Directory.CreateDirectory(Path.Combine(source, "empty"));
        _ = File.CreateSymbolicLink(Path.Combine(source, "link"), "secret plans/deep");
        FolderRig.Age(source);
        var hiding = For(_identity) with { Encryption = new() { Recipients = [_identity.Recipient], EncryptName = true } };
        var first = await Client().UploadFolderAsync(source, _place, hiding);
        Assert.Empty(first.Failures);
        var listed = await _service.Client.GetStringAsync($"/api/tree/{_place}/?recursive=true&format=json");
        listed = listed.Replace("\"kind\":\"link\"", "", StringComparison.Ordinal);
        foreach (var word in (string[])["secret", "deep", "short", "nnnn", "empty", "link\""])
            Assert.DoesNotContain($":\"{word}", listed, StringComparison.Ordinal);

        Assert.Equal((0, first.Moved), Sum(await Client().UploadFolderAsync(source, _place, hiding)));
        // Another machine knows nothing of this folder, and opens its key; with the public key alone it cannot.
        Directory.Delete(_rig.States, recursive: true);
        var refused = await Assert.ThrowsAsync<TransferException>(() => Client().UploadFolderAsync(source, _place, hiding));
        Assert.Equal((TransferFailure.Authentication, "wrong_decryption_key"), (refused.Failure, refused.Code));
        Assert.Equal(
            (0, first.Moved), Sum(await Client().UploadFolderAsync(source, _place, hiding with { Identities = [_identity] })));

        var down = await Client().DownloadFolderAsync(_place, target, Opening(_identity));
        Assert.Empty(down.Failures);
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(target));

        // Names are given and shown as they read.
        _ = await Client().DownloadFileAsync(
            $"{_place}/secret plans/Ünïcode 日本.txt", _rig.Folder, new() { Identities = [_identity] });
        Assert.Equal(ClientRig.Bytes(4000, 1), await File.ReadAllBytesAsync(_rig.At("Ünïcode 日本.txt")));
        Assert.Equal(
            (1, 0), Sum(await Client().DownloadFolderAsync($"{_place}/secret plans/deep", _rig.At("deep"), Opening(_identity))));
        var shown = new List<string>();
        await foreach (var entry in Client().ListAsync($"{_place}/secret plans", identities: [_identity]))
            shown.Add(entry.Path);
        Assert.Equal(
            [$"{_place}/secret plans/deep", $"{_place}/secret plans/Ünïcode 日本.txt"], shown.Order(StringComparer.Ordinal));

        // Locally deleted files are deleted at the service, but only those that were sent in this way.
        File.Delete(Path.Combine(source, "short"));
        _ = await _service.Client.PutAsync($"/api/tree/{_place}/by-others.txt", new StringContent("theirs"));
        var mirrored = await Client().UploadFolderAsync(source, _place, hiding with { DeleteExtra = true });
        Assert.Equal((1, 0), (mirrored.Deleted, mirrored.Failed));
        Assert.Equal("theirs", await _service.Client.GetStringAsync($"/api/tree/{_place}/by-others.txt"));
        File.WriteAllText(Path.Combine(source, new string('x', 151)), "too long");
        var failed = Assert.Single((await Client().UploadFolderAsync(source, _place, hiding)).Failures);
        Assert.Contains("at most 150", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Encrypted_folders_and_files_in_a_folder_come_back_with_their_names()
    {
        FolderRig.Write(_rig.At("plans"), "secret plan.txt", 4000, 1);
        FolderRig.Write(_rig.At("plans"), "deep/er/Ü.bin", 2 << 20, 2);
        _ = File.CreateSymbolicLink(_rig.At("plans/link"), "deep/er");
        FolderRig.Write(_rig.At("photos"), "a.jpg", 100, 3);
        FolderRig.Age(_rig.At("plans"));
        _rig.File("single.txt", 700, seed: 4);
        Assert.Equal(0, (await RunAsync("keygen", "key.txt")).Code);
        // As docs/encryption.md has it.
        var (code, output, errors) = await RunAsync(
            "up", "plans", "photos", "single.txt", "--encrypt-to", "key.txt", "--encrypt-names", "--to", $"{_place}/safe/");
        Assert.True(code == 0, output + errors);

        (code, output, errors) = await RunAsync("get", _place, "-o", "back", "-i", "key.txt");
        Assert.True(code == 0, output + errors);
        foreach (var name in (string[])["plans", "photos"])
            Assert.Equal(FolderRig.Snapshot(_rig.At(name)), FolderRig.Snapshot(_rig.At($"back/safe/{name}")));
        Assert.Equal(ClientRig.Bytes(700, 4), await File.ReadAllBytesAsync(_rig.At("back/safe/single.txt")));
        // A name that is hidden under the file's own key looks different each time, so that only a listing finds it.
        File.Delete(_rig.At("back/safe/single.txt"));
        (code, output, errors) = await RunAsync("check", "back", "--to", _place, "-i", "key.txt");
        Assert.True(code == 0, output + errors);
        (_, output, _) = await RunAsync("ls", "-r", _place, "-i", "key.txt");
        Assert.Contains($"{_place}/safe/plans/deep/er/Ü.bin", output, StringComparison.Ordinal);
        (code, output, errors) = await RunAsync("get", $"{_place}/safe/plans/secret plan.txt", "-i", "key.txt", "-o", "one.txt");
        Assert.True(code == 0, output + errors);
        (_, output, _) = await RunAsync("ls", $"{_place}/safe/plans", "-i", "key.txt");
        Assert.Contains("secret plan.txt", output, StringComparison.Ordinal);

        // With a key that opens only one of the two folders, the other one fails, and nothing of it is stored locally.
        FolderRig.Write(_rig.At("theirs"), "x.txt", 10, 5);
        Assert.Equal(0, (await RunAsync("keygen", "other.txt")).Code);
        Assert.Equal(0, (await RunAsync("up", "theirs", "--encrypt-to", "other.txt", "--encrypt-names", "--to", $"{_place}/safe/")).Code);
        (code, output, errors) = await RunAsync("get", _place, "-o", "mine", "-i", "key.txt");
        Assert.True(code == 6, output + errors);
        Assert.False(Directory.Exists(_rig.At("mine/safe/theirs")));
        Assert.Equal(FolderRig.Snapshot(_rig.At("plans")), FolderRig.Snapshot(_rig.At("mine/safe/plans")));
    }

    [Fact]
    public async Task A_passphrase_opens_one_key_for_all_files_and_each_of_them_alone()
    {
        var source = _rig.At("source");
        for (var at = 0; at < 30; at++)
            FolderRig.Write(source, $"f{at}.bin", 2000 + at, at);
        FolderRig.Write(source, "large.bin", 3 << 20, 50);
        var passphrase = new AgePassphrase("correct horse");
        var first = await Client().UploadFolderAsync(source, _place, For(passphrase));
        Assert.Empty(first.Failures);
        Assert.Equal((0, 31), Sum(await Client().UploadFolderAsync(source, _place, For(new AgePassphrase("correct horse")))));
        var other = await Assert.ThrowsAsync<TransferException>(
            () => Client().UploadFolderAsync(source, _place, For(new AgePassphrase("wrong"))));
        Assert.Equal("wrong_decryption_key", other.Code);

        var down = await Client().DownloadFolderAsync(_place, _rig.At("target"), Opening(passphrase));
        Assert.Empty(down.Failures);
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(_rig.At("target")));
        _ = await Client().DownloadFileAsync($"{_place}/f7.bin", _rig.At("one.bin"), new() { Identities = [passphrase] });
        Assert.Equal(ClientRig.Bytes(2007, 7), await File.ReadAllBytesAsync(_rig.At("one.bin")));
    }

    [Fact]
    public async Task For_other_recipients_all_is_sent_anew_also_if_the_first_try_was_cut_off()
    {
        var source = _rig.At("source");
        for (var at = 0; at < 20; at++)
            FolderRig.Write(source, $"f{at}.bin", 2000, at);
        FolderRig.Write(source, "large.bin", 8 << 20, 50);
        _ = await Client().UploadFolderAsync(source, _place, For(_identity));
        var other = AgeIdentity.Create();
        using (var stop = new CancellationTokenSource())
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => Client().UploadFolderAsync(source, _place, For(other), new Stopping(stop), stop.Token));
        }

        Assert.Equal((21, 0), Sum(await Client().UploadFolderAsync(source, _place, For(other))));
        Assert.Equal((0, 21), Sum(await Client().UploadFolderAsync(source, _place, For(other))));
        var down = await Client().DownloadFolderAsync(_place, _rig.At("target"), Opening(other));
        Assert.Empty(down.Failures);
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(_rig.At("target")));
    }

    [Fact]
    public async Task A_file_in_clear_one_for_others_and_one_that_is_damaged_fail_alone()
    {
        var source = _rig.At("source");
        FolderRig.Write(source, "good.bin", 70_000, 1);
        FolderRig.Write(source, "damaged.bin", 70_000, 2);
        _ = await Client().UploadFolderAsync(source, _place, For(_identity));
        var bytes = await _service.Client.GetByteArrayAsync($"/api/tree/{_place}/damaged.bin");
        bytes[^30_000] ^= 1;
        _ = await _service.Client.PutAsync($"/api/tree/{_place}/damaged.bin", new ByteArrayContent(bytes));
        _ = await _service.Client.PutAsync($"/api/tree/{_place}/clear.txt", new StringContent("given in its place"));
        FolderRig.Write(_rig.At("theirs"), "theirs.bin", 100, 3);
        _ = await Client().UploadFolderAsync(_rig.At("theirs"), _place, For(AgeIdentity.Create()));

        var down = await Client().DownloadFolderAsync(_place, _rig.At("target"), Opening(_identity));
        Assert.Equal((1, 3), (down.Moved, down.Failed));
        Assert.Equal(
            [TransferFailure.Refused, TransferFailure.Checksum, TransferFailure.Authentication],
            down.Failures.OrderBy(item => item.Path, StringComparer.Ordinal).Select(item => item.Failure!.Value));
        Assert.Equal(["good.bin"], Directory.GetFiles(_rig.At("target")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task The_same_command_goes_on_after_a_kill_in_either_direction_and_check_compares()
    {
        var source = _rig.At("source");
        var all = FolderRig.Fill(source, Files);
        var (_, key, _) = await RunAsync("keygen", "key.txt");
        string[] up = ["up", "source", "--to", _place, "--encrypt-to", key.Trim(), "--json"];
        await using var proxy = new CutProxy(_service.Address) { Rate = 4 << 20 };
        await KillAsync(proxy, 9 << 20, up);
        proxy.Rate = 0;
        var (code, output, errors) = await RunAsync(up);
        Assert.True(code == 0, output + errors);
        var sum = ClientRig.Line(output.TrimEnd().Split('\n')[^1]);
        Assert.True(sum.GetProperty("unchanged").GetInt64() > 0, output);
        Assert.Equal(all, sum.GetProperty("unchanged").GetInt64() + sum.GetProperty("moved").GetInt64());

        string[] get = ["get", _place, "-o", "target", "--identity", "key.txt", "--json"];
        proxy.Rate = 4 << 20;
        await KillAsync(proxy, proxy.Passed + (4 << 20), get);
        (code, output, errors) = await RunAsync(get);
        Assert.True(code == 0, output + errors);
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(_rig.At("target")));

        string[] check = ["check", "source", "--to", _place, "--identity", "key.txt"];
        (code, output, errors) = await RunAsync(check);
        Assert.True(code == 0, output + errors);
        var changed = Path.Combine(source, "big/large.bin");
        var bytes = await File.ReadAllBytesAsync(changed);
        bytes[5_000_000] ^= 1;
        await File.WriteAllBytesAsync(changed, bytes);
        (code, output, _) = await RunAsync(check);
        Assert.Equal(1, code);
        Assert.Contains("1 different", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sync_mirrors_in_both_directions_and_sends_nothing_in_clear()
    {
        var source = _rig.At("source");
        FolderRig.Write(source, "plans/a.txt", 3000, 1);
        FolderRig.Write(source, "b.txt", 10, 2);
        Assert.Equal(0, (await RunAsync("keygen", "key.txt")).Code);
        string[] sync = ["sync", "source", $":{_place}", "--encrypt-to", "key.txt", "--encrypt-names", "--delete-extra"];
        Assert.Equal(0, (await RunAsync(sync)).Code);
        File.Delete(Path.Combine(source, "b.txt"));
        FolderRig.Write(source, "plans/c.txt", 500, 3);
        // The saved state of the folder is damaged: its key is requested again.
        var record = Assert.Single(Directory.GetFiles(Path.Combine(_rig.States, "folders"), "*.json"));
        await File.WriteAllTextAsync(record, "{\"for\":[\"age1\"],\"file\":{\"key\":\"AA\"");
        var (code, output, errors) = await RunAsync([.. sync, "--json"]);
        Assert.True(code == 0, output + errors);
        var sum = ClientRig.Line(output.TrimEnd().Split('\n')[^1]);
        Assert.Equal((1, 1), (sum.GetProperty("deleted").GetInt32(), sum.GetProperty("unchanged").GetInt32()));
        FolderRig.Write(_rig.At("target"), "extra.txt", 10, 4);
        Assert.Equal(0, (await RunAsync("sync", $":{_place}", "target", "-i", "key.txt", "--delete-extra")).Code);
        Assert.Equal(FolderRig.Snapshot(source), FolderRig.Snapshot(_rig.At("target")));

        (code, output, _) = await RunAsync("sync", "source", $":{_place}", "--json");
        Assert.Equal((12, "folder_is_encrypted"), (code, ClientRig.Line(output).GetProperty("code").GetString()));
        Assert.Equal(2, (await RunAsync("sync", $":{_place}", "target", "--encrypt-to", "key.txt")).Code);
        (_, output, _) = await RunAsync("ls", "-r", _place, "-i", "key.txt");
        Assert.Contains($"{_place}/plans/c.txt", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_somebody_has_put_in_the_place_of_the_folders_own_is_refused()
    {
        var source = _rig.At("source");
        FolderRig.Write(source, "secret plan.txt", 100, 1);
        var options = For(_identity) with
        {
            Encryption = new() { Recipients = [_identity.Recipient], EncryptName = true },
            Identities = [_identity],
        };
        foreach (var place in (string[])[_place, $"{_place}-theirs"])
            _ = await Client().UploadFolderAsync(source, place, options);
        var theirs = await _service.Client.GetByteArrayAsync($"/api/tree/{_place}-theirs/.chunkupload-key");
        _ = await _service.Client.PutAsync($"/api/tree/{_place}/.chunkupload-key", new ByteArrayContent(theirs));
        var refused = await Assert.ThrowsAsync<TransferException>(() => Client().UploadFolderAsync(source, _place, options));
        Assert.Equal((TransferFailure.Conflict, "folder_key_replaced"), (refused.Failure, refused.Code));
    }

    [Fact]
    public async Task Of_two_runs_at_once_one_makes_the_key()
    {
        var source = _rig.At("source");
        for (var at = 0; at < 20; at++)
            FolderRig.Write(source, $"d{at % 3}/f{at}.bin", 1000, at);
        using var other = new ClientRig();
        var options = For(_identity) with
        {
            Encryption = new() { Recipients = [_identity.Recipient], EncryptName = true },
            Identities = [_identity],
        };
        await Task.WhenAll(((ClientRig[])[_rig, other]).Select(rig => Task.Run(async () =>
        {
            var client = rig.Client(_service.Address, _service.Key);
            try
            {
                return await client.UploadFolderAsync(source, _place, options);
            }
            catch (TransferException failure) when (failure.Code == "name_taken")
            {
                // As its message says.
                return await client.UploadFolderAsync(source, _place, options);
            }
        })));
        var down = await Client().DownloadFolderAsync(_place, _rig.At("target"), Opening(_identity));
        Assert.Equal((23, 0, 0), (down.Moved, down.Skipped, down.Failed));
        Assert.Equal(23, (await other.Client(_service.Address, _service.Key).UploadFolderAsync(source, _place, options)).Unchanged);
    }

    private async Task KillAsync(CutProxy proxy, long bytes, string[] command)
    {
        using var process = _rig.Cu(proxy.Address, _service.KeyFile, command);
        await Eventually.HoldsAsync(() => Task.FromResult(proxy.Passed >= bytes || process.HasExited));
        process.Kill();
        await process.WaitForExitAsync();
    }

    private static FolderOptions For(object recipient) => new()
    {
        Encryption = new EncryptionOptions
        {
            Recipients = [recipient is AgeIdentity identity ? identity.Recipient : (IContentRecipient)recipient],
        },
    };

    private static FolderOptions Opening(IContentIdentity identity) => new() { Identities = [identity] };

    private static (long Moved, long Unchanged) Sum(FolderResult result)
    {
        Assert.Empty(result.Failures);
        return (result.Moved, result.Unchanged);
    }

    private ChunkUploadClient Client() => _rig.Client(_service.Address, _service.Key);

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) =>
        _rig.RunCuAsync(_service.Address, _service.KeyFile, arguments);

    private sealed class Moved(ConcurrentBag<string> moved) : IProgress<FolderProgress>
    {
        public void Report(FolderProgress value)
        {
            if (value.Item is { State: FolderItemState.Moved } item)
                moved.Add(item.Path);
        }
    }

    /// <summary>Stops once some of the files are sent.</summary>
    private sealed class Stopping(CancellationTokenSource stop) : IProgress<FolderProgress>
    {
        public void Report(FolderProgress value)
        {
            if (value.Running.Any(file => file.Safe > 1 << 20) || value.Item is { State: FolderItemState.Moved })
                stop.Cancel();
        }
    }
}
