using System.Buffers;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// Copies a range from file to file (E22): shared blocks where the file system has them; else from device to device, whole pages, past the
/// page cache; else inside the kernel; else through memory.
/// </summary>
internal sealed class DiskCopy(
    DiskStore volume, SafeFileHandle source, string sourceName, SafeFileHandle target, LongWrites writes, string targetName)
{
    // Between two steps the copy can be cancelled.
    private const long Step = 16L << 20;
    private const int BufferSize = 1 << 20;

    public void Run(long sourceOffset, long length, long targetOffset, CancellationToken cancellationToken)
    {
        // 1. A source that is too short is damage, whatever the copy would say. 2. Reflink. 3. Room before bytes: ENOSPC comes now,
        // with nothing written. 4. Copy from device to device; 5. what that does not take, in the kernel; 6. what is left goes through
        // memory.
        var there = (long)PosixFile.Stat(volume.Calls, source, sourceName).Size; // 1
        if (length > there - sourceOffset)
            throw Short(sourceOffset, length);
        if (TryClone(sourceOffset, length, targetOffset, there)) // 2
            return;
        volume.Space.Promise(length, volume.Space.MergeReserve); // 3
        var kept = false;
        try
        {
            kept = Preallocate(targetOffset, length);
            var done = CopyPastCache(sourceOffset, length, targetOffset, cancellationToken); // 4
            writes.EndDirect();
            done += CopyInKernel(sourceOffset + done, length - done, targetOffset + done, cancellationToken); // 5
            CopyThroughMemory(sourceOffset + done, length - done, targetOffset + done, cancellationToken); // 6
            kept = true;
        }
        catch (StoreException failure) when (failure.Error == StoreError.NoSpace)
        {
            volume.Space.Forget();
            throw;
        }
        finally
        {
            if (kept)
                volume.Space.Kept(length);
            else
                volume.Space.Release(length);
        }
    }

    private bool TryClone(long sourceOffset, long length, long targetOffset, long sourceLength)
    {
        var block = volume.Space.BlockSize;
        if (volume.CannotClone || sourceOffset % block != 0 || targetOffset % block != 0 ||
            (length % block != 0 && sourceOffset + length != sourceLength))
        {
            return false;
        }

        var result = volume.Calls.CloneRange(source, sourceOffset, length, target, targetOffset);
        if (result >= 0)
            return true;
        var errno = -result;
        if (errno is Errno.NotSupported or Errno.NotATerminal or Errno.CrossDevice or Errno.NoSuchCall)
            volume.CannotClone = true;
        else if (errno is not Errno.Invalid)
            throw PosixFile.Failure(result, $"Copying {sourceName} into", targetName);
        return false;
    }

    /// <returns>False where the file system cannot preallocate.</returns>
    private bool Preallocate(long offset, long length)
    {
        var result = volume.Calls.Preallocate(target, offset, length);
        if (result >= 0)
            return true;
        return -result is Errno.NotSupported or Errno.NoSuchCall ? false : throw PosixFile.Failure(result, "Preallocating", targetName);
    }

    /// <returns>How much of it has gone this way.</returns>
    private long CopyPastCache(long sourceOffset, long length, long targetOffset, CancellationToken cancellationToken)
    {
        const int page = DirectMode.Page;
        var mode = new DirectMode(volume.Calls, source);
        var whole = length & -page;
        if (!writes.MayGoDirect(whole) || sourceOffset % page != 0 || targetOffset % page != 0 || !mode.TrySet(on: true))
            return 0;
        using var block = volume.Blocks.Rent();
        long done = 0;
        try
        {
            while (done < whole)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var part = block.First[..(int)Math.Min(IoBlocks.Block.Half, whole - done)];
                var read = volume.Calls.Pread(source, part, sourceOffset + done);
                if (read < 0 && -read != Errno.Invalid)
                    throw PosixFile.Failure(read, "Reading", sourceName);
                // A file system that cannot after all, and the last extent of a file, which need not end with a page.
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

    /// <returns>How far the kernel took it; less than all where it cannot copy between these files.</returns>
    private long CopyInKernel(long sourceOffset, long length, long targetOffset, CancellationToken cancellationToken)
    {
        long done = 0;
        while (done < length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var copied =
                volume.Calls.CopyFileRange(source, sourceOffset + done, target, targetOffset + done, Math.Min(Step, length - done));
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
                if (PosixFile.ReadFull(volume.Calls, source, part, sourceOffset + done, sourceName) < part.Length)
                    throw Short(sourceOffset + done, length - done);
                PosixFile.WriteAll(volume.Calls, target, part, targetOffset + done, targetName);
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
