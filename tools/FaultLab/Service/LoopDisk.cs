using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>A small ext4 file system in a file, mounted through a loop device.</summary>
internal sealed class LoopDisk
{
    private readonly string _ballast;

    private LoopDisk(string path) => (Path, _ballast) = (path, System.IO.Path.Combine(path, "ballast"));

    public string Path { get; }

    /// <summary>The space for users other than root; ext4 has no reserve here.</summary>
    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    public static async Task<LoopDisk> CreateAsync(
        LabRun run, string name, long bytes, CancellationToken cancellationToken, params string[] format)
    {
        var image = run.Place(name + ".img");
        _ = await Shell.RunAsync("truncate", ["-s", $"{bytes}", image], cancellationToken);
        _ = await Shell.RunAsync("mkfs.ext4", ["-q", "-m", "0", .. format, image], cancellationToken);
        var folder = run.MakeFolder(name);
        _ = await Shell.RunAsync("mount", ["-o", "loop", image, folder], cancellationToken);
        run.Later(() => Shell.RunAsync("umount", [folder], CancellationToken.None));
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return new LoopDisk(folder);
    }

    /// <summary>Fills all but this number of bytes.</summary>
    public async Task FillAsync(long leave, CancellationToken cancellationToken)
    {
        // Concurrent writes may make it fail; then try a little less.
        for (var take = FreeBytes - leave; take > 0; take -= 64 << 10)
        {
            if ((await Shell.TryAsync("fallocate", ["-l", $"{take}", _ballast], cancellationToken)).Code == 0)
                return;
        }
    }

    /// <summary>Uses all but this number of inodes.</summary>
    public void FillInodes(int leave)
    {
        _ = Directory.CreateDirectory(_ballast);
        var made = new List<string>();
        try
        {
            while (true)
            {
                var file = System.IO.Path.Combine(_ballast, $"{made.Count}");
                File.WriteAllBytes(file, []);
                made.Add(file);
            }
        }
        catch (IOException)
        {
            foreach (var file in made.TakeLast(leave))
                File.Delete(file);
        }
    }

    public void Free()
    {
        if (File.Exists(_ballast))
            File.Delete(_ballast);
        if (Directory.Exists(_ballast))
            Directory.Delete(_ballast, recursive: true);
    }
}
