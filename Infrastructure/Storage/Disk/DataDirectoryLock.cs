using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// <c>lock</c> in the data directory: flock, so that the kernel lets go of it however the process ends, and close-on-exec, so that
/// the database's processes do not keep it when the service is killed (E2).
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    public const string FileName = "lock";

    private const uint OwnerOnly = 0x180;

    private readonly SafeFileHandle _file;

    private DataDirectoryLock(SafeFileHandle file) => _file = file;

    /// <exception cref="StartRefusedException">Another process has it.</exception>
    public static DataDirectoryLock Take(string directory) => TryTake(directory, out var holder)
        ?? throw new StartRefusedException($"Another ChunkUpload{holder} already uses the data directory {directory}: stop it, or choose "
            + $"another directory with Data:Directory.");

    /// <summary>Null when another process has it.</summary>
    public static DataDirectoryLock? TryTake(string directory, out string holder)
    {
        // A refused start removes the lock file that it made: a lock on a removed file keeps nobody out, so take the new file's.
        while (true)
        {
            var taken = TryTakeFile(directory, out holder);
            if (taken is null || !taken.IsRemoved())
                return taken;
            taken.Dispose();
        }
    }

    private static DataDirectoryLock? TryTakeFile(string directory, out string holder)
    {
        var path = Path.Combine(directory, FileName);
        var file = Paths.Open(path, OpenFlags.ReadWrite | OpenFlags.Create, OwnerOnly);
        holder = "";
        try
        {
            while (Libc.Flock(file, PosixFlags.LockExclusive | PosixFlags.LockNonBlocking) != 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Errno.Interrupted:
                        continue;
                    case Errno.WouldBlock:
                        holder = Holder(file);
                        file.Dispose();
                        return null;
                    case var error:
                        throw Paths.Failure(path, error);
                }
            }

            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), 0);
            return new DataDirectoryLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // A process that is being started at this moment holds the descriptor too, until it has become its program.
        if (!_file.IsClosed)
            _ = Libc.Flock(_file, PosixFlags.LockRelease);
        _file.Dispose();
    }

    private bool IsRemoved()
    {
        var result = Syscalls.Real.Stat(_file, "", out var facts);
        return result == 0 ? facts.Links == 0 : throw Paths.Failure(FileName, -result);
    }

    private static string Holder(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[20];
        var length = RandomAccess.Read(file, text, 0);
        return int.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var process) ? $" (pid {process})" : "";
    }
}
