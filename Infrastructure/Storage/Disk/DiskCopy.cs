using System.Buffers;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Copies a range from one file to another (E22). It shares blocks (reflink) where the file system can. Otherwise it copies whole pages
/// past the page cache, then what is left inside the kernel, then what is left through memory.
/// </summary>
internal sealed class DiskCopy(
    DiskStore store, SafeFileHandle source, string sourceName, SafeFileHandle target, LongWrites writes, string targetName)
{
    // The copy can be cancelled between two steps.
    private const long Step = 16L << 20;
    private const int BufferSize = 1 << 20;

    public void Run(long sourceOffset, long length, long targetOffset, CancellationToken cancellationToken)
    {
        // 1. Check the source's length: a source that is too short is damaged, whatever the copy would report. 2. Try a reflink. 3. Reserve
        // room before copying, so that ENOSPC comes before any byte is written. 4. Copy past the page cache. 5. Copy the rest in the
        // kernel. 6. Copy what is still left through memory.
        var sourceLength = (long)PosixFile.Stat(store.Calls, source, sourceName).Size; // 1
        if (length > sourceLength - sourceOffset)
            throw Short(sourceOffset, length);
        if (TryClone(sourceOffset, length, targetOffset, sourceLength)) // 2
            return;
        store.Space.Reserve(length, store.Space.MergeWatermark); // 3
        var used = false;
        try
        {
            used = Preallocate(targetOffset, length);
            var done = CopyPastCache(sourceOffset, length, targetOffset, cancellationToken); // 4
            writes.EndDirect();
            done += CopyInKernel(sourceOffset + done, length - done, targetOffset + done, cancellationToken); // 5
            CopyThroughMemory(sourceOffset + done, length - done, targetOffset + done, cancellationToken); // 6
            used = true;
        }
        catch (StoreException failure) when (failure.Error == StoreError.NoSpace)
        {
            store.Space.Invalidate();
            throw;
        }
        finally
        {
            if (used)
                store.Space.Consume(length);
            else
                store.Space.Release(length);
        }
    }

    private bool TryClone(long sourceOffset, long length, long targetOffset, long sourceLength)
    {
        var block = store.Space.BlockSize;
        if (store.CannotClone || sourceOffset % block != 0 || targetOffset % block != 0 ||
            (length % block != 0 && sourceOffset + length != sourceLength))
        {
            return false;
        }

        var result = store.Calls.CloneRange(source, sourceOffset, length, target, targetOffset);
        if (result >= 0)
            return true;
        var errno = -result;
        if (errno is Errno.NotSupported or Errno.NotATerminal or Errno.CrossDevice or Errno.NoSuchCall)
            store.CannotClone = true;
        else if (errno is not Errno.Invalid)
            throw PosixFile.Failure(result, $"Copying {sourceName} into", targetName);
        return false;
    }

    /// <returns>False where the file system cannot preallocate.</returns>
    private bool Preallocate(long offset, long length)
    {
        var result = store.Calls.Preallocate(target, offset, length);
        if (result >= 0)
            return true;
        return -result is Errno.NotSupported or Errno.NoSuchCall ? false : throw PosixFile.Failure(result, "Preallocating", targetName);
    }

    /// <returns>How many bytes were copied.</returns>
    private long CopyPastCache(long sourceOffset, long length, long targetOffset, CancellationToken cancellationToken)
    {
        const int page = DirectMode.Page;
        var mode = new DirectMode(store.Calls, source);
        var whole = length & -page;
        if (!writes.MayGoDirect(whole) || sourceOffset % page != 0 || targetOffset % page != 0 || !mode.TrySet(on: true))
            return 0;
        using var block = store.Blocks.Rent();
        long done = 0;
        try
        {
            while (done < whole)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var part = block.First[..(int)Math.Min(IoBlocks.Block.Half, whole - done)];
                var read = store.Calls.Pread(source, part, sourceOffset + done);
                if (read < 0 && -read != Errno.Invalid)
                    throw PosixFile.Failure(read, "Reading", sourceName);
                // Either the file system refuses O_DIRECT for this read, or this is the end of the file, which need not end with a page.
                if (read < part.Length)
                    break;
                writes.Write(part, targetOffset + done);
                done += part.Length;
            }
        }
        finally
        {
            _ = mode.TrySet(on: false);
        }

        return done;
    }

    /// <returns>How many bytes the kernel copied: fewer than all where it cannot copy between these files.</returns>
    private long CopyInKernel(long sourceOffset, long length, long targetOffset, CancellationToken cancellationToken)
    {
        long done = 0;
        while (done < length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var copied =
                store.Calls.CopyFileRange(source, sourceOffset + done, target, targetOffset + done, Math.Min(Step, length - done));
            if (copied == 0)
                throw Short(sourceOffset + done, length - done);
            if (copied < 0)
            {
                if (-copied is Errno.CrossDevice or Errno.Invalid or Errno.NoSuchCall or Errno.NotSupported)
                    break;
                throw PosixFile.Failure(copied, $"Copying {sourceName} into", targetName);
            }

            done += copied;
        }

        return done;
    }

    private void CopyThroughMemory(long sourceOffset, long length, long targetOffset, CancellationToken cancellationToken)
    {
        if (length == 0)
            return;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (long done = 0; done < length;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var part = buffer.AsSpan(0, (int)Math.Min(BufferSize, length - done));
                if (PosixFile.ReadFull(store.Calls, source, part, sourceOffset + done, sourceName) < part.Length)
                    throw Short(sourceOffset + done, length - done);
                PosixFile.WriteAll(store.Calls, target, part, targetOffset + done, targetName);
                done += part.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private StoreException Short(long offset, long length) =>
        new(StoreError.Damaged, $"{sourceName} ends before its bytes {offset} to {offset + length}.");
}
