using System.Runtime.InteropServices;
using ChunkUpload.Client;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Opens files below a folder on Windows, which has no openat: the file is opened, and then the system is asked where the open file really
/// lies. A link or a junction on the way, also one that appears meanwhile, leads to another place than the one below the root.
/// </summary>
internal static class WindowsPaths
{
    private const uint ReadAttributes = 0x80;
    private const uint ReadContent = 0x80000000;
    private const uint ShareAll = 7;
    private const uint OpenExisting = 3;
    private const uint Folders = 0x02000000;
    private const uint OverlappedReads = 0x40000000;

    // A link is opened itself, and not what it leads to.
    private const uint OpenLink = 0x00200000;
    private const int MostLetters = 32_768;
    private const int FileNotFound = 2;
    private const int PathNotFound = 3;
    private const int InvalidName = 123;

    public static SafeFileHandle Open(string root, string[] names)
    {
        // The prefix turns off what Windows does to names, such as devices and dots at the end.
        var full = root.StartsWith(@"\\", StringComparison.Ordinal) ? root : @"\\?\" + root;
        using var folder = Checked(CreateFile(full, ReadAttributes, ShareAll, 0, OpenExisting, Folders | OpenLink, 0));
        var path = Path.TrimEndingDirectorySeparator(full) + '\\' + string.Join('\\', names);
        var file = Checked(CreateFile(path, ReadContent, ShareAll, 0, OpenExisting, OverlappedReads | OpenLink, 0));
        if ((File.GetAttributes(file) & FileAttributes.ReparsePoint) == 0
            && Place(file) == Path.TrimEndingDirectorySeparator(Place(folder)) + '\\' + string.Join('\\', names))
            return file;
        file.Dispose();
        throw RootedFile.Changed();
    }

    private static SafeFileHandle Checked(SafeFileHandle handle)
    {
        if (!handle.IsInvalid)
            return handle;
        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw error is FileNotFound or PathNotFound or InvalidName
            ? RootedFile.Changed()
            : TransferException.Local($"The file cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    private static string Place(SafeFileHandle handle)
    {
        var letters = new char[MostLetters];
        var length = GetFinalPathName(handle, letters, (uint)letters.Length, 0);
        return length is > 0 and < MostLetters
            ? new string(letters, 0, (int)length)
            : throw TransferException.Local($"The place of the file is not known: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [DllImport("kernel32.dll", EntryPoint = "CreateFileW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern SafeFileHandle CreateFile(
        string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [DllImport("kernel32.dll", EntryPoint = "GetFinalPathNameByHandleW", CharSet = CharSet.Unicode, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern uint GetFinalPathName(SafeFileHandle file, [Out] char[] path, uint length, uint flags);
}
