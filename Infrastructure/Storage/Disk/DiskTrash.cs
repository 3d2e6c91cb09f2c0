using System.Globalization;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// <c>trash/20261104T101502Z-chunks-12-7f3a…</c>: the time of the move and the file's kind and name, so that an operator can bring it back.
/// </summary>
internal sealed class DiskTrash(DiskStore store, TimeProvider time)
{
    private const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int StampLength = 16;

    /// <summary>Moves a file to the trash. A file that is gone already is a success.</summary>
    public void Move(StoredFile file)
    {
        var stamp = time.GetUtcNow().ToString(StampFormat, CultureInfo.InvariantCulture);
        using var shard = store.TryOpenShard(file);
        if (shard is null)
            return;
        // As in Delete, the temporary name goes first, because a rename only leads away from it.
        if (file.Kind == StoredFileKind.Chunk)
            MoveName(DiskLayout.PartName(file));
        MoveName(DiskLayout.Name(file));

        void MoveName(string name)
        {
            var result = store.Calls.RenameNoReplace(shard, name, store.Trash, $"{stamp}-{DiskLayout.Folder(file.Kind)}-{name}");
            if (result < 0 && result != -Errno.NoEntry)
                throw PosixFile.Failure(result, "Moving to the trash", DiskLayout.Describe(file));
        }
    }

    public (int Files, long Bytes) Empty(TimeSpan age, CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - age;
        var (files, bytes) = (0, 0L);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(store.Directory, DiskLayout.Trash)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = Path.GetFileName(path);
            if (!IsOlder(name, before))
                continue;
            var size = store.Calls.Stat(store.Trash, name, out var stat) < 0 ? 0 : (long)stat.Size;
            if (!PosixFile.Unlink(store.Calls, store.Trash, name, $"{DiskLayout.Trash}/{name}"))
                continue;
            files++;
            bytes += size;
        }

        if (files > 0)
            store.Space.Invalidate();
        return (files, bytes);
    }

    // A file that an operator put there has no stamp and stays.
    private static bool IsOlder(string name, DateTimeOffset before) =>
        name.Length > StampLength && name[StampLength] == '-' &&
        DateTimeOffset.TryParseExact(
            name.AsSpan(0, StampLength), StampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var stamp) &&
        stamp <= before;
}
