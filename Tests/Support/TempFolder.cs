namespace ChunkUpload.Tests.Support;

/// <summary>A fresh folder that is removed with everything in it.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("chunkupload-tests-").FullName;

    /// <summary>Lets PostgreSQL's user pass through when the tests run as root.</summary>
    public TempFolder Passable()
    {
        RunFolder.MakePassable(Path);
        return this;
    }

    public string this[params string[] names] => System.IO.Path.Combine([Path, .. names]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
