using System.Runtime.InteropServices;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>The error numbers of Linux that the service tells apart.</summary>
internal static class Errno
{
    public const int NotPermitted = 1;         // EPERM
    public const int NoEntry = 2;              // ENOENT
    public const int NoSuchProcess = 3;        // ESRCH
    public const int Interrupted = 4;          // EINTR
    public const int InputOutput = 5;          // EIO
    public const int NoSuchDeviceAddress = 6;  // ENXIO
    public const int WouldBlock = 11;          // EAGAIN
    public const int NoMemory = 12;            // ENOMEM
    public const int Access = 13;              // EACCES
    public const int Exists = 17;              // EEXIST
    public const int CrossDevice = 18;         // EXDEV
    public const int NoDevice = 19;            // ENODEV
    public const int NotADirectory = 20;       // ENOTDIR
    public const int Invalid = 22;             // EINVAL
    public const int TooManyOpenInAll = 23;    // ENFILE
    public const int TooManyOpen = 24;         // EMFILE
    public const int NotATerminal = 25;        // ENOTTY
    public const int NoSpace = 28;             // ENOSPC
    public const int ReadOnlyFileSystem = 30;  // EROFS
    public const int NameTooLong = 36;         // ENAMETOOLONG
    public const int NoSuchCall = 38;          // ENOSYS
    public const int NotEmpty = 39;            // ENOTEMPTY
    public const int Loop = 40;                // ELOOP
    public const int NotSupported = 95;        // EOPNOTSUPP
    public const int Shutdown = 108;           // ESHUTDOWN
    public const int StructureNeedsCleaning = 117; // EUCLEAN
    public const int Quota = 122;              // EDQUOT

    /// <summary>The text for a message: the system's description and the number.</summary>
    public static string Text(int errno) => $"{Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
}
