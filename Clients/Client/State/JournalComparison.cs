using ChunkUpload.Client.Folders;

namespace ChunkUpload.Client.State;

/// <summary>The result of a scan of a folder.</summary>
/// <param name="IsAway">Whether the folder itself is not there, so that its state is unknown.</param>
/// <param name="Changes">The differences from the journal, which are not recorded yet.</param>
/// <param name="Others">What is no file, or takes no part, if that was asked for.</param>
internal sealed record FolderLook(bool IsAway, IReadOnlyList<JournalChange> Changes, IReadOnlyList<LocalEntry> Others);

/// <summary>
/// Compares a folder with its journal: 1. the folder is the one that the journal is about; 2. files that are new or differ; 3. files that
/// are missing, unless a folder above them could not be read; 4. a missing file that reappears elsewhere has moved.
/// </summary>
/// <param name="withOthers">Whether a scan returns what is no file, or is left out, too.</param>
internal sealed class JournalComparison(FolderJournal journal, string root, IgnoreRules rules, bool withOthers = false)
{
    /// <summary>The message of what the rules leave out.</summary>
    public const string Excluded = "It is left out by its name.";

    /// <param name="only">The paths to look at, with what is below them; <c>null</c> for the whole folder.</param>
    public FolderLook Look(IReadOnlyCollection<string>? only, CancellationToken stop)
    {
        // 1. The folder is the one that the journal is about.
        if (!journal.IsPresent(root))
            return new FolderLook(IsAway: true, [], []);
        var selected = only is null || only.Contains(".") ? null : new HashSet<string>(only, StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        var unknown = new HashSet<string>(StringComparer.Ordinal);
        var (added, changed) = (new List<JournalEntry>(), new List<JournalEntry>());
        var others = new List<LocalEntry>();
        var selection = selected is null ? null : new PathSelection(selected);
        // 2. Files that are new or differ.
        Action<LocalEntry>? excluded = withOthers ? item => others.Add(item with { Message = Excluded }) : null;
        foreach (var item in new FolderScan(rules, LinkPolicy.Skip, selection, excluded: excluded).Walk(root))
        {
            stop.ThrowIfCancellationRequested();
            if (item.IsUnknown)
                _ = unknown.Add(item.Path);
            if (withOthers && item.Kind != LocalKind.File)
                others.Add(item);
            if (item.Kind != LocalKind.File || item.Path == journal.Proof.FileName || !found.Add(item.Path))
                continue;
            var now = EntryOf(item);
            if (journal.Find(item.Path) is not { } known)
                added.Add(now);
            else if (!known.IsSameVersion(now))
                changed.Add(now);
            else if (known.Mode != now.Mode)
                changed.Add(now with { Sha256 = known.Sha256 });
        }

        if (unknown.Contains(""))
            return new FolderLook(IsAway: true, [], []);
        // A folder that was replaced while it was read would look empty.
        if (!journal.IsPresent(root))
            return new FolderLook(IsAway: true, [], []);
        // 3. Files that are missing, unless a folder above them could not be read.
        var missing = journal.Entries
            .Where(entry => !found.Contains(entry.Path) && (selected is null || IsWithin(selected, entry.Path))
                && !(unknown.Count > 0 && IsWithin(unknown, entry.Path)))
            .ToList();
        return new FolderLook(IsAway: false, ChangesOf(added, changed, missing), others);
    }

    private static List<JournalChange> ChangesOf(List<JournalEntry> added, List<JournalEntry> changed, List<JournalEntry> missing)
    {
        // 4. An inode may be used again: the size and the time must be the same, too. Two names of one file are no move.
        var origins = missing.Where(entry => entry.Identity is not null).GroupBy(entry => entry.Identity!.Value)
            .Where(same => same.Count() == 1).ToDictionary(same => same.Key, same => same.First());
        var (changes, moved) = (new List<JournalChange>(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var entry in added)
        {
            if (entry.Identity is { } identity && origins.Remove(identity, out var origin) && origin.IsSameVersion(entry))
            {
                _ = moved.Add(origin.Path);
                changes.Add(new JournalChange(JournalChangeKind.Moved, entry with { Sha256 = origin.Sha256 }, origin.Path));
            }
            else
            {
                changes.Add(new JournalChange(JournalChangeKind.Added, entry));
            }
        }

        changes.AddRange(changed.Select(entry => new JournalChange(JournalChangeKind.Changed, entry)));
        changes.AddRange(missing.Where(entry => !moved.Contains(entry.Path))
            .Select(entry => new JournalChange(JournalChangeKind.Removed, entry)));
        return changes;
    }

    private static JournalEntry EntryOf(LocalEntry item) => new(item.Path, item.Size, item.Modified.Ticks)
    {
        Mode = item.Mode is { } mode ? Convert.ToInt32(mode, 8) : null,
        Identity = FileIdentity.Of(item.Full),
    };

    private static bool IsWithin(HashSet<string> paths, string path)
    {
        if (paths.Contains(path))
            return true;
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (paths.Contains(path[..slash]))
                return true;
        }

        return false;
    }
}
