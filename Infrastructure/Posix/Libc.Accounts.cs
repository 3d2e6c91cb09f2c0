using System.Runtime.InteropServices;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>The calls for users, owners and signals, which the embedded PostgreSQL needs.</summary>
internal static partial class Libc
{
    internal const int SignalInterrupt = 2;
    internal const int SignalQuit = 3;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint Geteuid();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Lchown(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "getpwnam", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static unsafe partial Passwd* Getpwnam(string name);

    [LibraryImport("libc", EntryPoint = "getpwuid", SetLastError = true)]
    internal static unsafe partial Passwd* Getpwuid(uint user);

    /// <returns>A string that the caller frees.</returns>
    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint Realpath(string path, nint buffer);

    /// <summary>The first members of struct passwd, which are the same on glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Passwd
    {
        public nint Name;
        public nint Password;
        public uint User;
        public uint Group;
    }
}
