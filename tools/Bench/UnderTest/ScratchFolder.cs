namespace ChunkUpload.Bench.UnderTest;

/// <summary>A fresh folder that is deleted at the end.</summary>
internal sealed class ScratchFolder : IDisposable
{
    // Other users may pass: the embedded database runs as another user than root and must reach its cluster inside.
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public ScratchFolder(BenchOptions options, long needed)
    {
        var free = new DriveInfo(options.Folder).AvailableFreeSpace;
        if (free < needed)
            throw new BenchException(
                $"{options.Folder} has {free >> 20} MiB free, this needs {needed >> 20}: choose another place with --folder.");
        Path = System.IO.Path.Combine(options.Folder, $"chunkupload-bench-{Guid.NewGuid():N}");
        _ = Directory.CreateDirectory(Path);
        File.SetUnixFileMode(Path, Passable);
    }

    public string Path { get; }

    public string Fresh(string name) => System.IO.Path.Combine(Path, $"{name}-{Guid.NewGuid():N}");

    /// <summary>Also deletes a cluster that the service had to create elsewhere; the link in the data directory points to it.</summary>
    public static void Remove(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        if (new DirectoryInfo(System.IO.Path.Combine(folder, "postgres")) is { Exists: true, LinkTarget: { } target })
            Directory.Delete(System.IO.Path.GetDirectoryName(target)!, recursive: true);
        Directory.Delete(folder, recursive: true);
    }

    public void Dispose()
    {
        foreach (var folder in Directory.GetDirectories(Path))
            Remove(folder);
        Directory.Delete(Path, recursive: true);
    }
}
