using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>
/// The operator's key, <c>operator.key</c> in the data directory. The directory is locked before, so no second process creates another key.
/// </summary>
internal sealed class OperatorKeyFile(DataOptions data) : IOperatorKeyFile
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetFullPath(data.Directory), "operator.key");

    public string ReadOrCreate(string fresh)
    {
        try
        {
            if (Paths.Look(Path) is null)
                PrivateFile.Make(Path, fresh + "\n");
            return PrivateFile.Read(Path, "if another user may have read it, remove it and start again for a new key");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                $"The operator key's file cannot be used: {e.Message.TrimEnd('.')}; it must be a plain file that this user can read.", e);
        }
    }
}
