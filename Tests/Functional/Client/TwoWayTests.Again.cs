using ChunkUpload.Client;
using ChunkUpload.Client.State;
using ChunkUpload.Client.Sync;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Repeated steps, and steps with obstacles.</summary>
public sealed partial class TwoWayTests
{
    [Fact]
    public async Task The_last_answer_to_a_question_counts()
    {
        for (var number = 0; number < 8; number++)
            _rig.Write($"{number}.txt", "base");
        await _rig.InStepAsync();
        for (var number = 0; number < 8; number++)
        {
            _rig.Write($"{number}.txt", "here");
            await _rig.PutAsync($"{number}.txt", "there");
        }

        foreach (var conflict in (await _rig.SyncAsync()).Conflicts)
        {
            _rig.Answer(conflict, SyncAnswer.Apply);
            _rig.Answer(conflict, SyncAnswer.Right);
        }

        await _rig.InStepAsync();
        Assert.All(_rig.Here().Values, text => Assert.Equal("there", text));
    }

    [Fact]
    public async Task What_was_kept_before_is_in_no_way()
    {
        var longest = new string('n', 251) + ".txt";
        _rig.Write("a", "file");
        _rig.Write(longest, "1");
        for (var number = 0; number < 8; number++)
            _rig.Write($"{number}.txt", "here");
        await _rig.InStepAsync();
        await _rig.RemoveAsync("a");
        await _rig.InStepAsync();
        await _rig.PutAsync("a/y", "in the folder");
        await _rig.InStepAsync();
        await _rig.RemoveAsync("a/y");
        await _rig.InStepAsync();
        foreach (var text in new[] { "2", "3", "4" })
        {
            await _rig.PutAsync(longest, text);
            await _rig.InStepAsync();
        }

        Assert.Equal(["1", "2", "3", "file", "in the folder"], _rig.Kept().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_was_replaced_comes_back_with_its_folder()
    {
        _rig.Write("d/x.txt", "base");
        for (var number = 0; number < 20; number++)
            _rig.Write($"{number}.txt", "here");
        await _rig.InStepAsync();
        _rig.Write("d/x.txt", "here");
        await _rig.PutAsync("d/x.txt", "there");
        _rig.Answer(Assert.Single((await _rig.SyncAsync()).Conflicts), SyncAnswer.Right);
        await _rig.InStepAsync();
        var decided = Assert.Single((await _rig.SyncAsync()).Decided);
        await _rig.RemoveAsync("d");
        await _rig.InStepAsync();
        Assert.False(Directory.Exists(Path.Combine(_rig.Root, "d")));

        // A file in its place keeps it away, and it is asked for again.
        _rig.Write("d", "in its place");
        _rig.Files.Leave(new SyncReply(decided.Path, decided.Id, decided.Answer, TakesBack: true));
        await _rig.InStepAsync();
        Assert.Contains(_rig.Notes, note => note.Message?.Contains("still kept", StringComparison.Ordinal) == true);
        File.Delete(Path.Combine(_rig.Root, "d"));
        await _rig.InStepAsync();
        _rig.Files.Leave(new SyncReply(decided.Path, decided.Id, decided.Answer, TakesBack: true));
        await _rig.InStepAsync();
        Assert.Equal("here", _rig.Here()["d/x.txt"]);
    }

    [Fact]
    public async Task Pairs_that_would_copy_in_circles_are_refused()
    {
        _rig.Write("inner/a.txt", "here");
        await _rig.InStepAsync();
        Refused("", $"{_rig.Place}/y");
        Refused("", "");
        Refused("inner", _rig.Place);
        Refused("inner", $"{_rig.Place}/other");
        // A part of a pair is not a circle, and neither is another folder.
        Open("inner", $"{_rig.Place}/inner");
        Open("", $"{_rig.Place}-too");
        File.Delete(Path.Combine(_rig.Root, ".chunkupload-sync"));
        Open("", $"{_rig.Place}/y");

        void Refused(string local, string path) => Assert.Contains(
            "in circles", Assert.Throws<TransferException>(() => Open(local, path)).Message, StringComparison.Ordinal);

        void Open(string local, string path)
        {
            using var client = _rig.Machine.Client(fixture.Service.Address, fixture.Service.Key);
            SyncPairing.Open(
                client, Path.Combine(_rig.Root, local), null, path, _rig.Settings with { DryRun = true }, TimeProvider.System, _ => { })
                .Dispose();
        }
    }
}
