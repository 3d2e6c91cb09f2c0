using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Writes to one file. A long write goes from memory straight to the device (O_DIRECT). That saves copying the bytes and finding, filling
/// and writing back pages, which together cost more than SHA-256. Only whole pages can go this way, and only from an address with the same
/// alignment to a page as the file offset; everything else goes through the page cache. Either way, only the flush makes the bytes durable.
/// </summary>
internal sealed class LongWrites(DiskStore store, SafeFileHandle handle, string name)
{
    private const int Page = DirectMode.Page;

    private readonly DirectMode _mode = new(store.Calls, handle);

    /// <summary>Whether a write of this length may have to wait for the device.</summary>
    public bool MayGoDirect(long bytes) => bytes >= DirectMode.Least && store.WritesDirectly;

    /// <exception cref="StoreException">It is unknown how much of the range was written.</exception>
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

    /// <summary>Switches O_DIRECT off, for other calls on the descriptor.</summary>
    public void EndDirect() => _mode.End("Writing", name);

    /// <returns>How many bytes went straight to the device.</returns>
    private int Direct(ReadOnlySpan<byte> bytes, long offset)
    {
        var done = 0;
        // After a short write, the rest may not begin on a page boundary.
        while (done < bytes.Length && done % Page == 0 && TryDirect())
        {
            var written = store.Calls.Pwrite(handle, bytes[done..], offset + done);
            if (written == -Errno.Invalid)
            {
                store.WriteThroughCache(name);
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
        PosixFile.WriteAll(store.Calls, handle, bytes, offset, name);
    }

    private bool TryDirect()
    {
        if (_mode.TrySet(on: true))
            return true;
        store.WriteThroughCache(name);
        return false;
    }

    private static unsafe bool IsOnPage(ReadOnlySpan<byte> bytes) =>
        ((nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(bytes)) & (Page - 1)) == 0;
}
