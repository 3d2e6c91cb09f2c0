using System.Text;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Posix;

/// <summary>
/// A small text file that only this user may read, mode 0600. It is written under a temporary name, flushed, and renamed: after a crash
/// there is a complete file or none.
/// </summary>
internal static class PrivateFile
{
    private const int MostBytes = 16 << 10;
    private const uint OwnerOnly = 0x180;      // 0600
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Creates the file. An existing file is never replaced: another process may have created it meanwhile.</summary>
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

    /// <param name="remedy">Tells the operator what else to do if others can read the file.</param>
    public static string Read(string path, string remedy)
    {
        using var file = Paths.Open(path, OpenFlags.ReadOnly, 0);
        if ((File.GetUnixFileMode(file) & Others) != 0)
            throw new StartRefusedException($"{path} can be read or written by other users: chmod 600 it, and {remedy}.");
        var bytes = new byte[MostBytes];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
    }
}
