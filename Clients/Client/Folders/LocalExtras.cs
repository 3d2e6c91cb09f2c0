using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using ChunkUpload.Client.State;

namespace ChunkUpload.Client.Folders;

/// <summary>What a local file or folder has for which a tree of the service has no place. Only Linux tells all of it.</summary>
/// <param name="HasOtherNames">The file has other names (hard links).</param>
/// <param name="IsSparse">Parts of the file take no room on the disk.</param>
/// <param name="HasAttributes">It has extended attributes or an access control list.</param>
/// <param name="HasSpecialMode">Its mode has setuid, setgid or, of a file, the sticky bit.</param>
internal readonly record struct LocalExtras(bool HasOtherNames, bool IsSparse, bool HasAttributes, bool HasSpecialMode)
{
    // STATX_MODE, STATX_NLINK, STATX_SIZE and STATX_BLOCKS.
    private const uint Wanted = 0x606;
    private const int AttributesAt = 8;
    private const int LinksAt = 16;
    private const int ModeAt = 28;
    private const int SizeAt = 40;
    private const int BlocksAt = 48;
    private const int Block = 512;
    private const ulong Compressed = 4;
    private const int SetUserOrGroup = 0xC00;
    private const int SetUserGroupOrSticky = 0xE00;
    private const int MostAttributeNames = 64 << 10;

    // Less is the rounding of a file system.
    private const long LeastHole = 64 << 10;

    // Attributes that a system sets on every file are ignored.
    private static readonly string[] OfPeople = ["user.", "system.posix_acl", "security.capability"];

    public static LocalExtras Of(string path, bool isFile)
    {
        if (FileIdentity.Stat(path, Wanted) is not { } found)
        {
            return OperatingSystem.IsWindows()
                ? default
                : new LocalExtras(false, false, false, ((int)File.GetUnixFileMode(path) & SetUserOrGroup) != 0);
        }

        var mode = BinaryPrimitives.ReadUInt16LittleEndian(found.AsSpan(ModeAt));
        var hole = BinaryPrimitives.ReadInt64LittleEndian(found.AsSpan(SizeAt))
            - (BinaryPrimitives.ReadInt64LittleEndian(found.AsSpan(BlocksAt)) * Block);
        var isCompressed = (BinaryPrimitives.ReadUInt64LittleEndian(found.AsSpan(AttributesAt)) & Compressed) != 0;
        return new LocalExtras(
            isFile && BinaryPrimitives.ReadUInt32LittleEndian(found.AsSpan(LinksAt)) > 1,
            isFile && hole >= LeastHole && !isCompressed,
            NamesOf(path),
            (mode & (isFile ? SetUserGroupOrSticky : SetUserOrGroup)) != 0);
    }

    private static bool NamesOf(string path)
    {
        var name = Encoding.UTF8.GetBytes(path + '\0');
        try
        {
            if (List(name, null, 0) <= 0)
                return false;
            var names = new byte[MostAttributeNames];
            var length = (int)List(name, names, names.Length);
            // More than fit are certainly not those of the system.
            return length < 0 || Encoding.UTF8.GetString(names, 0, length).Split('\0')
                .Any(one => OfPeople.Any(start => one.StartsWith(start, StringComparison.Ordinal)));
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "llistxattr")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint List(byte[] path, [Out] byte[]? names, nint size);
}

/// <summary>Counts what a tree of the service has no place for, so that none of it is lost without a word.</summary>
internal sealed class NotKept
{
    private readonly Lock _gate = new();
    private int _otherNames, _sparse, _attributes, _modes, _parts;

    public void Add(LocalExtras extras)
    {
        lock (_gate)
        {
            _otherNames += extras.HasOtherNames ? 1 : 0;
            _sparse += extras.IsSparse ? 1 : 0;
            _attributes += extras.HasAttributes ? 1 : 0;
            _modes += extras.HasSpecialMode ? 1 : 0;
        }
    }

    public void AddParts(int parts)
    {
        lock (_gate)
            _parts += parts;
    }

    /// <summary>A phrase for each kind that was found.</summary>
    public IReadOnlyList<string> Phrases
    {
        get
        {
            lock (_gate)
            {
                return
                [
                    .. Phrase(_otherNames, "hard link", "hard links", "each name is a file of its own there"),
                    .. Phrase(_sparse, "sparse file", "sparse files", "the holes are zeros there"),
                    .. Phrase(_attributes, "entry with extended attributes", "entries with extended attributes", null),
                    .. Phrase(_modes, "entry with setuid, setgid or sticky", "entries with setuid, setgid or sticky", null),
                    .. Phrase(_parts, "part of an unfinished download", "parts of unfinished downloads", "left out"),
                ];
            }
        }
    }

    private static IEnumerable<string> Phrase(int count, string one, string several, string? how)
    {
        if (count > 0)
            yield return $"{count} {(count == 1 ? one : several)}{(how is null ? "" : $" ({how})")}";
    }
}
