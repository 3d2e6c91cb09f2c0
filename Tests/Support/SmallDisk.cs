namespace ChunkUpload.Tests.Support;

/// <summary>A small file system in memory, which only root may mount.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    public static async Task<SmallDisk> MountAsync(string path, string size)
    {
        _ = Directory.CreateDirectory(path);
        _ = await Tool.RunAsync("/", "mount", "-t", "tmpfs", "-o", $"size={size}", "chunkupload-tests", path);
        return new SmallDisk(path);
    }

    public void Fill()
    {
        using var file = File.OpenHandle(Ballast, FileMode.Create, FileAccess.Write);
        var block = new byte[64 << 10];
        try
        {
            for (long at = 0; ; at += block.Length)
                RandomAccess.Write(file, block, at);
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    public void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync() => await Tool.RunAsync("/", "umount", "-l", Path);
}
