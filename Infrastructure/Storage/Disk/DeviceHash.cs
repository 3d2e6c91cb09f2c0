using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The digest of what the device holds, not of what memory believes. O_DIRECT passes the page cache by; where a file system
/// has none, the cached pages are dropped first, which the kernel takes as advice.
/// </summary>
internal static unsafe class DeviceHash
{
    private const int BufferSize = 1 << 20;

    // O_DIRECT wants memory, offset and length aligned to the device's block; 4096 satisfies all but the oddest, and those say EINVAL.
    private const int Alignment = 4096;

    public static (Sha256Digest Digest, long Length) Of(DiskVolume volume, StoredFile file, long offset, long length, CancellationToken cancellationToken)
    {
        var name = DiskLayout.Describe(file);
        try
        {
            using var direct = volume.OpenFile(file, OpenFlags.ReadOnly | OpenFlags.Direct).Handle;
            return Read(volume.Calls, direct, name, offset, length, cancellationToken);
        }
        catch (StoreException e) when (e.Error == StoreError.Io && e.HResult == Errno.Invalid)
        {
            using var cached = volume.OpenFile(file, OpenFlags.ReadOnly).Handle;
            volume.Calls.Fadvise(cached, offset, length, PosixFlags.FadviseDontNeed);
            return Read(volume.Calls, cached, name, offset, length, cancellationToken);
        }
    }

    private static (Sha256Digest Digest, long Length) Read(ISyscalls calls, SafeFileHandle file, string name, long offset, long length, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var memory = NativeMemory.AlignedAlloc(BufferSize, Alignment);
        try
        {
            var buffer = new Span<byte>(memory, BufferSize);
            long done = 0;
            while (done < length)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var before = (int)((offset + done) % Alignment);
                var read = calls.Pread(file, buffer, offset + done - before);
                if (read < 0)
                    throw PosixFile.Failure(read, "Reading", name);
                if (read <= before)
                    break;
                var part = (int)Math.Min(read - before, length - done);
                hash.AppendData(buffer.Slice(before, part));
                done += part;
            }

            Span<byte> digest = stackalloc byte[Sha256Digest.Length];
            hash.GetHashAndReset(digest);
            return (new Sha256Digest(digest), done);
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }
}
