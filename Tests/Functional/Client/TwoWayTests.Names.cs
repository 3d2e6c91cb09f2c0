namespace ChunkUpload.Tests.Functional.Client;

/// <summary>Names that the local system cannot have, or would mix up.</summary>
public sealed partial class TwoWayTests
{
    [Fact]
    public async Task Names_that_would_be_one_here_get_a_number_which_stays()
    {
        _rig.Settings = _rig.Settings with { FoldsNames = true };
        await _rig.PutAsync("Plan.txt", "one");
        await _rig.PutAsync("plan.txt", "two");
        await _rig.PutAsync("In/a.txt", "three");
        await _rig.PutAsync("in/a.txt", "four");
        _rig.Write("new.txt", "here");
        for (var number = 0; number < 8; number++)
            _rig.Write($"{number}.txt", "here");
        await StepAsync();
        Assert.Equal(
            [("In/a.txt", "three"), ("Plan.txt", "one"), ("in (2)/a.txt", "four"), ("new.txt", "here"), ("plan (2).txt", "two")], Own());

        // Each is that of the service, in both directions, and nothing is sent under its name here.
        _rig.Write("plan (2).txt", "two, changed here");
        await _rig.PutAsync("in/a.txt", "four, changed there");
        _rig.Write("in (2)/b.txt", "five");
        await StepAsync();
        var there = await _rig.ThereAsync();
        Assert.Equal("two, changed here", there["plan.txt"]);
        Assert.Equal("five", there["in/b.txt"]);
        Assert.Equal("four, changed there", _rig.Here()["in (2)/a.txt"]);
        Assert.DoesNotContain(there.Keys, path => path.Contains("(2)", StringComparison.Ordinal));

        // What was in its way goes: it keeps its name. Then it goes, too.
        await _rig.RemoveAsync("Plan.txt");
        await StepAsync();
        Assert.Equal("two, changed here", _rig.Here()["plan (2).txt"]);
        Assert.DoesNotContain("Plan.txt", _rig.Here().Keys);
        File.Delete(Path.Combine(_rig.Root, "plan (2).txt"));
        await StepAsync();
        Assert.DoesNotContain("plan.txt", (await _rig.ThereAsync()).Keys);
    }

    [Fact]
    public async Task Names_that_cannot_be_here_are_others_here()
    {
        _rig.Settings = _rig.Settings with { FoldsNames = true, HasWindowsNames = true };
        await _rig.PutAsync("what?.txt", "one");
        await _rig.PutAsync("what*.txt", "two");
        await _rig.PutAsync("con", "three");
        _rig.Write("1.txt", "here");
        await StepAsync();
        Assert.Equal([("_con", "three"), ("what_ (2).txt", "one"), ("what_.txt", "two")], Own());
        _rig.Write("what_.txt", "two, changed here");
        await StepAsync();
        Assert.Equal("two, changed here", (await _rig.ThereAsync())["what*.txt"]);
    }

    private async Task StepAsync()
    {
        var told = await _rig.SyncAsync();
        Assert.True(told.State == "in_step", $"{told.State}: {told.Reason} {string.Join(", ", told.Conflicts)} {told.Question}");
    }

    /// <summary>The files here, but for those that only make the brake calm.</summary>
    private List<(string Path, string Text)> Own() =>
        [.. _rig.Here().Where(item => item.Value != "/" && !char.IsDigit(item.Key[0])).Select(item => (item.Key, item.Value))];
}
