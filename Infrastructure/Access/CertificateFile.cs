using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Access;

/// <summary><c>tls.pem</c> in the data directory, which is locked by then.</summary>
internal sealed class CertificateFile(DataOptions data) : ICertificateFile
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetFullPath(data.Directory), ICertificateFile.Name);

    public string? Read() => Do(() => Paths.Look(Path) is null ? null : PrivateFile.Read(Path, "remove it if somebody may have seen it: the next start makes another"));

    public void Replace(string pem) => Do<string?>(() =>
    {
        File.Delete(Path);
        PrivateFile.Make(Path, pem);
        return null;
    });

    private static T Do<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The certificate's file cannot be used: {e.Message.TrimEnd('.')}; it must be a plain file that this user can read.", e);
        }
    }
}
