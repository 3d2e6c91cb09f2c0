using ChunkUpload.Wire.Sync;

namespace ChunkUpload.Core.Sync;

/// <summary>
/// Treats files as present if they are on a disk below the root that is not mounted: they are missing, and another disk is at their path.
/// </summary>
internal static class SyncDisks
{
    /// <param name="listed">The listing, to which missing items are added from the base.</param>
    /// <param name="sideOf">Returns this side's item of the base.</param>
    public static async Task HoldAsync(
        ISource source, SyncBases bases, Dictionary<string, SyncEntry> listed, Func<SyncBase, SyncEntry?> sideOf,
        CancellationToken cancellationToken)
    {
        var missing = new List<(string Path, SyncEntry Was, string Disk)>();
        // A disk may have a different device number after a restart.
        var present = new HashSet<(string Before, string Now)>();
        foreach (var (path, agreed) in bases.ByPath)
        {
            if (sideOf(agreed) is not { } was || source.DiskOf(was.Version) is not { } disk)
                continue;
            if (!listed.TryGetValue(path, out var now))
                missing.Add((path, was, disk));
            else if (source.DiskOf(now.Version) is { } at)
                _ = present.Add((disk, at));
        }

        var disks = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (path, was, disk) in missing)
        {
            var folder = path[..Math.Max(0, path.LastIndexOf('/'))];
            if (!disks.TryGetValue(folder, out var at))
                disks[folder] = at = await source.DiskAtAsync(was.Id, cancellationToken);
            if (at is null || at == disk || present.Contains((disk, at)))
                continue;
            listed[path] = was;
            for (var end = path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
            {
                if (bases.ByPath.TryGetValue(path[..end], out var above) && sideOf(above) is { } known)
                    _ = listed.TryAdd(path[..end], known);
            }
        }
    }
}
