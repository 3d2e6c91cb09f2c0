using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Reads a range of one file once, from end to end, to hash it. A long range comes from the device past the page cache (O_DIRECT): to find
/// pages for a GiB, and to copy it, costs twice what its SHA-256 does. What lies in the page cache and was not written back is written back
/// by the kernel before. The next part is read while the last one is hashed, as a file system that reads ahead would do.
/// </summary>
internal sealed class LongReads(DiskStore volume, SafeFileHandle handle, DirectMode mode, string name)
{
    /// <returns>How many bytes were there.</returns>
    public async Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken)
    {
        long done = 0;
        var block = volume.Blocks.Rent();
        var (reading, first) = (Task.CompletedTask, true);
        // What the last read found; settled when its task has ended.
        var (skip, came) = (0, 0);
        try
        {
            // Where the file system cannot, the page cache is read.
            _ = mode.TrySet(length >= DirectMode.Least && volume.WritesDirectly);
            reading = Begin(first, 0);
            while (true)
            {
                await reading;
                var (from, count) = (skip, came);
                if (count > 0 && done + count < length)
                    reading = Begin(!first, done + count);
                into.Append(Half(first).Slice(from, count));
                first = !first;
                done += count;
                if (count == 0 || done == length)
                    return done;
            }
        }
        finally
        {
            // A read that runs has the memory.
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            block.Dispose();
            _ = mode.TrySet(on: false);
        }

        Span<byte> Half(bool first) => first ? block.First : block.Second;
        Task Begin(bool first, long at) =>
            volume.Reads.RunAsync(() => (skip, came) = Read(Half(first), offset + at, length - at), cancellationToken);
    }

    /// <returns>Where in the memory the bytes begin, and how many there are; none at the end of the file.</returns>
    private (int Skip, int Count) Read(Span<byte> memory, long offset, long wanted)
    {
        if (mode.IsOn)
        {
            const int page = DirectMode.Page;
            var skip = (int)(offset & (page - 1));
            var whole = (int)Math.Min(memory.Length, (skip + wanted + page - 1) & -page);
            var read = volume.Calls.Pread(handle, memory[..whole], offset - skip);
            if (read >= 0)
                return (skip, (int)Math.Clamp(read - skip, 0, wanted));
            if (read != -Errno.Invalid)
                throw PosixFile.Failure(read, "Reading", name);
            // A file system that cannot after all.
            mode.End("Reading", name);
        }

        return (0, PosixFile.ReadFull(volume.Calls, handle, memory[..(int)Math.Min(memory.Length, wanted)], offset, name));
    }
}
