using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// The system calls on which durability hangs, as the kernel answers them: a count or zero, or the negated error number.
/// A seam so that a test can let any of them fail on one store; EINTR is repeated inside and never comes out.
/// </summary>
internal interface ISyscalls
{
    /// <summary>Null <paramref name="handle"/> when the result is negative.</summary>
    int OpenAt(SafeFileHandle directory, string path, int flags, uint mode, out SafeFileHandle? handle);

    long Pread(SafeFileHandle file, Span<byte> buffer, long offset);

    long Pwrite(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset);

    int Fsync(SafeFileHandle file);

    int Fdatasync(SafeFileHandle file);

    /// <summary>All of the file system that the handle lies on.</summary>
    int Syncfs(SafeFileHandle file);

    /// <summary>renameat2 with RENAME_NOREPLACE.</summary>
    int RenameNoReplace(SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to);

    int UnlinkAt(SafeFileHandle directory, string path);

    int MkdirAt(SafeFileHandle directory, string path, uint mode);

    /// <summary>fallocate with KEEP_SIZE (E7).</summary>
    int Preallocate(SafeFileHandle file, long offset, long length);

    /// <summary>To the length that the file has: frees the blocks behind it.</summary>
    int Ftruncate(SafeFileHandle file, long length);

    /// <summary>fcntl: whether what the descriptor reads and writes goes past the page cache from now on.</summary>
    int SetDirect(SafeFileHandle file, bool direct);

    int Fadvise(SafeFileHandle file, long offset, long length, int advice);

    /// <summary>cachestat: how many pages of a range the page cache has.</summary>
    long CachedPages(SafeFileHandle file, long offset, long length);

    long CopyFileRange(SafeFileHandle source, long sourceOffset, SafeFileHandle target, long targetOffset, long length);

    /// <summary>From the file to a connected socket that waits for nothing.</summary>
    long SendFile(nint socket, SafeFileHandle file, long offset, int count);

    int CloneRange(SafeFileHandle source, long sourceOffset, long length, SafeFileHandle target, long targetOffset);

    /// <summary>
    /// About a name in a directory, or about the handle itself when <paramref name="path"/> is empty; links are not followed.
    /// </summary>
    int Stat(SafeFileHandle directory, string path, out Statx result);

    int StatVfs(SafeFileHandle file, out StatVfs result);
}
