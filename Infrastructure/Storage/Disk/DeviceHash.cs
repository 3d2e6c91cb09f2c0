using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The digest of what the device holds, not of what memory believes. O_DIRECT passes the page cache by; where a file system
/// has none, the cached pages are dropped first, which the kernel takes as advice.
/// </summary>
internal static class DeviceHash
{
    public delegate void Consume(ReadOnlySpan<byte> part);

    public static (Sha256Digest Digest, long Length) Of(DiskStore volume, StoredFile file, long offset, long length, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var there = Read(volume, file, offset, length, hash.AppendData, cancellationToken);
        Span<byte> digest = stackalloc byte[Sha256Digest.Length];
        hash.GetHashAndReset(digest);
        return (new Sha256Digest(digest), there);
    }

    /// <summary>Hands the range over in parts, in order; returns how many bytes were there.</summary>
    public static long Read(DiskStore volume, StoredFile file, long offset, long length, Consume consume, CancellationToken cancellationToken)
    {
        var name = DiskLayout.Describe(file);
        long done = 0;
        try
        {
            using var direct = volume.OpenFile(file, OpenFlags.ReadOnly | OpenFlags.Direct).Handle;
            Read(volume, direct, name, offset, length, consume, ref done, cancellationToken);
        }
        catch (StoreException e) when (e.Error == StoreError.Io && e.HResult == Errno.Invalid)
        {
            // Said before the first byte or in the middle: what was handed over stays handed over.
            using var cached = volume.OpenFile(file, OpenFlags.ReadOnly).Handle;
            volume.Calls.Fadvise(cached, offset, length, PosixFlags.FadviseDontNeed);
            Read(volume, cached, name, offset, length, consume, ref done, cancellationToken);
        }

        return done;
    }

    private static void Read(
        DiskStore volume, SafeFileHandle file, string name, long offset, long length, Consume consume, ref long done, CancellationToken cancellationToken)
    {
        using var block = volume.Blocks.Rent();
        while (done < length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = (int)((offset + done) % LongWrites.Page);
            var read = volume.Calls.Pread(file, block.First, offset + done - before);
            if (read < 0)
                throw PosixFile.Failure(read, "Reading", name);
            if (read <= before)
                return;
            var part = (int)Math.Min(read - before, length - done);
            consume(block.First.Slice(before, part));
            done += part;
        }
    }
}
