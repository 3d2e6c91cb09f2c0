using System.Globalization;
using System.IO.Pipelines;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>
/// Reads a folder of this machine. A file's inode, size and time of change are its version. For a write-only folder, it only lists
/// subfolders to choose from.
/// </summary>
/// <param name="connection">The connection of the folder.</param>
internal sealed partial class FolderSource(FolderTree tree, FolderWatches watches, Guid connection) : ISource, IRootMark
{
    private const int PageSize = 1000;

    public SourceTraits Traits { get; } = new([]);

    /// <param name="folder">The path; empty for the root.</param>
    /// <param name="cursor">The last name of the previous page.</param>
    public async Task<Outcome<SourcePage>> ListAsync(string folder, string? cursor, CancellationToken cancellationToken)
    {
        // Calls to a slow disk must not block the caller.
        await Task.Yield();
        if (folder.Length == 0)
        {
            return tree.Look(FolderTree.Root, out _) is { } missing
                ? missing
                : new SourcePage([new SourceItem(FolderTree.Root, tree.Folder.Name, StorageItemKind.Folder)], null);
        }

        var opened = tree.OpenFolder(folder);
        if (!opened.Ok)
            return opened.Fault;
        using var at = opened.Value;
        List<string> names;
        try
        {
            names = FolderTree.Names(at);
        }
        catch (Exception reason) when (reason is IOException or UnauthorizedAccessException)
        {
            return new StorageFault(FaultKind.Refused, "The folder cannot be listed.");
        }

        var page = names.Where(name => cursor is null || string.CompareOrdinal(name, cursor) > 0).Take(PageSize + 1).ToList();
        var items = new List<SourceItem>();
        foreach (var name in page.Take(PageSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = tree.Calls.Stat(at, name, out var facts);
            if (!tree.Folder.CanRead && (result < 0 || !facts.IsDirectory))
                continue;
            if (result >= 0)
                items.Add(ItemOf(FolderTree.IdOf(folder, name), name, facts));
            // A name that is not valid text cannot be opened. A file that was just removed is skipped.
            else if (name.Contains('\uFFFD', StringComparison.Ordinal))
            {
                items.Add(new SourceItem(FolderTree.IdOf(folder, name), name, StorageItemKind.File)
                {
                    Skip = "Its name is not valid UTF-8.",
                });
            }
        }

        return new SourcePage(items, page.Count > PageSize ? page[PageSize - 1] : null);
    }

    // The device's numbers come first in a pin, before the inode.
    public string? DiskOf(string? version) => version?.LastIndexOf(':') is > 0 and var end ? version[..end] : null;

    public async Task<string?> DiskAtAsync(string id, CancellationToken cancellationToken)
    {
        await Task.Yield();
        while (id != FolderTree.Root)
        {
            id = FolderTree.Split(id).Parent;
            if (tree.Look(id, out var facts) is null)
                return string.Create(CultureInfo.InvariantCulture, $"{facts.DeviceMajor}:{facts.DeviceMinor}");
        }

        return null;
    }

    public async Task<Outcome<SourceItem>> StatAsync(string id, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (!tree.Folder.CanRead)
            return WriteOnly();
        if (tree.Look(id, out var facts) is { } fault)
            return fault;
        return ItemOf(id, id == FolderTree.Root ? tree.Folder.Name : FolderTree.Split(id).Name, facts);
    }

    public async Task<StorageFault?> ReadAsync(
        SourceItem item, long offset, long length, PipeWriter into, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (!tree.Folder.CanRead)
            return WriteOnly();
        var opened = tree.OpenFile(item.Id);
        if (!opened.Ok)
            return opened.Fault.Kind == FaultKind.Gone ? Changed() : opened.Fault;
        using var file = opened.Value;
        if (!IsPinned())
            return Changed();
        for (var end = offset + length; offset < end;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var memory = into.GetMemory();
            var read = tree.Calls.Pread(file, memory.Span[..(int)Math.Min(memory.Length, Math.Min(end - offset, 1 << 20))], offset);
            if (read < 0)
                return FolderTree.FaultOf(read, "The file");
            if (read == 0)
                return Changed();
            into.Advance((int)read);
            offset += read;
            if ((await into.FlushAsync(cancellationToken)).IsCompleted)
                return null;
        }

        // Bytes that were read during a write are not valid.
        return IsPinned() ? null : Changed();

        bool IsPinned() => tree.Calls.Stat(file, "", out var facts) >= 0 && facts.IsRegularFile && PinOf(facts) == item.Pin;
    }

    public static string PinOf(Statx facts) => string.Create(
        CultureInfo.InvariantCulture,
        $"{facts.DeviceMajor}:{facts.DeviceMinor}:{facts.Inode} {facts.Size} {facts.ModifiedSeconds}.{facts.ModifiedNanoseconds:d9}");

    private static StorageFault WriteOnly() => new(FaultKind.Refused, "This folder can only be written to.");

    private static StorageFault Changed() =>
        new(FaultKind.SourceChanged, "The file was changed while it was read; it begins again.");

    private SourceItem ItemOf(string id, string name, Statx facts) =>
        new(id, name, facts.IsDirectory ? StorageItemKind.Folder : StorageItemKind.File)
        {
            Size = facts.IsRegularFile ? (long)facts.Size : null,
            Pin = facts.IsRegularFile ? PinOf(facts) : null,
            Modified = facts.Modified,
            Skip = facts.IsSymbolicLink ? "It is a symbolic link."
                : facts.IsRegularFile && FolderTree.IsTemp(name) ? "This service is still writing it."
                : tree.IsForbidden(facts) ? "It is the data directory of this service."
                : !facts.IsRegularFile && !facts.IsDirectory ? "It is a pipe, a socket or a device."
                : null,
        };
}
