using ChunkUpload.Core.Fsck;

namespace ChunkUpload.Tests.Unit.Fsck;

public sealed class FolderCyclesTests
{
    [Fact]
    public void A_chain_of_a_hundred_thousand_folders_has_no_cycle()
    {
        var folders = new FolderCycles();
        var ids = Ids(100_001);
        for (var i = 1; i < ids.Length; i++)
            folders.Add(ids[i], ids[i - 1]);
        Assert.Empty(folders.Find());
    }

    [Fact]
    public void Folders_in_a_cycle_and_below_one_are_found_and_orphans_are_not()
    {
        var folders = new FolderCycles();
        var ids = Ids(8);
        // 0 is a root. 2, 3 and 4 lie in each other, 5 and 6 below them. 7 lies in a folder that is not there.
        foreach (var (folder, above) in new[] { (1, 0), (6, 5), (5, 4), (2, 3), (3, 4), (4, 2) })
            folders.Add(ids[folder], ids[above]);
        folders.Add(ids[7], EntryId.New());
        Assert.Equal(new[] { 2, 3, 4, 5, 6 }.Select(i => ids[i]).ToHashSet(), folders.Find().ToHashSet());
        Assert.Equal(5, folders.Find().Count());
    }

    [Fact]
    public void A_folder_that_lies_in_itself_is_found()
    {
        var folders = new FolderCycles();
        var id = EntryId.New();
        folders.Add(id, id);
        Assert.Equal([id], folders.Find());
    }

    private static EntryId[] Ids(int count) => [.. Enumerable.Range(0, count).Select(_ => EntryId.New())];
}
