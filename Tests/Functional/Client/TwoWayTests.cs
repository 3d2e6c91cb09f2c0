using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Sync;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>A local folder and one of the service in sync: changes go both ways, and nothing is lost or removed by mistake.</summary>
[Collection(DeviceCollection.Name)]
public sealed partial class TwoWayTests(ApiFixture fixture) : IDisposable
{
    private readonly TwoWayRig _rig = new(fixture.Service);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task The_first_look_pairs_what_is_equal_and_copies_the_rest_both_ways()
    {
        _rig.Write("same.txt", "same");
        _rig.Write("here/a.txt", "a");
        await _rig.PutAsync("same.txt", "same");
        await _rig.PutAsync("there/b.txt", "b");
        var version = await VersionsAsync("same.txt");
        await _rig.InStepAsync();
        Assert.Equal(["here", "here/a.txt", "same.txt", "there", "there/b.txt"], _rig.Here().Keys);
        Assert.Equal(version, await VersionsAsync("same.txt"));
        Assert.Equal(["made", "sent"], Of(SyncSide.Right));
        Assert.Equal(["fetched", "made"], Of(SyncSide.Left));
        // The time of a file goes with it, in both directions.
        using var client = _rig.Machine.Client(fixture.Service.Address, fixture.Service.Key);
        Assert.Equal(
            File.GetLastWriteTimeUtc(Path.Combine(_rig.Root, "there/b.txt")),
            (await client.DescribeAsync($"{_rig.Place}/there/b.txt")).ModifiedAt);
        Assert.Equal(
            File.GetLastWriteTimeUtc(Path.Combine(_rig.Root, "here/a.txt")),
            (await client.DescribeAsync($"{_rig.Place}/here/a.txt")).ModifiedAt);
        _rig.Notes.Clear();
        await _rig.InStepAsync();
        Assert.Empty(_rig.Notes);
    }

    [Fact]
    public async Task Changes_moves_and_removals_go_both_ways()
    {
        for (var number = 0; number < 12; number++)
            _rig.Write($"f{number}.txt", $"{number}");
        _rig.Write("big.bin", new string('b', 600_000));
        await _rig.InStepAsync();
        var (moved, changed) = (await _rig.IdAsync("f1.txt"), await _rig.IdAsync("f0.txt"));
        _rig.Notes.Clear();

        _rig.Write("f0.txt", "changed here");
        _rig.Write("big.bin", new string('c', 700_000));
        Directory.Move(Path.Combine(_rig.Root, "f1.txt"), Path.Combine(_rig.Root, "moved here.txt"));
        File.Delete(Path.Combine(_rig.Root, "f2.txt"));
        await _rig.PutAsync("f3.txt", "changed there");
        await _rig.MoveAsync("f4.txt", "deep/moved there.txt");
        await _rig.RemoveAsync("f5.txt");
        await _rig.InStepAsync();

        Assert.Equal("changed here", (await _rig.ThereAsync())["f0.txt"]);
        Assert.Equal("changed there", _rig.Here()["f3.txt"]);
        Assert.Equal("4", _rig.Here()["deep/moved there.txt"]);
        Assert.DoesNotContain(_rig.Here().Keys, path => path is "f1.txt" or "f2.txt" or "f4.txt" or "f5.txt");
        // A move is one on the other side, too, and a new content is a version of the same file.
        Assert.Equal(moved, await _rig.IdAsync("moved here.txt"));
        Assert.Equal(changed, await _rig.IdAsync("f0.txt"));
        Assert.Equal(["moved", "removed", "sent", "sent"], Of(SyncSide.Right));
        Assert.Equal(["fetched", "made", "moved", "removed"], Of(SyncSide.Left));
        // Local files that are replaced or removed are kept.
        Assert.Equal(["3", "5"], _rig.Kept().Order());
    }

    [Fact]
    public async Task A_new_time_without_a_new_content_is_no_change()
    {
        _rig.Write("a.txt", "a");
        await _rig.InStepAsync();
        var versions = await VersionsAsync("a.txt");
        _rig.Write("a.txt", "a");
        _rig.Notes.Clear();
        await _rig.InStepAsync();
        Assert.Empty(_rig.Notes);
        Assert.Equal(versions, await VersionsAsync("a.txt"));
    }

    [Theory]
    [InlineData(SyncConflictRule.Newer, "here, and longer", 100)]
    [InlineData(SyncConflictRule.Newer, "there", 1_000_000)]
    [InlineData(SyncConflictRule.Larger, "here, and longer", 1_000_000)]
    [InlineData(SyncConflictRule.Left, "here, and longer", 1_000_000)]
    [InlineData(SyncConflictRule.Right, "there", 100)]
    public async Task A_rule_decides_and_the_loser_is_kept(SyncConflictRule rule, string wins, int minute)
    {
        await ConflictAsync(minute);
        _rig.Settings = _rig.Settings with { Rule = rule };
        await _rig.InStepAsync();
        Assert.Equal(wins, _rig.Here()["a.txt"]);
        if (wins == "there")
            Assert.Contains("here, and longer", _rig.Kept());
        else
            Assert.Contains("there", await ContentsAsync("a.txt"));
        var decided = Assert.Single(_rig.Files.Read()!.Decided);
        Assert.True(decided.ByRule);

        // The other version is chosen afterwards, and the previously chosen one is kept.
        _rig.Files.Leave(new SyncReply(decided.Path, decided.Id, decided.Answer, TakesBack: true));
        await _rig.InStepAsync();
        Assert.Equal(wins == "there" ? "here, and longer" : "there", _rig.Here()["a.txt"]);
        Assert.True(Assert.Single(_rig.Files.Read()!.Decided).IsTakenBack);
    }

    [Fact]
    public async Task Both_are_kept_where_the_rule_says_so()
    {
        await ConflictAsync(100);
        _rig.Settings = _rig.Settings with { Rule = SyncConflictRule.Both };
        await _rig.InStepAsync();
        Assert.Equal("here, and longer", _rig.Here()["a.txt"]);
        Assert.Equal("there", _rig.Here().Single(file => file.Key.StartsWith("a (service, ", StringComparison.Ordinal)).Value);
    }

    [Fact]
    public async Task A_person_decides_about_the_versions_that_were_shown()
    {
        await ConflictAsync(100);
        _rig.Write("other.txt", "goes on");
        var told = await _rig.SyncAsync();
        Assert.Equal("needs_you", told.State);
        var conflict = Assert.Single(told.Conflicts);
        Assert.Equal(("a.txt", "both_changed", 16L, 5L), (conflict.Path, conflict.Kind, conflict.Left!.Size, conflict.Right!.Size));
        Assert.NotNull(conflict.By);
        Assert.Equal("there", (await _rig.ThereAsync())["a.txt"]);
        Assert.Equal("goes on", (await _rig.ThereAsync())["other.txt"]);

        // A side has changed since: the decision counts for nothing.
        _rig.Answer(conflict, SyncAnswer.Right);
        _rig.Write("a.txt", "changed once more");
        conflict = Assert.Single((await _rig.SyncAsync()).Conflicts);
        Assert.Equal("changed once more", _rig.Here()["a.txt"]);
        _rig.Answer(conflict, SyncAnswer.Right);
        await _rig.InStepAsync();
        Assert.Equal("there", _rig.Here()["a.txt"]);
        Assert.Contains("changed once more", _rig.Kept());
    }

    [Fact]
    public async Task A_file_on_one_side_and_a_folder_on_the_other_one_are_a_conflict()
    {
        _rig.Write("x", "a file");
        await _rig.PutAsync("x/inner.txt", "in a folder");
        var conflict = Assert.Single((await _rig.SyncAsync()).Conflicts);
        Assert.Equal("file_and_folder", conflict.Kind);
        _rig.Answer(conflict, SyncAnswer.Both);
        await _rig.InStepAsync();
        Assert.Equal("in a folder", _rig.Here()["x/inner.txt"]);
        Assert.Contains("a file", _rig.Here().Values);

        // A file of the pair that becomes a folder is none.
        _rig.Write("y", "y");
        await _rig.InStepAsync();
        File.Delete(Path.Combine(_rig.Root, "y"));
        _rig.Write("y/z", "z");
        await _rig.InStepAsync();
        Assert.Equal("z", (await _rig.ThereAsync())["y/z"]);
    }

    [Fact]
    public async Task A_change_on_one_side_is_stronger_than_a_removal_on_the_other_one()
    {
        for (var number = 0; number < 12; number++)
            _rig.Write($"d/{number}.txt", $"{number}");
        await _rig.InStepAsync();
        File.Delete(Path.Combine(_rig.Root, "d/0.txt"));
        await _rig.PutAsync("d/0.txt", "changed there");
        await _rig.RemoveAsync("d/1.txt");
        _rig.Write("d/1.txt", "changed here");
        await _rig.InStepAsync();
        Assert.Equal("changed there", _rig.Here()["d/0.txt"]);
        Assert.Equal("changed here", _rig.Here()["d/1.txt"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_brake_asks_before_many_items_are_removed(bool isHere)
    {
        for (var number = 0; number < 8; number++)
            _rig.Write($"{number}.txt", $"{number}");
        await _rig.InStepAsync();
        for (var number = 0; number < 3; number++)
        {
            if (isHere)
                File.Delete(Path.Combine(_rig.Root, $"{number}.txt"));
            else
                await _rig.RemoveAsync($"{number}.txt");
        }

        var told = await _rig.SyncAsync();
        Assert.Equal(("needs_you", 3), (told.State, told.Question!.Removals));
        Assert.Equal(isHere ? 8 : 5, (await _rig.ThereAsync()).Count);
        Assert.Equal(isHere ? 5 : 8, _rig.Here().Count);

        // The approval covers the list that was shown, and no longer one.
        _rig.Files.Leave(new SyncReply(null, told.Question.Digest, SyncAnswer.Apply));
        if (isHere)
            File.Delete(Path.Combine(_rig.Root, "3.txt"));
        else
            await _rig.RemoveAsync("3.txt");
        told = await _rig.SyncAsync();
        Assert.Equal(4, told.Question!.Removals);
        _rig.Files.Leave(new SyncReply(null, told.Question.Digest, SyncAnswer.Apply));
        await _rig.InStepAsync();
        Assert.Equal(4, _rig.Here().Count);

        // Refused removals return.
        for (var number = 4; number < 7; number++)
            File.Delete(Path.Combine(_rig.Root, $"{number}.txt"));
        told = await _rig.SyncAsync();
        _rig.Files.Leave(new SyncReply(null, told.Question!.Digest, SyncAnswer.Leave));
        await _rig.InStepAsync();
        Assert.Equal(4, _rig.Here().Count);
    }

    [Fact]
    public async Task Slow_removals_count_together_within_an_hour()
    {
        for (var number = 0; number < 8; number++)
            _rig.Write($"{number}.txt", $"{number}");
        await _rig.InStepAsync();
        for (var number = 0; number < 2; number++)
        {
            File.Delete(Path.Combine(_rig.Root, $"{number}.txt"));
            await _rig.InStepAsync();
        }

        File.Delete(Path.Combine(_rig.Root, "2.txt"));
        Assert.Equal(1, (await _rig.SyncAsync()).Question!.Removals);
        Assert.Equal("2", (await _rig.ThereAsync())["2.txt"]);
    }

    [Fact]
    public async Task A_folder_without_its_marker_is_away_and_one_that_is_gone_at_the_service_too()
    {
        for (var number = 0; number < 3; number++)
            _rig.Write($"{number}.txt", $"{number}");
        await _rig.InStepAsync();
        Directory.Move(_rig.Root, _rig.Root + ".away");
        _ = Directory.CreateDirectory(_rig.Root);
        Assert.Equal("away", (await _rig.SyncAsync()).State);
        Assert.Equal(3, (await _rig.ThereAsync()).Count);
        Assert.Empty(_rig.Here());
        Directory.Delete(_rig.Root);
        Assert.Equal("away", (await _rig.SyncAsync()).State);
        Directory.Move(_rig.Root + ".away", _rig.Root);
        await _rig.InStepAsync();

        // The folder is known by its id: under another name it is the same one.
        using var client = _rig.Machine.Client(fixture.Service.Address, fixture.Service.Key);
        _ = await client.MoveAsync(_rig.Place, _rig.Place + "-renamed");
        _rig.Write("new.txt", "new");
        Assert.Equal("in_step", (await _rig.SyncAsync()).State);
        Assert.NotNull(await client.DescribeAsync($"{_rig.Place}-renamed/new.txt"));
        await client.DeleteAsync(_rig.Place + "-renamed");
        Assert.Equal("away", (await _rig.SyncAsync()).State);
        Assert.Equal(4, _rig.Here().Count);
    }

    [Fact]
    public async Task What_is_left_out_stays_where_it_is_and_keeps_its_folder()
    {
        _rig.Settings = _rig.Settings with { Exclude = ["*.tmp"] };
        for (var number = 0; number < 12; number++)
            _rig.Write($"f{number}", "f");
        _rig.Write("d/a.txt", "a");
        _rig.Write("d/b.tmp", "b");
        _rig.Write("~$office.docx", "lock");
        _ = File.CreateSymbolicLink(Path.Combine(_rig.Root, "link"), "d");
        await _rig.PutAsync("there.tmp", "t");
        var told = await _rig.SyncAsync();
        Assert.Equal("in_step", told.State);
        var there = await _rig.ThereAsync();
        Assert.DoesNotContain(there.Keys, path => path is "d/b.tmp" or "~$office.docx" or "link");
        Assert.DoesNotContain("there.tmp", _rig.Here().Keys);

        await _rig.RemoveAsync("d");
        _ = await _rig.SyncAsync();
        Assert.True(File.Exists(Path.Combine(_rig.Root, "d/b.tmp")));
        Assert.False(File.Exists(Path.Combine(_rig.Root, "d/a.txt")));

        // Items that new patterns exclude are only removed from the base.
        _rig.Settings = _rig.Settings with { Exclude = ["*.tmp", "f1"] };
        Assert.Equal("in_step", (await _rig.SyncAsync()).State);
        Assert.True(File.Exists(Path.Combine(_rig.Root, "f1")));
        Assert.Contains("f1", (await _rig.ThereAsync()).Keys);
    }

    [Fact]
    public async Task A_restored_folder_comes_with_all_that_is_in_it()
    {
        for (var number = 0; number < 12; number++)
            _rig.Write($"f{number}", "f");
        _rig.Write("d/a.txt", "a");
        await _rig.InStepAsync();
        using var client = _rig.Machine.Client(fixture.Service.Address, fixture.Service.Key);
        using var pair = SyncPairing.Open(
            client, _rig.Root, null, _rig.Place, _rig.Settings, TimeProvider.System, _ => { });
        await RoundsAsync(pair);
        var id = await _rig.IdAsync("d");
        await _rig.RemoveAsync("d");
        await RoundsAsync(pair);
        Assert.False(Directory.Exists(Path.Combine(_rig.Root, "d")));
        _ = await client.RestoreAsync(id);
        await RoundsAsync(pair);
        Assert.Equal("a", _rig.Here()["d/a.txt"]);
        _ = await client.MoveAsync($"{_rig.Place}/d", $"{_rig.Place}/e");
        await RoundsAsync(pair);
        Assert.Equal("a", _rig.Here()["e/a.txt"]);
        Assert.Equal(await _rig.ThereAsync(), _rig.Here());
    }

    [Fact]
    public async Task Encrypted_folders_are_refused_by_name()
    {
        await _rig.PutAsync(".chunkupload-key", "key");
        _ = Directory.CreateDirectory(_rig.Root);
        var failure = await Assert.ThrowsAsync<TransferException>(_rig.SyncAsync);
        Assert.Equal("folder_is_encrypted", failure.Code);
        Assert.Contains(_rig.Place, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_is_refused_while_one_keeps_the_pair()
    {
        _rig.Write("a", "a");
        await _rig.InStepAsync();
        using var client = _rig.Machine.Client(fixture.Service.Address, fixture.Service.Key);
        using var pair = SyncPairing.Open(client, _rig.Root, null, _rig.Place, _rig.Settings, TimeProvider.System, _ => { });
        Assert.Equal(TransferFailure.LocalFile, (await Assert.ThrowsAsync<TransferException>(_rig.SyncAsync)).Failure);
    }

    private static async Task RoundsAsync(SyncPairing pair)
    {
        for (var rounds = 0; (await pair.Round.RunAsync(CancellationToken.None)).Again is not null; rounds++)
            Assert.True(rounds < 20);
    }

    /// <param name="minute">When the service's file was changed.</param>
    private async Task ConflictAsync(int minute)
    {
        _rig.Write("a.txt", "agreed");
        await _rig.InStepAsync();
        _rig.Write("a.txt", "here, and longer");
        File.SetLastWriteTimeUtc(Path.Combine(_rig.Root, "a.txt"), new DateTime(2024, 3, 1, 0, 0, 0, DateTimeKind.Utc));
        await _rig.PutAsync("a.txt", "there", minute);
    }

    private List<string> Of(SyncSide side) => [.. _rig.Notes.Where(note => note.At == side).Select(note => note.Done).Order()];

    private async Task<int> VersionsAsync(string path)
    {
        using var client = _rig.Machine.Client(fixture.Service.Address, fixture.Service.Key);
        return await client.ListVersionsAsync($"{_rig.Place}/{path}").CountAsync();
    }

    /// <summary>The contents that the service has of a file, also earlier ones.</summary>
    private async Task<List<string>> ContentsAsync(string path)
    {
        using var client = _rig.Machine.Client(fixture.Service.Address, fixture.Service.Key);
        var found = new List<string>();
        await foreach (var version in client.ListVersionsAsync($"{_rig.Place}/{path}"))
        {
            found.Add(await fixture.Service.Client.GetStringAsync(
                new Uri($"/api/entries/{await _rig.IdAsync(path)}/versions/{version.Number}/content", UriKind.Relative)));
        }

        return found;
    }
}
