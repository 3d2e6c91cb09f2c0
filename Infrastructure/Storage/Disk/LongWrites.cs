using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The writes of one file. A long run goes to the device as it lies in memory (O_DIRECT): no copy, no pages to be found, filled and written
/// back, which together cost more than SHA-256. Only whole pages can, from an address that lies as far into a page as their place in the file; whatever
/// else there is goes through the page cache. Durable is either only with the flush.
/// </summary>
internal sealed class LongWrites(DiskStore volume, SafeFileHandle handle, string name)
{
    private const int Page = DirectMode.Page;

    private readonly DirectMode _mode = new(volume.Calls, handle);

    /// <summary>Whether a run of so many bytes may have to wait for the device.</summary>
    public bool MayGoDirect(long bytes) => bytes >= DirectMode.Least && volume.WritesDirectly;

    /// <exception cref="StoreException">What has been written by then is not known.</exception>
    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        if (MayGoDirect(bytes.Length))
        {
            var before = (int)(-offset & (Page - 1));
            var length = (bytes.Length - before) & -Page;
            if (length >= DirectMode.Least && IsOnPage(bytes[before..]))
            {
                Cached(bytes[..before], offset);
                before += Direct(bytes.Slice(before, length), offset + before);
                bytes = bytes[before..];
                offset += before;
            }
        }

        Cached(bytes, offset);
    }

    /// <summary>For whatever else is done with the descriptor.</summary>
    public void EndDirect() => _mode.End("Writing", name);

    /// <returns>How much of it has gone this way.</returns>
    private int Direct(ReadOnlySpan<byte> bytes, long offset)
    {
        var done = 0;
        // After a short write the rest need not begin on a page.
        while (done < bytes.Length && done % Page == 0 && TryDirect())
        {
            var written = volume.Calls.Pwrite(handle, bytes[done..], offset + done);
            if (written == -Errno.Invalid)
            {
                volume.WriteThroughCache(name);
                break;
            }

            if (written <= 0)
                throw PosixFile.Failure(written == 0 ? -Errno.InputOutput : written, "Writing", name);
            done += (int)written;
        }

        return done;
    }

    private void Cached(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.IsEmpty)
            return;
        EndDirect();
        PosixFile.WriteAll(volume.Calls, handle, bytes, offset, name);
    }

    private bool TryDirect()
    {
        if (_mode.TrySet(on: true))
            return true;
        volume.WriteThroughCache(name);
        return false;
    }

    private static unsafe bool IsOnPage(ReadOnlySpan<byte> bytes) =>
        ((nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)) & (Page - 1)) == 0;
}
