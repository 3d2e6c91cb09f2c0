using System.Globalization;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>
/// The right side of a pair. A disk has no trash, so removed and replaced files are first moved below <see cref="FolderTree.Kept"/> and
/// checked there. If the version differs from the expected one, the file is moved back.
/// </summary>
internal sealed partial class FolderSink
{
    private const string DayFormat = "yyyyMMdd";

    private static StorageFault Other => new(FaultKind.Taken, "Another item has this name now.");

    private static StorageFault Moved => new(FaultKind.Taken, "The file or its folder was moved or removed while the file was written.");

    public async Task<StorageFault?> RemoveAsync(SinkEntry seen, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var (parent, name) = FolderTree.Split(seen.Id);
        var opened = tree.OpenFolder(parent);
        if (!opened.Ok)
            return opened.Fault.Kind == FaultKind.Gone ? null : opened.Fault;
        using var at = opened.Value;
        if (seen.Kind == StorageItemKind.File)
            return Keep(at, name, name, seen.Pin ?? "") ?? Flush(at);
        // Only an empty folder can be removed.
        var result = FolderTree.RemoveFolder(at, name);
        return result is >= 0 or -Errno.NoEntry ? Flush(at)
            : result is -Errno.NotEmpty or -Errno.NotADirectory ? Other
            : FolderTree.FaultOf(result, "The folder");
    }

    public async Task<Outcome<SinkEntry>> MoveAsync(SinkEntry seen, string folder, string name, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var (parent, before) = FolderTree.Split(seen.Id);
        var from = tree.OpenFolder(parent);
        if (!from.Ok)
            return from.Fault;
        using var source = from.Value;
        var to = tree.OpenFolder(folder);
        if (!to.Ok)
            return to.Fault;
        using var target = to.Value;
        var result = tree.Calls.RenameNoReplace(source, before, target, name);
        if (result < 0)
            return result is -Errno.NoEntry or -Errno.Exists ? Other : FolderTree.FaultOf(result, "The file");
        result = tree.Calls.Stat(target, name, out var facts);
        if (result < 0)
            return FolderTree.FaultOf(result, "The file");
        if (FolderSource.PinOf(facts) != seen.Pin)
        {
            _ = tree.Calls.RenameNoReplace(target, name, source, before);
            return Other;
        }

        return (Flush(target) ?? Flush(source)) is { } fault ? fault : EntryOf(FolderTree.IdOf(folder, name), name, facts);
    }

    public async Task<Outcome<SinkEntry>> RestoreAsync(SinkEntry seen, string version, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var (parent, name) = FolderTree.Split(seen.Id);
        var opened = tree.OpenFolder(parent);
        if (!opened.Ok)
            return opened.Fault.Kind == FaultKind.Gone ? Other : opened.Fault;
        using var at = opened.Value;
        if (FindKept(name, version) is not { } found)
            return new StorageFault(FaultKind.Gone, $"The file is not below {FolderTree.Kept} any more.");
        using var old = found;

        // Files that are replaced now are kept as long as others that are replaced today.
        var made = NewKept();
        if (!made.Ok)
            return made.Fault;
        using var kept = made.Value;
        var result = tree.Calls.RenameNoReplace(old, name, kept, name);
        if (result < 0)
            return FolderTree.FaultOf(result, "The kept file");
        // Both are exchanged atomically, so the file is never missing.
        result = FolderTree.Exchange(at, name, kept, name);
        if (result < 0)
            return result == -Errno.NoEntry ? Other : FolderTree.FaultOf(result, "The file");
        if (tree.Calls.Stat(kept, name, out var facts) < 0 || FolderSource.PinOf(facts) != seen.Pin)
        {
            _ = FolderTree.Exchange(at, name, kept, name);
            return Other;
        }

        return (Flush(at) ?? Flush(kept)) is { } fault ? fault
            : tree.Calls.Stat(at, name, out facts) < 0 ? Other
            : EntryOf(seen.Id, name, facts);
    }

    /// <summary>Moving a folder does not stop a commit that has already opened it, so the path is resolved again.</summary>
    public async Task<StorageFault?> PlaceFaultAsync(SinkEntry made, SinkFile file, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return tree.Look(made.Id, out _) is { } fault ? fault.Kind == FaultKind.Gone ? Moved : fault : null;
    }

    public async Task PurgeKeptAsync(string id, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (tree.OpenFolder(FolderTree.Kept) is not { Ok: true, Value: { } kept })
            return;
        using (kept)
        {
            var day = before.UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
            foreach (var name in FolderTree.Names(kept).Where(name => string.CompareOrdinal(name, day) < 0))
            {
                if (tree.OpenFolder(FolderTree.IdOf(FolderTree.Kept, name)) is not { Ok: true, Value: { } old })
                    continue;
                using (old)
                {
                    foreach (var file in FolderTree.Names(old))
                        _ = tree.Calls.UnlinkAt(old, file);
                }

                _ = FolderTree.RemoveFolder(kept, name);
            }
        }
    }

    /// <summary>Renames a complete file to its name, if exactly the expected file has this name until then.</summary>
    /// <returns>Null if it has the name.</returns>
    private StorageFault? PlaceExactly(SafeFileHandle at, string temp, SinkFile file, SinkCondition condition)
    {
        if (condition.Version is not { } version)
        {
            var made = tree.RenameNew(at, temp, file.Name);
            return made == -Errno.Exists ? Other : made < 0 ? FolderTree.FaultOf(made, "The file") : null;
        }

        // Both names are exchanged atomically, so the file is never missing.
        var result = FolderTree.Exchange(at, temp, file.Name);
        if (result is -Errno.Invalid or -Errno.NotSupported)
            return Keep(at, file.Name, file.Name, version) ?? PlaceExactly(at, temp, file, new SinkCondition(null));
        if (result < 0)
            return result == -Errno.NoEntry ? Other : FolderTree.FaultOf(result, "The file");
        if (Keep(at, temp, file.Name, version) is not { } refused)
            return null;
        // It was another version, or cannot be kept, so its name is restored.
        _ = FolderTree.Exchange(at, temp, file.Name);
        return refused;
    }

    /// <summary>Moves a file of this version below <see cref="FolderTree.Kept"/>.</summary>
    /// <param name="as">Its name there.</param>
    private StorageFault? Keep(SafeFileHandle at, string name, string @as, string version)
    {
        if (tree.Calls.Stat(at, name, out var facts) < 0 || !facts.IsRegularFile || FolderSource.PinOf(facts) != version)
            return Other;
        var made = NewKept();
        if (!made.Ok)
            return made.Fault;
        using var kept = made.Value;
        var result = tree.Calls.RenameNoReplace(at, name, kept, @as);
        if (result < 0)
        {
            return result == -Errno.CrossDevice
                ? new StorageFault(FaultKind.Refused, "The file lies on another disk than the folder, so it cannot be kept.")
                : FolderTree.FaultOf(result, "The file");
        }

        if (tree.Calls.Stat(kept, @as, out facts) >= 0 && FolderSource.PinOf(facts) == version)
            return Flush(kept);
        _ = tree.Calls.RenameNoReplace(kept, @as, at, name);
        return Other;
    }

    /// <summary>Returns the folder that contains the kept file of this name and version, or <c>null</c>.</summary>
    private SafeFileHandle? FindKept(string name, string version)
    {
        if (tree.OpenFolder(FolderTree.Kept) is not { Ok: true, Value: { } all })
            return null;
        using (all)
        {
            // The newest first.
            foreach (var folder in FolderTree.Names(all).AsEnumerable().Reverse())
            {
                if (tree.OpenFolder(FolderTree.IdOf(FolderTree.Kept, folder)) is not { Ok: true, Value: { } kept })
                    continue;
                if (tree.Calls.Stat(kept, name, out var facts) >= 0 && facts.IsRegularFile && FolderSource.PinOf(facts) == version)
                    return kept;
                kept.Dispose();
            }
        }

        return null;
    }

    /// <summary>Creates today's folder below <see cref="FolderTree.Kept"/>.</summary>
    private Outcome<SafeFileHandle> NewKept()
    {
        var day = time.GetUtcNow().UtcDateTime.ToString(DayFormat, CultureInfo.InvariantCulture);
        var folder = FolderTree.IdOf(FolderTree.Kept, $"{day}-{Guid.NewGuid():n}");
        return MakeKept(folder) is { } unmade ? unmade : tree.OpenFolder(folder);
    }

    private StorageFault? MakeKept(string folder)
    {
        foreach (var id in new[] { FolderTree.Kept, folder })
        {
            var (parent, name) = FolderTree.Split(id);
            var opened = tree.OpenFolder(parent);
            if (!opened.Ok)
                return opened.Fault;
            using var at = opened.Value;
            var result = tree.Calls.MkdirAt(at, name, FolderMode);
            if (result < 0 && result != -Errno.Exists)
                return FolderTree.FaultOf(result, "The folder");
            if (result >= 0 && Flush(at) is { } fault)
                return fault;
        }

        return null;
    }
}
