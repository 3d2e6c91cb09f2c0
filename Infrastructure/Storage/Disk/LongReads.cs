using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Reads a range of one file once, from start to end, to hash it. A long range bypasses the page cache (O_DIRECT): finding pages for a GiB
/// and copying it costs twice what its SHA-256 does. The kernel writes back dirty cached pages first. The next part is read while the last
/// one is hashed, as read-ahead would do.
/// </summary>
internal sealed class LongReads(DiskStore store, SafeFileHandle handle, DirectMode mode, string name)
{
    /// <returns>How many bytes were there.</returns>
    public async Task<long> HashAsync(IRunningHash into, long offset, long length, CancellationToken cancellationToken)
    {
        long done = 0;
        var block = store.Blocks.Rent();
        var (reading, first) = (Task.CompletedTask, true);
        // The result of the last read; valid once its task has ended.
        var (skip, read) = (0, 0);
        try
        {
            // Where the file system has no O_DIRECT, the reads go through the page cache.
            _ = mode.TrySet(length >= DirectMode.Least && store.WritesDirectly);
            reading = Begin(first, 0);
            while (true)
            {
                await reading;
                var (from, count) = (skip, read);
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
            // A running read still uses the block.
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            block.Dispose();
            _ = mode.TrySet(on: false);
        }

        Span<byte> Half(bool first) => first ? block.First : block.Second;
        Task Begin(bool first, long at) =>
            store.Reads.RunAsync(() => (skip, read) = Read(Half(first), offset + at, length - at), cancellationToken);
    }

    /// <returns>Where in the memory the bytes begin, and how many there are: none at the end of the file.</returns>
    private (int Skip, int Count) Read(Span<byte> memory, long offset, long wanted)
    {
        if (mode.IsOn)
        {
            const int page = DirectMode.Page;
            var skip = (int)(offset & (page - 1));
            var whole = (int)Math.Min(memory.Length, (skip + wanted + page - 1) & -page);
            var read = store.Calls.Pread(handle, memory[..whole], offset - skip);
            if (read >= 0)
                return (skip, (int)Math.Clamp(read - skip, 0, wanted));
            if (read != -Errno.Invalid)
                throw PosixFile.Failure(read, "Reading", name);
            // The file system refuses O_DIRECT for this read.
            mode.End("Reading", name);
        }

        return (0, PosixFile.ReadFull(store.Calls, handle, memory[..(int)Math.Min(memory.Length, wanted)], offset, name));
    }
}
