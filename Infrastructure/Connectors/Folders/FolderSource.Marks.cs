using System.Text;
using ChunkUpload.Core.Connections;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Connectors.Folders;

/// <summary>Marker files of pairs, because a path may be the empty mount point of a missing disk, which has no marker.</summary>
internal sealed partial class FolderSource
{
    private const int LargestMark = 1 << 16;

    /// <summary>The usual mode of new files, which the umask reduces.</summary>
    private const uint MarkMode = 0x1b6;

    public async Task<StorageFault?> MarkAsync(string root, Guid pair, CancellationToken cancellationToken)
    {
        if (!tree.Folder.CanWrite)
        {
            return new StorageFault(
                FaultKind.Refused,
                $"A pair leaves a file {FolderTree.Mark} in a folder of this machine, to know it again; this folder can only be read.");
        }

        if (await ProveAsync(root, pair, cancellationToken) is null)
            return null;
        var opened = tree.OpenFolder(root);
        if (!opened.Ok)
            return opened.Fault;
        using var at = opened.Value;
        var flags = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec;
        var result = tree.Calls.OpenAt(at, FolderTree.Mark, flags, MarkMode, out var made);
        if (made is null)
            return FolderTree.FaultOf(result, "The mark of the pair");
        using var file = made;
        if (tree.Calls.Stat(file, "", out var facts) < 0 || !facts.IsRegularFile || facts.Size > LargestMark)
            return new StorageFault(FaultKind.Refused, $"Another item has the name {FolderTree.Mark}.");
        var written = tree.Calls.Pwrite(file, Encoding.ASCII.GetBytes($"{pair:n}\n"), (long)facts.Size);
        if (written < 0 || tree.Calls.Fsync(file) < 0)
            return FolderTree.FaultOf(Math.Min(written, -Errno.InputOutput), "The mark of the pair");
        _ = tree.Calls.Fsync(at);
        return null;
    }

    public async Task<StorageFault?> ProveAsync(string root, Guid pair, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var opened = tree.OpenFile(FolderTree.IdOf(root, FolderTree.Mark));
        if (!opened.Ok)
            return opened.Fault.Kind == FaultKind.Gone ? Unproven : opened.Fault;
        using var file = opened.Value;
        var bytes = new byte[LargestMark];
        var read = tree.Calls.Pread(file, bytes, 0);
        if (read < 0)
            return FolderTree.FaultOf(read, "The mark of the pair");
        return Encoding.ASCII.GetString(bytes, 0, (int)read).Contains(pair.ToString("n"), StringComparison.Ordinal) ? null : Unproven;
    }

    private static StorageFault Unproven => new(
        FaultKind.Gone,
        $"The folder lacks its file {FolderTree.Mark}: its disk may not be mounted. Nothing is copied or removed until it returns.");
}
