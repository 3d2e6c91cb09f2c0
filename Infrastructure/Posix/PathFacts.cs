using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>Whose a path is, what it is, and who may do what. A link is described itself, never followed.</summary>
internal readonly record struct PathFacts(uint User, uint Group, UnixFileMode Mode, bool IsDirectory, bool IsLink)
{
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStats = 0x7ff;
    private const int NoSuchEntry = 2;
    private const int NotADirectory = 20;
    private const int TypeMask = 0xf000;
    private const int TypeDirectory = 0x4000;
    private const int TypeLink = 0xa000;

    /// <summary>Null where nothing is.</summary>
    public static PathFacts? Of(string path)
    {
        if (Libc.Statx(CurrentDirectory, path, NoFollow, BasicStats, out var facts) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is NoSuchEntry or NotADirectory
                ? null
                : throw new IOException($"{path}: {new Win32Exception(error).Message}", error);
        }

        var type = facts.Mode & TypeMask;
        return new PathFacts(facts.User, facts.Group, (UnixFileMode)(facts.Mode & 0xfff), type == TypeDirectory, type == TypeLink);
    }
}
