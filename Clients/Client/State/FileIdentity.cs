using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

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
    private const uint WantsInode = 0x100;
    private const int Size = 256;
    private const int InodeAt = 32;
    private const int MajorAt = 136;
    private const int MinorAt = 140;

    /// <summary>Returns the identity of what is at a path, without following a link; <c>null</c> if the system does not tell.</summary>
    public static FileIdentity? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var found = new byte[Size];
        try
        {
            if (Statx(CurrentFolder, Encoding.UTF8.GetBytes(path + '\0'), NotFollowing, WantsInode, found) != 0)
                return null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }

        var device = ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(found.AsSpan(MajorAt)) << 32)
            | BinaryPrimitives.ReadUInt32LittleEndian(found.AsSpan(MinorAt));
        return new FileIdentity(device, BinaryPrimitives.ReadUInt64LittleEndian(found.AsSpan(InodeAt)));
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, [Out] byte[] result);
}
