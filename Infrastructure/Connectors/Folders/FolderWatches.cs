using System.Collections.Concurrent;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>
/// The folders of this machine that the operating system watches for pairs. Only local file systems are watched, because the system does
/// not report changes that other machines make in a shared one.
/// </summary>
internal sealed class FolderWatches(TimeProvider time) : IFolderWatches, IDisposable
{
    private const int Most = 1000;

    /// <summary>How long a watch is kept after its last use: an hour more than the longest interval of a pair.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(25);

    /// <summary>The time after which watching a folder is retried after a failure.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromHours(1);

    private static readonly string[] Local =
        ["ext", "xfs", "btrfs", "zfs", "f2fs", "jfs", "bcachefs", "reiserfs", "tmpfs", "ramfs", "overlay"];

    private readonly ConcurrentDictionary<(Guid Connection, string Root), Slot> _slots = new();

    /// <summary>Returns the watch of a folder, which is created by the first call.</summary>
    /// <param name="identity">The device and inode, because another folder at the path has another watch.</param>
    /// <returns><c>null</c> if the folder cannot be watched.</returns>
    public FolderWatch? Of(Guid connection, string root, string path, (uint, uint, ulong) identity)
    {
        var slot = _slots.GetOrAdd((connection, root), _ => new Slot());
        lock (slot)
        {
            slot.AskedAt = time.GetTimestamp();
            if (slot.Watch is { } watch && watch.Identity == identity && watch.Position is not null)
                return watch;
            if (slot.Watch is null && slot.RefusedAt is { } refused && time.GetElapsedTime(refused) < Again)
                return null;
            slot.Watch?.Dispose();
            slot.Watch = _slots.Count <= Most && IsLocal(path) ? FolderWatch.Begin(root, path, identity, time) : null;
            slot.RefusedAt = slot.Watch is null ? slot.AskedAt : null;
            return slot.Watch;
        }
    }

    /// <summary>Returns the watch that a position belongs to; <c>null</c> if it has ended.</summary>
    public FolderWatch? Of(string position) =>
        _slots.Values.Select(slot => slot.Watch).FirstOrDefault(watch => watch?.Gave(position) == true);

    public IReadOnlyList<WatchedFolder> List()
    {
        var found = new List<WatchedFolder>();
        foreach (var ((connection, root), slot) in _slots)
        {
            if (time.GetElapsedTime(slot.AskedAt) > Kept)
            {
                if (_slots.TryRemove(new((connection, root), slot)))
                    slot.Watch?.Dispose();
            }
            else if (slot.Watch?.Position is { } position)
                found.Add(new WatchedFolder(connection, root, position));
        }

        return found;
    }

    public void Dispose()
    {
        foreach (var slot in _slots.Values)
            slot.Watch?.Dispose();
    }

    /// <summary>Returns whether the folder and everything mounted below it is on local file systems.</summary>
    private static bool IsLocal(string path)
    {
        try
        {
            var drives = DriveInfo.GetDrives();
            var own = drives.Where(drive => IsAt(path, drive.Name)).MaxBy(drive => drive.Name.Length);
            return own is not null && drives.Where(drive => drive == own || IsAt(drive.Name, path)).All(drive => IsLocal(drive));
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsLocal(DriveInfo drive) => Array.Exists(
        Local, format => drive.DriveFormat.StartsWith(format, StringComparison.OrdinalIgnoreCase));

    private static bool IsAt(string path, string folder) =>
        path == folder || path.StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    private sealed class Slot
    {
        public FolderWatch? Watch { get; set; }

        public long AskedAt { get; set; }

        public long? RefusedAt { get; set; }
    }
}
