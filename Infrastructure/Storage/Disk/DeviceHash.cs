using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Hashes what the device holds, not what the page cache holds. O_DIRECT bypasses the page cache. Where a file system has no O_DIRECT, the
/// cached pages are dropped first, which the kernel takes as advice.
/// </summary>
internal static class DeviceHash
{
    public delegate void Consume(ReadOnlySpan<byte> part);

    public static (Sha256Digest Digest, long Length) Of(
        DiskStore store, StoredFile file, long offset, long length, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var there = Read(store, file, offset, length, hash.AppendData, cancellationToken);
        Span<byte> digest = stackalloc byte[Sha256Digest.Length];
        hash.GetHashAndReset(digest);
        return (new Sha256Digest(digest), there);
    }

    /// <summary>Hands over the range in order, part by part. Returns how many bytes the file had there.</summary>
    public static long Read(
        DiskStore store, StoredFile file, long offset, long length, Consume consume, CancellationToken cancellationToken)
    {
        var name = DiskLayout.Describe(file);
        using var handle = store.OpenFile(file, OpenFlags.ReadOnly).Handle;
        var mode = new DirectMode(store.Calls, handle);
        if (!mode.TrySet(on: true))
            store.Calls.Fadvise(handle, offset, length, PosixFlags.FadviseDontNeed);
        using var block = store.Blocks.Rent();
        long done = 0;
        while (done < length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = (int)((offset + done) % DirectMode.Page);
            var read = store.Calls.Pread(handle, block.First, offset + done - before);
            if (read == -Errno.Invalid && mode.IsOn)
            {
                // The file system refuses O_DIRECT for this read: continue through the cache from here.
                mode.End("Reading", name);
                store.Calls.Fadvise(handle, offset, length, PosixFlags.FadviseDontNeed);
                continue;
            }

            if (read < 0)
                throw PosixFile.Failure(read, "Reading", name);
            if (read <= before)
                break;
            var part = (int)Math.Min(read - before, length - done);
            consume(block.First.Slice(before, part));
            done += part;
        }

        return done;
    }
}
