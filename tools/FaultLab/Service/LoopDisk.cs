using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>A small ext4 of its own in a file, mounted through a loop device.</summary>
internal sealed class LoopDisk
{
    private readonly string _ballast;

    private LoopDisk(string path) => (Path, _ballast) = (path, System.IO.Path.Combine(path, "ballast"));

    public string Path { get; }

    /// <summary>For whoever is not root: ext4 keeps nothing back here.</summary>
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

    /// <summary>Takes up all but so many bytes.</summary>
    public async Task FillAsync(long leave, CancellationToken cancellationToken)
    {
        // What others write meanwhile may make it fail; then a little less is asked for.
        for (var take = FreeBytes - leave; take > 0; take -= 64 << 10)
        {
            if ((await Shell.TryAsync("fallocate", ["-l", $"{take}", _ballast], cancellationToken)).Code == 0)
                return;
        }
    }

    /// <summary>Takes up all inodes but so many.</summary>
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
