using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>Does with a small file all that a chunk needs: create, write, flush, rename, flush the folder, read back (E5, E30).</summary>
internal static class StoreProbe
{
    private const string Prefix = "probe-";
    private const int Size = 4096;

    public static void Run(DiskStore store)
    {
        var calls = store.Calls;
        var name = $"{Prefix}{FreshGuid.Next():N}";
        var renamed = name + "-renamed";
        var path = $"{DiskLayout.Files}/{name}";
        try
        {
            using var file = PosixFile.OpenAt(
                calls, store.Files, name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive, path, PosixFile.OwnerFile);
            var written = RandomNumberGenerator.GetBytes(Size);
            PosixFile.WriteAll(calls, file, written, 0, path);
            store.FlushNow(file, path, isDirectory: false);
            Rename(store, name, renamed, path);
            // Opens the folder anew: a descriptor whose flush failed is never flushed again, and a failed probe is followed by others.
            using var folder = PosixFile.OpenAt(calls, store.Files, ".", OpenFlags.ReadOnly | OpenFlags.Directory, DiskLayout.Files);
            store.FlushNow(folder, DiskLayout.Files, isDirectory: true);
            calls.Fadvise(file, 0, 0, PosixFlags.FadviseDontNeed);
            var read = new byte[Size];
            if (PosixFile.ReadFull(calls, file, read, 0, path) != Size || !read.AsSpan().SequenceEqual(written))
                throw new StoreException(StoreError.FlushFailed, $"{path} did not read back as it was written.");
        }
        finally
        {
            // A failed cleanup does not fail the probe; the next start cleans up.
            calls.UnlinkAt(store.Files, name);
            calls.UnlinkAt(store.Files, renamed);
        }
    }

    private static void Rename(DiskStore store, string name, string renamed, string path)
    {
        var result = store.Calls.RenameNoReplace(store.Files, name, store.Files, renamed);
        if (result is -Errno.Invalid or -Errno.NoSuchCall)
            throw new StoreException(
                StoreError.Io, "The file system cannot rename without replacing (renameat2 with RENAME_NOREPLACE).")
            { HResult = -result };
        if (result < 0)
            throw PosixFile.Failure(result, "Renaming", path);
    }

    /// <summary>Removes the files of probes that a crash interrupted.</summary>
    public static void Clean(DiskStore store)
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(store.Directory, DiskLayout.Files), Prefix + "*"))
            store.Calls.UnlinkAt(store.Files, Path.GetFileName(path));
    }
}
