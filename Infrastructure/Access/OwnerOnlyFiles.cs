using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Owner-only files in the data directory, which is locked before they are used.</summary>
internal sealed class OwnerOnlyFiles(DataOptions data) : IOwnerOnlyFiles
{
    public string PathOf(string name) => Path.Combine(Path.GetFullPath(data.Directory), name);

    public string? Read(string name, string remedy) =>
        Do(name, path => Paths.Look(path) is null ? null : PrivateFile.Read(path, remedy));

    public void Replace(string name, string text) => Do<string?>(name, path =>
    {
        File.Delete(path);
        PrivateFile.Make(path, text);
        return null;
    });

    private T Do<T>(string name, Func<string, T> work)
    {
        try
        {
            return work(PathOf(name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                $"The file {name} cannot be used: {e.Message.TrimEnd('.')}; it must be a plain file that this user can read.", e);
        }
    }
}
