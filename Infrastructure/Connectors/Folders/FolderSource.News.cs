using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

internal sealed partial class FolderSource : IChangeFeed
{
    // The system reports each change, except in rare cases, such as before a new folder is watched.
    public TimeSpan LongestQuiet => TimeSpan.FromMinutes(10);

    public bool Covers(string root) => WatchOf(root) is not null;

    public async Task<Outcome<string>> PositionAsync(string root, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return WatchOf(root)?.Position is { } position
            ? position
            : new StorageFault(FaultKind.Refused, "The system does not report changes in this folder.");
    }

    public async Task<Outcome<ChangedPage>> ChangesAsync(string position, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (watches.Of(position) is not { } watch || WatchOf(watch.Root) != watch || watch.Position is not { } now)
            return new StorageFault(FaultKind.Gone, "The folder was not watched all the time.");
        return new ChangedPage(now == position ? [] : [new ChangedItem(watch.Root, null)], now, HasMore: false);
    }

    private FolderWatch? WatchOf(string root)
    {
        if (!tree.Folder.CanRead || tree.Look(root, out var facts) is not null || !facts.IsDirectory)
            return null;
        var path = Path.GetFullPath(Path.Combine(tree.Folder.Path, root));
        return watches.Of(connection, root, path, (facts.DeviceMajor, facts.DeviceMinor, facts.Inode));
    }
}
