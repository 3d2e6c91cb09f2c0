using System.ComponentModel;
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
    private const int ReadWrite = 0x2;
    private const int Create = 0x40;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;
    private const int LockExclusiveNow = 2 | 4;
    private const int WouldBlock = 11;
    private const int Interrupted = 4;

    // O_NOFOLLOW is one of the few flags that differ between the architectures.
    private static readonly int NoFollow = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    private readonly SafeFileHandle _file;

    private DataDirectoryLock(SafeFileHandle file) => _file = file;

    public static DataDirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, "lock");
        var descriptor = Libc.Open(path, ReadWrite | Create | CloseOnExec | NoFollow, OwnerOnly);
        if (descriptor < 0)
            throw Failure(path);

        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            while (Libc.Flock(descriptor, LockExclusiveNow) != 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Interrupted:
                        continue;
                    case WouldBlock:
                        throw new StartRefusedException($"Another ChunkUpload{Holder(file)} already uses the data directory {directory}: stop it, or choose another directory with Data:Directory.");
                    default:
                        throw Failure(path);
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

    public void Dispose() => _file.Dispose();

    private static string Holder(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[20];
        var length = RandomAccess.Read(file, text, 0);
        return int.TryParse(text[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var process) ? $" (pid {process})" : "";
    }

    private static IOException Failure(string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{path}: {new Win32Exception(error).Message}", error);
    }
}
