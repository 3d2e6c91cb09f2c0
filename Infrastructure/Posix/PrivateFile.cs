using System.Text;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// A small text that only this user may read, mode 0600. It is made beside its name, flushed, and renamed: after a crash there is a whole
/// file or none.
/// </summary>
internal static class PrivateFile
{
    private const int MostBytes = 16 << 10;
    private const uint OwnerOnly = 0x180;      // 0600
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Whoever was quicker has made one just as good: it is never replaced.</summary>
    public static void Make(string path, string text)
    {
        var draft = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (var file = Paths.Open(draft, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, OwnerOnly))
            {
                RandomAccess.Write(file, Encoding.ASCII.GetBytes(text), 0);
                Paths.Flush(file, draft);
            }

            if (!Paths.RenameNoReplace(draft, path))
                File.Delete(draft);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }

        Paths.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    /// <param name="remedy">What else is to be done when others can read it.</param>
    public static string Read(string path, string remedy)
    {
        using var file = Paths.Open(path, OpenFlags.ReadOnly, 0);
        if ((File.GetUnixFileMode(file) & Others) != 0)
            throw new StartRefusedException($"{path} can be read or written by other users: chmod 600 it, and {remedy}.");
        var bytes = new byte[MostBytes];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
    }
}
