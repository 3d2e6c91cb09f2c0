using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The digest of what the device holds, not of what memory believes. O_DIRECT passes the page cache by; where a file system
/// has none, the cached pages are dropped first, which the kernel takes as advice.
/// </summary>
internal static class DeviceHash
{
    public delegate void Consume(ReadOnlySpan<byte> part);

    public static (Sha256Digest Digest, long Length) Of(
        DiskStore volume, StoredFile file, long offset, long length, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var there = Read(volume, file, offset, length, hash.AppendData, cancellationToken);
        Span<byte> digest = stackalloc byte[Sha256Digest.Length];
        hash.GetHashAndReset(digest);
        return (new Sha256Digest(digest), there);
    }

    /// <summary>Hands the range over in parts, in order; returns how many bytes were there.</summary>
    public static long Read(
        DiskStore volume, StoredFile file, long offset, long length, Consume consume, CancellationToken cancellationToken)
    {
        var name = DiskLayout.Describe(file);
        using var handle = volume.OpenFile(file, OpenFlags.ReadOnly).Handle;
        var mode = new DirectMode(volume.Calls, handle);
        if (!mode.TrySet(on: true))
            volume.Calls.Fadvise(handle, offset, length, PosixFlags.FadviseDontNeed);
        using var block = volume.Blocks.Rent();
        long done = 0;
        while (done < length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var before = (int)((offset + done) % DirectMode.Page);
            var read = volume.Calls.Pread(handle, block.First, offset + done - before);
            if (read == -Errno.Invalid && mode.IsOn)
            {
                // A file system that cannot after all: what was handed over stays handed over.
                mode.End("Reading", name);
                volume.Calls.Fadvise(handle, offset, length, PosixFlags.FadviseDontNeed);
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
