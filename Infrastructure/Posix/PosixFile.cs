using ChunkUpload.Core.Storage;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// System calls that return or throw a <see cref="StoreException"/>. The exception's HResult is the error number, as in .NET's own
/// IOException. Names are relative, so that no message reveals where the store lies.
/// </summary>
internal static class PosixFile
{
    public const uint OwnerFile = 0x180;       // 0600
    public const uint OwnerDirectory = 0x1c0;  // 0700

    /// <param name="result">A negated error number.</param>
    public static StoreException Failure(long result, string doing, string name)
    {
        var errno = (int)-result;
        var error = errno switch
        {
            Errno.NoSpace or Errno.Quota => StoreError.NoSpace,
            Errno.NoEntry => StoreError.Missing,
            Errno.TooManyOpen or Errno.TooManyOpenInAll or Errno.NoMemory => StoreError.Exhausted,
            _ => StoreError.Io,
        };
        return new StoreException(error, $"{doing} {name} failed: {Errno.Text(errno)}.") { HResult = errno };
    }

    public static SafeFileHandle OpenAt(ISyscalls calls, SafeFileHandle directory, string path, int flags, string name, uint mode = 0) =>
        TryOpenAt(calls, directory, path, flags, name, mode) ?? throw Failure(-Errno.NoEntry, "Opening", name);

    /// <summary>
    /// Returns null if the file does not exist. Links are never followed, and no child process inherits the descriptor (E2).
    /// </summary>
    public static SafeFileHandle? TryOpenAt(ISyscalls calls, SafeFileHandle directory, string path, int flags, string name, uint mode = 0)
    {
        var result = calls.OpenAt(directory, path, flags | OpenFlags.NoFollow | OpenFlags.CloseOnExec, mode, out var handle);
        if (result >= 0)
            return handle!;
        return result == -Errno.NoEntry ? null : throw Failure(result, "Opening", name);
    }

    public static void WriteAll(ISyscalls calls, SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset, string name)
    {
        while (!bytes.IsEmpty)
        {
            var written = calls.Pwrite(file, bytes, offset);
            // A write that returns 0 would make this loop endless.
            if (written <= 0)
                throw Failure(written == 0 ? -Errno.InputOutput : written, "Writing", name);
            bytes = bytes[(int)written..];
            offset += written;
        }
    }

    /// <summary>Fills the buffer; reads less only at the end of the file.</summary>
    public static int ReadFull(ISyscalls calls, SafeFileHandle file, Span<byte> buffer, long offset, string name)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var read = calls.Pread(file, buffer[total..], offset + total);
            if (read < 0)
                throw Failure(read, "Reading", name);
            if (read == 0)
                break;
            total += (int)read;
        }

        return total;
    }

    /// <summary>
    /// Throws FlushFailed for any error number: after a failed flush, all bytes written since the last one may be lost (E5).
    /// </summary>
    public static void ThrowIfFlushFailed(int result, string name)
    {
        if (result < 0)
            throw new StoreException(StoreError.FlushFailed, $"Flushing {name} failed: {Errno.Text(-result)}.") { HResult = -result };
    }

    public static void Rename(
        ISyscalls calls, SafeFileHandle fromDirectory, string from, SafeFileHandle toDirectory, string to, string name)
    {
        var result = calls.RenameNoReplace(fromDirectory, from, toDirectory, to);
        if (result < 0)
            throw Failure(result, "Renaming", name);
    }

    /// <returns>False if the file did not exist.</returns>
    public static bool Unlink(ISyscalls calls, SafeFileHandle directory, string path, string name)
    {
        var result = calls.UnlinkAt(directory, path);
        if (result >= 0)
            return true;
        return result == -Errno.NoEntry ? false : throw Failure(result, "Removing", name);
    }

    public static Statx Stat(ISyscalls calls, SafeFileHandle handle, string name)
    {
        var result = calls.Stat(handle, "", out var stat);
        return result < 0 ? throw Failure(result, "Asking about", name) : stat;
    }

    /// <summary>Returns whether the next write would most likely fail too after this error.</summary>
    public static bool IsDeviceError(int errno) => errno is Errno.InputOutput or Errno.NoSuchDeviceAddress or Errno.NoDevice
        or Errno.ReadOnlyFileSystem or Errno.Shutdown or Errno.StructureNeedsCleaning;
}
