using System.Globalization;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// <c>trash/20261104T101502Z-chunks-12-7f3a…</c>: when it went there, and what it was, so that a person can bring it back.
/// </summary>
internal sealed class DiskTrash(DiskStore volume, TimeProvider time)
{
    private const string StampFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int StampLength = 16;

    /// <summary>A file that is gone is a success.</summary>
    public void Take(StoredFile file)
    {
        var stamp = time.GetUtcNow().ToString(StampFormat, CultureInfo.InvariantCulture);
        using var shard = volume.TryOpenShard(file);
        if (shard is null)
            return;
        // As with Delete: the temporary name first, because a rename leads only away from it.
        if (file.Kind == StoredFileKind.Chunk)
            Move(DiskLayout.PartName(file));
        Move(DiskLayout.Name(file));

        void Move(string name)
        {
            var result = volume.Calls.RenameNoReplace(shard, name, volume.Trash, $"{stamp}-{DiskLayout.Folder(file.Kind)}-{name}");
            if (result < 0 && result != -Errno.NoEntry)
                throw PosixFile.Failure(result, "Moving to the trash", DiskLayout.Describe(file));
        }
    }

    public (int Files, long Bytes) Empty(TimeSpan age, CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - age;
        var (files, bytes) = (0, 0L);
        foreach (var path in Directory.EnumerateFiles(Path.Combine(volume.Directory, DiskLayout.Trash)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = Path.GetFileName(path);
            if (!IsOlder(name, before))
                continue;
            var size = volume.Calls.Stat(volume.Trash, name, out var stat) < 0 ? 0 : (long)stat.Size;
            if (!PosixFile.Unlink(volume.Calls, volume.Trash, name, $"{DiskLayout.Trash}/{name}"))
                continue;
            files++;
            bytes += size;
        }

        if (files > 0)
            volume.Space.Forget();
        return (files, bytes);
    }

    // A file that somebody else put there has no stamp and stays.
    private static bool IsOlder(string name, DateTimeOffset before) =>
        name.Length > StampLength && name[StampLength] == '-' &&
        DateTimeOffset.TryParseExact(
            name.AsSpan(0, StampLength), StampFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var stamp) &&
        stamp <= before;
}
