using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The lock file <c>lock</c> in the data directory. It uses flock, so that the kernel releases the lock however the process ends. The
/// descriptor is close-on-exec, so that the database's processes do not keep the lock when the service is killed (E2). Its text names the
/// holder: the process, and on a second line the address of a service that is ready.
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    public const string FileName = "lock";

    private const uint OwnerOnly = 0x180;

    // Longer than any process id with an address.
    private const int LongestText = 4096;

    private static readonly string OwnProcess = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private readonly SafeFileHandle _file;

    private DataDirectoryLock(SafeFileHandle file) => _file = file;

    /// <exception cref="StartRefusedException">Another process holds the lock.</exception>
    public static DataDirectoryLock Take(string directory)
    {
        if (TryTake(directory, out var holder) is { } taken)
            return taken;
        var process = holder.Process is { } id ? string.Create(CultureInfo.InvariantCulture, $" (pid {id})") : "";
        throw new StartRefusedException($"Another ChunkUpload{process} already uses the data directory {directory}: stop it, or choose "
            + $"another directory with Data:Directory.");
    }

    /// <summary>Null when another process holds the lock.</summary>
    public static DataDirectoryLock? TryTake(string directory, out LockHolder holder)
    {
        // A refused start removes the lock file that it created. A lock on a removed file excludes no other process, so try again with the
        // new file.
        while (true)
        {
            var taken = TryTakeFile(directory, out holder);
            if (taken is null || !taken.IsRemoved())
                return taken;
            taken.Dispose();
        }
    }

    private static DataDirectoryLock? TryTakeFile(string directory, out LockHolder holder)
    {
        var path = Path.Combine(directory, FileName);
        var file = Paths.Open(path, OpenFlags.ReadWrite | OpenFlags.Create, OwnerOnly);
        holder = default;
        try
        {
            while (Libc.Flock(file, PosixFlags.LockExclusive | PosixFlags.LockNonBlocking) != 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Errno.Interrupted:
                        continue;
                    case Errno.WouldBlock:
                        holder = HolderOf(file);
                        file.Dispose();
                        return null;
                    case var error:
                        throw Paths.Failure(path, error);
                }
            }

            RandomAccess.SetLength(file, 0);
            RandomAccess.Write(file, Encoding.UTF8.GetBytes(OwnProcess), 0);
            return new DataDirectoryLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds the address at which the holder serves.</summary>
    public void Name(string address) => RandomAccess.Write(_file, Encoding.UTF8.GetBytes($"{OwnProcess}\n{address}\n"), 0);

    public void Dispose()
    {
        if (!_file.IsClosed)
        {
            Forget();
            // A child process that is being started holds the descriptor too, until its exec. So unlock explicitly.
            _ = Libc.Flock(_file, PosixFlags.LockRelease);
        }

        _file.Dispose();
    }

    // Until the next holder has written its own text, another process would take that holder for this service.
    private void Forget()
    {
        try
        {
            RandomAccess.SetLength(_file, 0);
        }
        catch (IOException)
        {
            // Best effort: the lock must be released in any case.
        }
    }

    private bool IsRemoved()
    {
        var result = Syscalls.Real.Stat(_file, "", out var stat);
        return result == 0 ? stat.Links == 0 : throw Paths.Failure(FileName, -result);
    }

    private static LockHolder HolderOf(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[LongestText];
        var lines = Encoding.UTF8.GetString(text[..RandomAccess.Read(file, text, 0)]).Split('\n');
        return new LockHolder(
            int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var process) ? process : null,
            lines.Length > 2 ? lines[1] : null);
    }
}

/// <param name="Process">Null while the holder has not written it yet.</param>
/// <param name="Address">Null if the holder is no service or is not ready yet.</param>
internal readonly record struct LockHolder(int? Process, string? Address);
