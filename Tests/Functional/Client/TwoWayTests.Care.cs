using ChunkUpload.Client.State;
using ChunkUpload.Wire.Sync;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Questions that must be answered before the pair continues.</summary>
public sealed partial class TwoWayTests
{
    [Fact]
    public async Task A_file_that_goes_back_and_forth_is_asked_about()
    {
        _rig.Write("a.txt", "first");
        await _rig.InStepAsync();
        // Each turn is a process of its own.
        for (var turn = 1; turn <= 3; turn++)
        {
            _rig.Write("a.txt", $"here {turn}");
            await _rig.InStepAsync();
            await _rig.PutAsync("a.txt", $"there {turn}");
            await _rig.InStepAsync();
        }

        _rig.Write("a.txt", "here again");
        var conflict = Assert.Single((await _rig.SyncAsync()).Conflicts);
        Assert.Equal("back_and_forth", conflict.Kind);
        Assert.Equal("there 3", (await _rig.ThereAsync())["a.txt"]);
        _rig.Answer(conflict, SyncAnswer.Right);
        await _rig.InStepAsync();
        Assert.Equal("there 3", _rig.Here()["a.txt"]);
        Assert.Contains("here again", _rig.Kept());
    }

    [Theory]
    [InlineData(SyncAnswer.Leave)]
    [InlineData(SyncAnswer.Apply)]
    public async Task After_a_restore_of_the_service_what_only_one_side_has_is_asked_about(SyncAnswer answer)
    {
        foreach (var name in new[] { "a.txt", "b.txt", "c.txt", "d.txt", "e.txt" })
            _rig.Write(name, name);
        await _rig.InStepAsync();
        await using (var database = new NpgsqlConnection(fixture.Service.ConnectionString))
            await database.ExecuteAsync("update ledger set generation = generation + 1");
        File.Delete(Path.Combine(_rig.Root, "a.txt"));
        await _rig.RemoveAsync("b.txt");
        _rig.Write("here/new.txt", "here");
        await _rig.PutAsync("there.txt", "there");
        await _rig.PutAsync("c.txt", "changed");

        var question = (await _rig.SyncAsync()).Question;
        Assert.NotNull(question);
        Assert.Equal(
            ["there.txt only_at_right", "here/new.txt only_at_left", "here only_at_left", "b.txt only_at_left", "a.txt only_at_right"],
            question.Examples.Select(one => $"{one.Path} {one.Kind}"));
        Assert.Equal(["b.txt", "c.txt", "d.txt", "e.txt", "here", "here/new.txt"], _rig.Here().Keys);
        Assert.Equal("changed", _rig.Here()["c.txt"]);
        Assert.Equal(["a.txt", "c.txt", "d.txt", "e.txt", "there.txt"], (await _rig.ThereAsync()).Keys);

        _rig.Files.Leave(new SyncReply(null, question.Digest, answer));
        await _rig.InStepAsync();
        Assert.Equal(
            answer == SyncAnswer.Apply ? ["c.txt", "d.txt", "e.txt"]
                : ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "here", "here/new.txt", "there.txt"],
            _rig.Here().Keys);
        // From then on as before.
        _rig.Write("later.txt", "later");
        await _rig.InStepAsync();
    }
}
