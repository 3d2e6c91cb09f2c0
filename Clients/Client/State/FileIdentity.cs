using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Client.State;

/// <summary>
/// The identity of a file or folder below its name, which survives a rename: the device and the inode. .NET does not expose it, so Linux is
/// asked by <c>statx</c>; on other systems it is unknown, and a rename there looks like a removal and an addition.
/// </summary>
/// <param name="Device">The device that holds the file.</param>
/// <param name="Inode">The file's number on the device.</param>
internal readonly record struct FileIdentity(ulong Device, ulong Inode)
{
    private const int CurrentFolder = -100;
    private const int NotFollowing = 0x100;
    private const int OfHandle = 0x1000;
    private const uint WantsTypeAndInode = 0x101;
    private const int Size = 256;
    private const int ModeAt = 28;
    private const int TypeBits = 0xF000;
    private const int RegularFile = 0x8000;
    private const int InodeAt = 32;
    private const int MajorAt = 136;
    private const int MinorAt = 140;

    /// <summary>Returns the identity of what is at a path, without following a link; <c>null</c> if it is unknown.</summary>
    public static FileIdentity? Of(string path) => Ask(null, path, NotFollowing)?.Identity;

    /// <summary>Returns the identity of an open file; <c>null</c> if the system does not report it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isRegular">Whether it is a file, and not a folder, a pipe or a device; true if the system does not report it.</param>
    public static FileIdentity? Of(SafeFileHandle file, out bool isRegular)
    {
        var found = Ask(file, "", OfHandle);
        isRegular = found?.IsRegular ?? true;
        return found?.Identity;
    }

    /// <summary>Returns what the system knows of what is at a path, in the layout of <c>statx</c>, without following a link.</summary>
    /// <returns>Null if the system does not report it.</returns>
    internal static byte[]? Stat(string path, uint wanted)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            var found = new byte[Size];
            return Statx(CurrentFolder, Encoding.UTF8.GetBytes(path + '\0'), NotFollowing, wanted, found) == 0 ? found : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static (FileIdentity Identity, bool IsRegular)? Ask(SafeFileHandle? file, string path, int flags)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var found = new byte[Size];
        var isHeld = false;
        try
        {
            file?.DangerousAddRef(ref isHeld);
            var folder = file is null ? CurrentFolder : (int)file.DangerousGetHandle();
            if (Statx(folder, Encoding.UTF8.GetBytes(path + '\0'), flags, WantsTypeAndInode, found) != 0)
                return null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
        finally
        {
            if (isHeld)
                file!.DangerousRelease();
        }

        var device = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(found.AsSpan(MajorAt)) << 32)
            | BinaryPrimitives.ReadUInt32LittleEndian(found.AsSpan(MinorAt));
        var type = BinaryPrimitives.ReadUInt16LittleEndian(found.AsSpan(ModeAt)) & TypeBits;
        return (new FileIdentity(device, BinaryPrimitives.ReadUInt64LittleEndian(found.AsSpan(InodeAt))), type == RegularFile);
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, [Out] byte[] result);
}
