using System.Text;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>
/// <c>operator.key</c> in the data directory, mode 0600. It is made beside its name, flushed, and renamed without replacing anything: after a
/// crash there is a whole key or none. The data directory is locked by then, so no second process makes another.
/// </summary>
internal sealed class OperatorKeyFile(DataOptions data) : IOperatorKeyFile
{
    private const int MostBytes = 4096;
    private const uint OwnerOnly = 0x180;      // 0600
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetFullPath(data.Directory), "operator.key");

    public string ReadOrCreate(string fresh)
    {
        try
        {
            if (Paths.Look(Path) is null)
                Make(fresh);
            return Read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The operator key's file cannot be used: {e.Message.TrimEnd('.')}; it must be a plain file that this user can read.", e);
        }
    }

    private void Make(string text)
    {
        var draft = $"{Path}.{Guid.NewGuid():N}";
        try
        {
            using (var file = Paths.Open(draft, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, OwnerOnly))
            {
                RandomAccess.Write(file, Encoding.ASCII.GetBytes(text + "\n"), 0);
                Paths.Flush(file, draft);
            }

            // Whoever was quicker has made a key just as good.
            if (!Paths.RenameNoReplace(draft, Path))
                File.Delete(draft);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }

        Paths.FlushDirectory(System.IO.Path.GetDirectoryName(Path)!);
    }

    private string Read()
    {
        using var file = Paths.Open(Path, OpenFlags.ReadOnly, 0);
        if ((File.GetUnixFileMode(file) & Others) != 0)
            throw new StartRefusedException($"{Path} can be read or written by other users: chmod 600 it, and make a new key (remove the file and start again) if somebody may have seen this one.");
        var bytes = new byte[MostBytes];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
    }
}
