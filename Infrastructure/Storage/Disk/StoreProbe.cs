using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Does once, with a small file, all that a chunk needs: create, write, flush, rename, flush the folder, read back (E5, E30).
/// </summary>
internal static class StoreProbe
{
    private const string Prefix = "probe-";
    private const int Size = 4096;

    public static void Run(DiskStore volume)
    {
        var calls = volume.Calls;
        var name = $"{Prefix}{FreshGuid.Next():N}";
        var renamed = name + "-renamed";
        var path = $"{DiskLayout.Files}/{name}";
        try
        {
            using var file = PosixFile.OpenAt(
                calls, volume.Files, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive, path, PosixFile.OwnerFile);
            var written = RandomNumberGenerator.GetBytes(Size);
            PosixFile.WriteAll(calls, file, written, 0, path);
            volume.FlushNow(file, path, isDirectory: false);
            Rename(volume, name, renamed, path);
            // A descriptor of its own: one whose flush has failed is never flushed again, and a probe that fails is followed by others.
            using var folder = PosixFile.OpenAt(calls, volume.Files, ".", OpenFlags.ReadOnly | OpenFlags.Directory, DiskLayout.Files);
            volume.FlushNow(folder, DiskLayout.Files, isDirectory: true);
            calls.Fadvise(file, 0, 0, PosixFlags.FadviseDontNeed);
            var read = new byte[Size];
            if (PosixFile.ReadFull(calls, file, read, 0, path) != Size || !read.AsSpan().SequenceEqual(written))
                throw new StoreException(StoreError.FlushFailed, $"{path} did not read back as it was written.");
        }
        finally
        {
            // What the probe found out counts, not whether it could tidy up; the next start does that.
            calls.UnlinkAt(volume.Files, name);
            calls.UnlinkAt(volume.Files, renamed);
        }
    }

    private static void Rename(DiskStore volume, string name, string renamed, string path)
    {
        var result = volume.Calls.RenameNoReplace(volume.Files, name, volume.Files, renamed);
        if (result is -Errno.Invalid or -Errno.NoSuchCall)
            throw new StoreException(
                StoreError.Io, "The file system cannot rename without replacing (renameat2 with RENAME_NOREPLACE).")
            { HResult = -result };
        if (result < 0)
            throw PosixFile.Failure(result, "Renaming", path);
    }

    /// <summary>Removes what probes left that a crash cut short.</summary>
    public static void Clean(DiskStore volume)
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(volume.Directory, DiskLayout.Files), Prefix + "*"))
            volume.Calls.UnlinkAt(volume.Files, Path.GetFileName(path));
    }
}
