using ChunkUpload.Client;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.State;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>The journal of a local folder: what it tells, what survives, and what it never takes for removed.</summary>
public sealed class FolderJournalTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _root;

    public FolderJournalTests()
    {
        _root = _folder["root"];
        _ = Directory.CreateDirectory(_root);
    }

    private string States => _folder["state"];

    private string JournalFile => Directory.GetFiles(_folder["state", "journals"], "*.jsonl").Single();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Additions_changes_moves_and_removals_are_told_once_in_their_order()
    {
        using var journal = Open();
        Write("a", "1");
        Write("deep/b", "2");
        Assert.Equal(["Added a", "Added deep/b"], Told(journal).Order());
        journal.Acknowledge(journal.Number);
        Assert.Empty(Told(journal));
        Write("a", "longer");
        Directory.Move(At("deep/b"), At("c"));
        Assert.Equal(["Changed a", "Moved c from deep/b"], Told(journal).Order());
        journal.Acknowledge(journal.Number);
        File.Delete(At("c"));
        Assert.Equal(["Removed c"], Told(journal));
        journal.Acknowledge(journal.Number);
        Assert.Empty(Told(journal));
        Assert.DoesNotContain(journal.Entries, entry => entry.Path == FolderProof.Serving.FileName);
    }

    [Fact]
    public void A_digest_stays_with_a_version_through_a_move_and_ends_with_a_change()
    {
        using var journal = Open();
        Write("a", "1");
        _ = Told(journal);
        journal.SetSha256(journal.Find("a")!, new byte[32]);
        Directory.Move(At("a"), At("b"));
        _ = Told(journal);
        Assert.NotNull(journal.Find("b")!.Sha256);
        // A digest of a version that is over is not recorded.
        var before = journal.Find("b")!;
        Write("b", "longer");
        _ = Told(journal);
        journal.SetSha256(before, new byte[32]);
        Assert.Null(journal.Find("b")!.Sha256);
    }

    [Fact]
    public void A_follower_that_applies_what_is_told_has_the_same_list_whatever_happens_in_between()
    {
        var random = new Random(7);
        string[] names = ["a", "b", "c", "d/a", "d/b", "e"];
        var journal = Open();
        try
        {
            var follower = new Dictionary<string, long>();
            for (var round = 0; round < 150; round++)
            {
                for (var act = random.Next(1, 4); act > 0; act--)
                    Act(random, names);
                _ = Look(journal);
                if (random.Next(4) == 0)
                {
                    journal.Dispose();
                    journal = Open();
                    Assert.False(journal.IsDamaged);
                }

                if (random.Next(3) == 0)
                    continue;
                foreach (var change in journal.Pending())
                {
                    if (change.From is { } from)
                        _ = follower.Remove(from);
                    if (change.Kind == JournalChangeKind.Removed)
                        _ = follower.Remove(change.Entry.Path);
                    else
                        follower[change.Entry.Path] = change.Entry.Size;
                }

                journal.Acknowledge(journal.Number);
                Assert.Equal(Present(), follower.OrderBy(one => one.Key, StringComparer.Ordinal));
            }
        }
        finally
        {
            journal.Dispose();
        }
    }

    [Fact]
    public void A_folder_that_is_not_there_removes_nothing()
    {
        using (var journal = Open())
        {
            Write("a", "1");
            _ = Told(journal);
        }

        // Another disk is mounted there, or none: the folder is empty and has no marker.
        Directory.Move(_root, _folder["elsewhere"]);
        _ = Directory.CreateDirectory(_root);
        using (var journal = Open())
        {
            Assert.True(Look(journal).IsAway);
            Assert.NotNull(journal.Find("a"));
            Directory.Delete(_root, recursive: true);
            Assert.True(Look(journal).IsAway);
            Directory.Move(_folder["elsewhere"], _root);
            Assert.False(Look(journal).IsAway);
            Assert.NotNull(journal.Find("a"));
        }
    }

    [Fact]
    public void A_look_at_some_paths_leaves_the_others_alone()
    {
        using var journal = Open();
        Write("a/1", "1");
        Write("b/1", "1");
        _ = Told(journal);
        File.Delete(At("a/1"));
        File.Delete(At("b/1"));
        var look = new JournalComparison(journal, _root, new IgnoreRules([])).Look(["a"], CancellationToken.None);
        Assert.Equal(["Removed a/1"], look.Changes.Select(Text));
    }

    [Fact]
    public void A_cut_line_costs_that_line_and_lines_lost_before_others_are_noticed()
    {
        using (var journal = Open())
        {
            Write("a", "1");
            _ = Told(journal);
            Write("b", "1");
            _ = Told(journal);
        }

        var whole = File.ReadAllBytes(JournalFile);
        File.WriteAllBytes(JournalFile, whole[..^5]);
        using (var journal = Open())
        {
            Assert.False(journal.IsDamaged);
            Assert.Equal(["a"], journal.Entries.Select(entry => entry.Path));
            Assert.Equal(["Added b"], Told(journal).Except(["Added a"]));
        }

        whole[Array.IndexOf(whole, (byte)'\n', whole.Length / 2) - 3] = (byte)'}';
        File.WriteAllBytes(JournalFile, whole);
        using (var journal = Open())
        {
            Assert.True(journal.IsDamaged);
            journal.Restart();
            Assert.False(journal.IsDamaged);
        }

        File.WriteAllText(JournalFile, "nonsense\n");
        using (var journal = Open())
            Assert.True(journal.IsDamaged);
    }

    [Fact]
    public void A_second_process_is_refused_while_one_holds_the_journal()
    {
        using (Open())
            Assert.Equal(TransferFailure.LocalFile, Assert.Throws<TransferException>(Open).Failure);
        using var again = Open();
    }

    [Fact]
    public void The_file_is_rewritten_when_most_of_its_lines_are_superseded()
    {
        using var journal = Open();
        Write("a", "1");
        _ = Told(journal);
        for (var time = 0; time < 3000; time++)
            journal.SetSha256(journal.Find("a")!, BitConverter.GetBytes((long)time).Concat(new byte[24]).ToArray());
        Assert.InRange(File.ReadLines(JournalFile).Count(), 1, 1100);
        Assert.Equal(2999, BitConverter.ToInt64(journal.Find("a")!.Sha256!));
    }

    [Fact]
    public void A_hundred_thousand_entries_take_at_most_64_MiB()
    {
        const int Many = 100_000;
        using (var journal = Open())
        {
            for (var batch = 0; batch < Many; batch += 1000)
            {
                journal.Record([.. Enumerable.Range(batch, 1000).Select(number => new JournalChange(
                    JournalChangeKind.Added,
                    new JournalEntry(
                        $"2026/survey/line-{number / 1000:000}/record-{number:000000}.xtf", number, 638_000_000_000_000_000 + number)
                    {
                        Mode = 420,
                        Identity = new FileIdentity(1, (ulong)number),
                        Sha256 = new byte[32],
                    }))]);
            }
        }

        // Other tests of the process allocate meanwhile: the least of several measurements counts.
        var least = long.MaxValue;
        for (var tries = 0; tries < 5 && least > 64 << 20; tries++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            using var opened = Open();
            least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true) - before);
            Assert.Equal(Many, opened.Entries.Count);
        }

        Assert.InRange(least, long.MinValue, 64 << 20);
        Assert.InRange(new FileInfo(JournalFile).Length, 0, 64 << 20);
    }

    private FolderJournal Open() => FolderJournal.Open(States, _root, "test");

    private string At(string path) => Path.Combine(_root, path);

    private void Write(string path, string text)
    {
        _ = Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        File.WriteAllText(At(path), text);
    }

    private FolderLook Look(FolderJournal journal)
    {
        var look = new JournalComparison(journal, _root, new IgnoreRules([])).Look(null, CancellationToken.None);
        journal.Record(look.Changes);
        return look;
    }

    private List<string> Told(FolderJournal journal)
    {
        _ = Look(journal);
        return [.. journal.Pending().Select(Text)];
    }

    private static string Text(JournalChange change) =>
        $"{change.Kind} {change.Entry.Path}{(change.From is { } from ? $" from {from}" : "")}";

    private void Act(Random random, string[] names)
    {
        var (one, other) = (names[random.Next(names.Length)], names[random.Next(names.Length)]);
        switch (random.Next(4))
        {
            case 0:
                Write(one, new string('x', random.Next(1, 50)));
                break;
            case 1 when File.Exists(At(one)):
                File.Delete(At(one));
                break;
            case 2 when File.Exists(At(one)) && one != other:
                _ = Directory.CreateDirectory(Path.GetDirectoryName(At(other))!);
                File.Delete(At(other));
                Directory.Move(At(one), At(other));
                break;
            case 3 when File.Exists(At(one)) && File.Exists(At(other)) && one != other:
                Directory.Move(At(one), At("swap.tmp"));
                Directory.Move(At(other), At(one));
                Directory.Move(At("swap.tmp"), At(other));
                break;
        }
    }

    private IEnumerable<KeyValuePair<string, long>> Present() => Directory
        .GetFiles(_root, "*", SearchOption.AllDirectories)
        .Select(file => KeyValuePair.Create(Path.GetRelativePath(_root, file), new FileInfo(file).Length))
        .Where(file => file.Key != FolderProof.Serving.FileName)
        .OrderBy(file => file.Key, StringComparer.Ordinal);
}
