using System.Globalization;
using ChunkUpload.Client.Folders;
using ChunkUpload.Client.State;
using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Client.Sync;

/// <summary>The local side of a pair as a scan found it.</summary>
/// <param name="Items">By path, including what is left out.</param>
/// <param name="Moving">The number of files that were changed just now, so that they must be checked again.</param>
internal sealed record LocalLook(Dictionary<string, SyncEntry> Items, int Moving);

/// <summary>
/// The local side of a pair. What is replaced or removed is moved aside first, and looked at there: if it is not what the scan has seen, it
/// returns, so no change of another program is lost.
/// </summary>
internal sealed class LocalSide(
    FolderJournal journal, string root, IgnoreRules rules, LocalNames names, TimeSpan rest, TimeProvider time)
{
    /// <summary>The folder of replaced and removed files.</summary>
    public const string KeptFolder = SyncSettings.OwnPrefix + "kept";

    private const string NewFolder = SyncSettings.OwnPrefix + "new";
    private const string OtherDevice = "mounted";
    private const string NoId = "local";

    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(30);

    private readonly LocalTree _tree = new(root, overwrite: false, dryRun: false);

    public string Root => root;

    /// <summary>The id of the folder in its marker.</summary>
    public Guid Folder => journal.Folder;

    public bool IsPresent => journal.IsPresent(root);

    /// <returns><c>null</c> if the folder is away.</returns>
    public LocalLook? Look(IReadOnlyDictionary<string, SyncBase> bases, CancellationToken stop)
    {
        var look = new JournalComparison(journal, root, rules, withOthers: true).Look(null, stop);
        if (look.IsAway)
            return null;
        journal.Record(look.Changes);
        journal.Acknowledge(journal.Number);
        var known = bases.Where(row => row.Value.Left.Identity is not null)
            .GroupBy(row => row.Value.Left.Identity!).ToDictionary(rows => rows.Key, rows => rows.First().Value.Left);
        var (items, moving) = (new Dictionary<string, SyncEntry>(StringComparer.Ordinal), 0);
        foreach (var file in journal.Entries)
        {
            var entry = EntryOf(file);
            var path = names.ToService(file.Path);
            var was = bases.GetValueOrDefault(path) is { LacksLeft: false } agreed ? agreed.Left : null;
            if (was is not null && was.Version == entry.Version)
                entry = entry.Digests.Count > 0 ? entry : entry with { Digests = was.Digests };
            else if (IsMoving(entry))
            {
                moving++;
                entry = was ?? entry with { LeftOut = "It is still changing." };
            }
            else if (was is null && entry.Identity is { } identity && known.GetValueOrDefault(identity) is { } origin
                     && origin.Version != entry.Version)
                entry = entry with { Identity = null }; // The inode of a removed file was reused.
            items[path] = entry;
        }

        foreach (var other in look.Others)
            items[names.ToService(other.Path)] = OtherOf(other);
        Hold(items, bases, [.. look.Others.Where(other => other.IsUnknown).Select(other => names.ToService(other.Path))]);
        return new LocalLook(items, moving);
    }

    /// <summary>Returns a file with its digest; <c>null</c> if it cannot be read, or has changed since the scan.</summary>
    public async Task<SyncEntry?> ReadAsync(string path, SyncEntry seen, CancellationToken stop)
    {
        var full = At(path);
        try
        {
            var sha256 = await LocalDigest.OfAsync(full, stop);
            if (Stat(path)?.Version != seen.Version)
                return null;
            if (journal.Find(names.ToLocal(path)) is { } entry && EntryOf(entry).Version == seen.Version)
                journal.SetSha256(entry, Convert.FromHexString(sha256));
            return seen with { Digests = Digests(sha256) };
        }
        catch (TransferException)
        {
            return null;
        }
    }

    /// <summary>Returns what is at a path now; <c>null</c> for nothing.</summary>
    public SyncEntry? Stat(string path) => StatFull(At(path));

    public string At(string path) => _tree.At(names.ToLocal(path));

    /// <summary>Returns whether a path lies in folders, none of which is a link that leads elsewhere.</summary>
    public bool HasFolder(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (!LocalTree.IsFolder(At(path[..slash])))
                return false;
        }

        return IsPresent;
    }

    /// <returns><c>null</c> if something has the name, or its folder is not there.</returns>
    public SyncEntry? MakeFolder(string path)
    {
        if (!HasFolder(path) || Stat(path) is not null)
            return null;
        LocalTree.Try(() => Directory.CreateDirectory(At(path)));
        return Stat(path);
    }

    /// <returns><c>null</c> if either path is not as the scan has seen it.</returns>
    public SyncEntry? Move(string from, string to, SyncEntry seen)
    {
        if (!HasFolder(from) || !HasFolder(to) || !IsSeen(from, seen) || Stat(to) is not null)
            return null;
        if (!TryMove(At(from), At(to)))
            return null;
        return Stat(to);
    }

    /// <returns>Where the file is kept, or an empty text for a folder; <c>null</c> if it is not as the scan has seen it.</returns>
    public string? Remove(string path, SyncEntry seen)
    {
        if (!HasFolder(path))
            return null;
        if (!seen.IsFolder)
            return KeepAside(path, seen);
        try
        {
            Directory.Delete(At(path), recursive: false);
            return "";
        }
        catch (IOException)
        {
            // It has items that are left out, or that are new.
            return null;
        }
    }

    /// <summary>Returns the path at which a file is downloaded before it is moved to its place.</summary>
    public string Staged(string path, string version)
    {
        var folder = Path.Combine(root, NewFolder);
        LocalTree.Try(() => Directory.CreateDirectory(folder));
        return Path.Combine(folder, $"{version}-{StateStore.IdOf(path)[..8]}");
    }

    /// <summary>Moves a downloaded file to its place, if that has not changed since the scan.</summary>
    /// <param name="seen"><c>null</c>: nothing.</param>
    /// <returns>The file, and where the one before it is kept; <c>null</c> if something else is there.</returns>
    public (SyncEntry Placed, string? Kept)? Place(string path, string staged, SyncEntry? seen, DateTime? modified, string? mode)
    {
        if (!HasFolder(path))
            return null;
        LocalTree.Try(() =>
        {
            using (var file = File.Open(staged, FileMode.Open, FileAccess.ReadWrite))
                file.Flush(flushToDisk: true);
            if (modified is { } at)
                File.SetLastWriteTimeUtc(staged, at);
            if (!OperatingSystem.IsWindows() && mode is not null)
                File.SetUnixFileMode(staged, (UnixFileMode)(Convert.ToInt32(mode, 8) & 0x1FF));
        });
        var kept = seen is null ? null : KeepAside(path, seen);
        if (seen is null ? Stat(path) is not null : kept is null)
            return null;
        if (!TryMove(staged, At(path)))
            return null;
        return Stat(path) is { } placed ? (placed, kept) : null;
    }

    /// <summary>Moves a file out of the way.</summary>
    /// <returns>Where it is kept, below the root; <c>null</c> if it is not as the scan has seen it.</returns>
    public string? KeepAside(string path, SyncEntry seen)
    {
        if (!IsSeen(path, seen))
            return null;
        var full = At(path);
        var day = time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        for (var number = 1; ; number++)
        {
            // A file that was kept earlier on this day may have this name, or the name of a folder in the path.
            var folder = number > 1 ? $"{day}/.{number.ToString(CultureInfo.InvariantCulture)}" : day;
            var kept = $"{KeptFolder}/{folder}/{names.ToLocal(path)}";
            var target = Path.Combine(root, kept);
            if (Path.Exists(target) || IsFileAbove(target))
                continue;
            LocalTree.Try(() => Directory.CreateDirectory(Path.GetDirectoryName(target)!));
            if (!TryMove(full, target))
                return null;
            if (StatFull(target) is { } moved && moved.Size == seen.Size && moved.Modified == seen.Modified
                && (moved.Version == seen.Version || FileIdentity.Of(target)?.Device != FileIdentity.Of(root)?.Device))
                return kept;
            // A program has created another file there at this moment: restore it.
            _ = TryMove(target, full);
            return null;
        }
    }

    /// <summary>Returns whether a file that was replaced or removed is still kept.</summary>
    public bool IsKept(string kept) => File.Exists(Path.Combine(root, kept));

    private bool IsFileAbove(string target)
    {
        for (var above = Path.GetDirectoryName(target)!; above.Length > root.Length; above = Path.GetDirectoryName(above)!)
        {
            if (File.Exists(above))
                return true;
        }

        return false;
    }

    /// <summary>Moves a kept file back to its path, with its folders; an existing file there is kept.</summary>
    /// <returns>False if something else is in its place.</returns>
    public bool Restore(string path, string kept)
    {
        var file = Path.Combine(root, kept);
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            if (Stat(path[..slash]) is not { IsFolder: true } && MakeFolder(path[..slash]) is null)
                return false;
        }

        if (Stat(path) is { } now && (now.IsFolder || KeepAside(path, now) is null))
            return false;
        return TryMove(file, At(path));
    }

    /// <summary>Removes files that were kept long enough, and remains of downloads that are not resumed.</summary>
    public void Purge()
    {
        var oldest = time.GetUtcNow() - KeepFor;
        LocalTree.Try(() =>
        {
            var kept = Path.Combine(root, KeptFolder);
            foreach (var day in LocalTree.IsFolder(kept) ? Directory.GetDirectories(kept) : [])
            {
                if (DateTimeOffset.TryParseExact(
                        Path.GetFileName(day), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                    && at < oldest && LocalTree.IsFolder(day))
                    Directory.Delete(day, recursive: true);
            }

            var fresh = Path.Combine(root, NewFolder);
            if (LocalTree.IsFolder(fresh) && !Directory.EnumerateFileSystemEntries(fresh).Any())
                Directory.Delete(fresh);
        });
    }

    private bool IsMoving(SyncEntry entry) =>
        rest > TimeSpan.Zero && time.GetUtcNow() - entry.Modified is { Ticks: >= 0 } age && age < rest;

    private SyncEntry OtherOf(LocalEntry other) => other switch
    {
        { Message: JournalComparison.Excluded } => new SyncEntry(NoId, other.Kind == LocalKind.Folder) { LeftOut = other.Message },
        { Kind: LocalKind.Folder } => FolderOf(other.Full),
        _ => new SyncEntry(NoId, other.IsUnknown && LocalTree.IsFolder(other.Full)) { LeftOut = other.Message ?? "It is a link." },
    };

    /// <summary>
    /// Treats items as present that cannot be read now: those below an unreadable folder, or on a device that is not mounted.
    /// </summary>
    private static void Hold(
        Dictionary<string, SyncEntry> items, IReadOnlyDictionary<string, SyncBase> bases, List<string> hidden)
    {
        hidden.AddRange(bases.Where(row => row.Value.Left.Version == OtherDevice).Select(row => row.Key)
            .Where(path => items.GetValueOrDefault(path)?.Version != OtherDevice));
        if (hidden.Count == 0)
            return;
        foreach (var (path, agreed) in bases.Where(row => !row.Value.LacksLeft && hidden.Exists(top => SyncQuestions.IsAt(row.Key, top))))
            items[path] = agreed.Left;
    }

    private bool IsSeen(string path, SyncEntry seen) =>
        Stat(path) is { } now && now.IsFolder == seen.IsFolder && now.Version == seen.Version;

    private SyncEntry? StatFull(string full)
    {
        var file = new FileInfo(full);
        if (file.LinkTarget is not null)
            return new SyncEntry(NoId, false) { LeftOut = "It is a link." };
        if (file.Exists)
            return EntryOf(new JournalEntry("", file.Length, file.LastWriteTimeUtc.Ticks) { Identity = FileIdentity.Of(full) });
        return Directory.Exists(full) ? FolderOf(full) : null;
    }

    private SyncEntry FolderOf(string full)
    {
        var identity = FileIdentity.Of(full);
        return new SyncEntry(NoId, true)
        {
            Identity = Text(identity),
            Version = identity is { } here && FileIdentity.Of(root) is { } top && here.Device != top.Device ? OtherDevice : null,
        };
    }

    private static SyncEntry EntryOf(JournalEntry file)
    {
        var entry = new SyncEntry(NoId, false)
        {
            Identity = Text(file.Identity),
            Version = string.Create(CultureInfo.InvariantCulture, $"{file.Size}-{file.Modified}-{Text(file.Identity)}"),
            Size = file.Size,
            Modified = new DateTimeOffset(file.Modified, TimeSpan.Zero),
        };
        return file.Sha256 is { } digest ? entry with { Digests = Digests(Convert.ToHexStringLower(digest)) } : entry;
    }

    // Not the device: it may have another number after each start of the machine.
    private static string? Text(FileIdentity? identity) => identity?.Inode.ToString(CultureInfo.InvariantCulture);

    public static Dictionary<string, string> Digests(string sha256) => new() { [SyncEntry.ReadDigest] = sha256 };

    private static bool TryMove(string from, string to)
    {
        try
        {
            File.Move(from, to, overwrite: false);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException) when (Path.Exists(to))
        {
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw TransferException.Local(failure.Message, failure);
        }
    }
}
