using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>The real system calls.</summary>
internal sealed unsafe class Syscalls : ISyscalls
{
    public static readonly Syscalls Real = new();

    public int OpenAt(SafeFileHandle directory, string path, int flags, uint mode, out SafeFileHandle? handle)
    {
        int result;
        do
            result = Checked(Libc.OpenAt(directory, path, flags, mode));
        while (result == -Errno.Interrupted);
        handle = result < 0 ? null : new SafeFileHandle(result, ownsHandle: true);
        // Creating a file is not checked: its folder was opened just before, and that open was checked.
        if (handle is null || (flags & OpenFlags.Create) != 0 || !DescriptorReserve.Real.Holds(result))
            return result;
        handle.Dispose();
        handle = null;
        return -Errno.TooManyOpen;
    }

    public long Pread(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var result = Checked(Libc.Pread(file, start, (nuint)buffer.Length, offset));
                if (result != -Errno.Interrupted)
                    return result;
            }
        }
    }

    public long Pwrite(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var result = Checked(Libc.Pwrite(file, start, (nuint)bytes.Length, offset));
                if (result != -Errno.Interrupted)
                    return result;
            }
        }
    }

    public int Fsync(SafeFileHandle file)
    {
        // EINTR means that the wait was interrupted. It is no write-back error, so a retry hides none.
        while (true)
        {
            var result = Checked(Libc.Fsync(file));
            if (result != -Errno.Interrupted)
                return result;
        }
    }

    public int Fdatasync(SafeFileHandle file)
    {
        while (true)
        {
            var result = Checked(Libc.Fdatasync(file));
            if (result != -Errno.Interrupted)
                return result;
        }
    }

    public int Syncfs(SafeFileHandle file) => Checked(Libc.Syncfs(file));

    public int RenameNoReplace(SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to) =>
        Checked(Libc.RenameAt2(fromDirectory, from, toDirectory, to, PosixFlags.RenameNoReplace));

    public int UnlinkAt(SafeFileHandle directory, string path)
    {
        while (true)
        {
            var result = Checked(Libc.UnlinkAt(directory, path, 0));
            if (result != -Errno.Interrupted)
                return result;
        }
    }

    public int MkdirAt(SafeFileHandle directory, string path, uint mode)
    {
        while (true)
        {
            var result = Checked(Libc.MkdirAt(directory, path, mode));
            if (result != -Errno.Interrupted)
                return result;
        }
    }

    public int Preallocate(SafeFileHandle file, long offset, long length)
    {
        while (true)
        {
            var result = Checked(Libc.Fallocate(file, PosixFlags.FallocateKeepSize, offset, length));
            if (result != -Errno.Interrupted)
                return result;
        }
    }

    public int Ftruncate(SafeFileHandle file, long length)
    {
        while (true)
        {
            var result = Checked(Libc.Ftruncate(file, length));
            if (result != -Errno.Interrupted)
                return result;
        }
    }

    public int SetDirect(SafeFileHandle file, bool direct) => Checked(Libc.Fcntl(file, PosixFlags.SetFlags, direct ? OpenFlags.Direct : 0));

    public int Fadvise(SafeFileHandle file, long offset, long length, int advice) => -Libc.PosixFadvise(file, offset, length, advice);

    public long CachedPages(SafeFileHandle file, long offset, long length)
    {
        var range = new Libc.CacheRange { Offset = (ulong)offset, Length = (ulong)length };
        Libc.CacheFacts facts;
        var result = Checked(Libc.CacheStat(PosixFlags.CacheStatCall, file, &range, &facts, 0));
        return result < 0 ? result : (long)facts.Cached;
    }

    public long CopyFileRange(SafeFileHandle source, long sourceOffset, SafeFileHandle target, long targetOffset, long length)
    {
        while (true)
        {
            var result = Checked(Libc.CopyFileRange(source, &sourceOffset, target, &targetOffset, (nuint)length, 0));
            if (result != -Errno.Interrupted)
                return result;
        }
    }

    public long SendFile(nint socket, SafeFileHandle file, long offset, int count)
    {
        while (true)
        {
            var result = Checked(Libc.SendFile(socket, file, &offset, (nuint)count));
            if (result != -Errno.Interrupted)
                return result;
        }
    }

    public int CloneRange(SafeFileHandle source, long sourceOffset, long length, SafeFileHandle target, long targetOffset)
    {
        var referenced = false;
        try
        {
            source.DangerousAddRef(ref referenced);
            var range = new Libc.CloneRange
            {
                SourceDescriptor = source.DangerousGetHandle(),
                SourceOffset = (ulong)sourceOffset,
                SourceLength = (ulong)length,
                TargetOffset = (ulong)targetOffset,
            };
            while (true)
            {
                var result = Checked(Libc.IoctlCloneRange(target, PosixFlags.CloneRangeRequest, &range));
                if (result != -Errno.Interrupted)
                    return result;
            }
        }
        finally
        {
            if (referenced)
                source.DangerousRelease();
        }
    }

    public int Stat(SafeFileHandle directory, string path, out Statx result) =>
        Checked(Libc.Statx(directory, path, path.Length == 0 ? Statx.EmptyPath : Statx.SymlinkNoFollow, Statx.BasicStats, out result));

    public int StatVfs(SafeFileHandle file, out StatVfs result)
    {
        while (true)
        {
            var answer = Checked(Libc.FStatVfs(file, out result));
            if (answer != -Errno.Interrupted)
                return answer;
        }
    }

    private static int Checked(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();

    private static long Checked(nint result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}
