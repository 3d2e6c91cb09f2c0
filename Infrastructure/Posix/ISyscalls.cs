using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// The system calls that durability depends on. They return a count or zero, or the negated error number. Tests replace them to make any
/// call fail on one store. EINTR is retried inside and never returned.
/// </summary>
internal interface ISyscalls
{
    /// <summary>Null <paramref name="handle"/> when the result is negative.</summary>
    int OpenAt(SafeFileHandle directory, string path, int flags, uint mode, out SafeFileHandle? handle);

    long Pread(SafeFileHandle file, Span<byte> buffer, long offset);

    long Pwrite(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset);

    int Fsync(SafeFileHandle file);

    int Fdatasync(SafeFileHandle file);

    /// <summary>syncfs: flushes the whole file system of the handle.</summary>
    int Syncfs(SafeFileHandle file);

    /// <summary>renameat2 with RENAME_NOREPLACE.</summary>
    int RenameNoReplace(SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to);

    int UnlinkAt(SafeFileHandle directory, string path);

    int MkdirAt(SafeFileHandle directory, string path, uint mode);

    /// <summary>fallocate with KEEP_SIZE (E7).</summary>
    int Preallocate(SafeFileHandle file, long offset, long length);

    /// <summary>ftruncate. Called with the file's own length, it frees the blocks behind the end.</summary>
    int Ftruncate(SafeFileHandle file, long length);

    /// <summary>fcntl: sets or clears O_DIRECT on the descriptor.</summary>
    int SetDirect(SafeFileHandle file, bool direct);

    int Fadvise(SafeFileHandle file, long offset, long length, int advice);

    /// <summary>cachestat: how many pages of a range are in the page cache.</summary>
    long CachedPages(SafeFileHandle file, long offset, long length);

    long CopyFileRange(SafeFileHandle source, long sourceOffset, SafeFileHandle target, long targetOffset, long length);

    /// <summary>sendfile: from the file to a connected, non-blocking socket.</summary>
    long SendFile(nint socket, SafeFileHandle file, long offset, int count);

    int CloneRange(SafeFileHandle source, long sourceOffset, long length, SafeFileHandle target, long targetOffset);

    /// <summary>
    /// statx of a name in a directory, or of the handle itself if <paramref name="path"/> is empty. Links are not followed.
    /// </summary>
    int Stat(SafeFileHandle directory, string path, out Statx result);

    int StatVfs(SafeFileHandle file, out StatVfs result);
}
