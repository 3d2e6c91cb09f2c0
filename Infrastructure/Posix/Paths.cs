using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// Durable name changes by absolute path, for the few files that the start creates. The store works on directory handles.
/// </summary>
internal static class Paths
{
    /// <summary>The base for relative paths in the "at" calls. Absolute paths ignore it.</summary>
    private static readonly SafeFileHandle NoDirectory = new(Libc.AtFdCwd, ownsHandle: false);

    /// <summary>Returns null if the name does not exist. Links are not followed.</summary>
    public static Statx? Look(string path)
    {
        var result = Syscalls.Real.Stat(NoDirectory, path, out var facts);
        return result switch
        {
            0 => facts,
            -Errno.NoEntry or -Errno.NotADirectory => null,
            _ => throw Failure(path, -result),
        };
    }

    /// <returns>False if the new name exists already.</returns>
    public static bool RenameNoReplace(string from, string to)
    {
        var result = Syscalls.Real.RenameNoReplace(NoDirectory, from, NoDirectory, to);
        return result switch
        {
            0 => true,
            -Errno.Exists => false,
            _ => throw Failure(to, -result),
        };
    }

    /// <summary>Replaces atomically: a concurrent reader finds the old file or the new one, complete.</summary>
    public static void RenameReplace(string from, string to)
    {
        if (Libc.RenameAt2(NoDirectory, from, NoDirectory, to, 0) != 0)
            throw Failure(to, Marshal.GetLastPInvokeError());
    }

    /// <summary>
    /// Copies a file with its time, and flushes the copy before it gets its name. The name is durable once its folder is flushed.
    /// </summary>
    public static void Copy(FileInfo from, string to)
    {
        var draft = to + ".copy";
        var written = from.LastWriteTimeUtc;
#pragma warning disable RS0030 // The copy is flushed below; the framework clones blocks where the file system can.
        File.Copy(from.FullName, draft, overwrite: true);
#pragma warning restore RS0030
        File.SetLastWriteTimeUtc(draft, written);
        using (var file = File.OpenHandle(draft, FileMode.Open, FileAccess.ReadWrite))
            Flush(file, draft);
        RenameReplace(draft, to);
    }

    public static void FlushDirectory(string path)
    {
        using var directory = Open(path, OpenFlags.ReadOnly | OpenFlags.Directory, 0);
        Flush(directory, path);
    }

    public static void Flush(SafeFileHandle file, string path)
    {
        var result = Syscalls.Real.Fsync(file);
        if (result != 0)
            throw Failure(path, -result);
    }

    public static SafeFileHandle Open(string path, int flags, uint mode)
    {
        var result = Syscalls.Real.OpenAt(NoDirectory, path, flags | OpenFlags.CloseOnExec | OpenFlags.NoFollow, mode, out var handle);
        return handle ?? throw Failure(path, -result);
    }

    public static IOException Failure(string path, int errno) => new($"{path}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
}
