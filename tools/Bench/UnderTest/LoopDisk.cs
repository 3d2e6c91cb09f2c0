using System.Diagnostics;
using System.Globalization;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>
/// A fresh file system with a journal in a file, on a loop device that bypasses the page cache. Every server of a run has its data there: a
/// root file system without a journal creates files slowly after many deletions, which would affect only some servers.
/// </summary>
internal sealed class LoopDisk : IDisposable
{
    private readonly string _image;
    private readonly string _device;

    private LoopDisk(string image, string device, string path) => (_image, _device, Path) = (image, device, path);

    public string Path { get; }

    public string Device => _device;

    /// <param name="format">The program that creates the file system, and its arguments.</param>
    /// <exception cref="BenchException">The disk needs root and the programs of util-linux and e2fsprogs.</exception>
    public static LoopDisk Create(string folder, long bytes, string name, params string[] format)
    {
        var path = System.IO.Path.Combine(folder, $"chunkupload-{name}-{Environment.ProcessId}");
        var image = path + ".img";
        if (new DriveInfo(folder).AvailableFreeSpace < bytes)
            throw new BenchException($"{folder} has less than {bytes >> 30} GiB free: choose another place with --folder.");
        string? device = null;
        try
        {
            // Allocates the blocks before the measurement.
            _ = Run("fallocate", "-l", bytes.ToString(CultureInfo.InvariantCulture), image);
            _ = Run(format[0], [.. format[1..], image]);
            device = Run("losetup", "--find", "--show", "--direct-io=on", image).Trim();
            _ = Directory.CreateDirectory(path);
            _ = Run("mount", "-o", "noatime", device, path);
            // The embedded database runs as another user than root.
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            return new LoopDisk(image, device, path);
        }
        catch
        {
            if (device is not null)
                _ = TryRun("losetup", "--detach", device);
            if (Directory.Exists(path))
                Directory.Delete(path);
            File.Delete(image);
            throw;
        }
    }

    /// <summary>Writes out everything that an earlier run left.</summary>
    public void Settle() => Run("sync", "--file-system", Path);

    /// <summary>The number of flushes requested of the device (Documentation/block/stat, field 16).</summary>
    public long Flushes() => long.Parse(
        File.ReadAllText($"/sys/block/{System.IO.Path.GetFileName(_device)}/stat").Split(' ', StringSplitOptions.RemoveEmptyEntries)[15],
            CultureInfo.InvariantCulture);

    public void Dispose()
    {
        if (TryRun("umount", Path).Code != 0)
            _ = TryRun("umount", "--lazy", Path);
        _ = TryRun("losetup", "--detach", _device);
        Directory.Delete(Path);
        File.Delete(_image);
    }

    private static string Run(string program, params string[] arguments)
    {
        var (code, text) = TryRun(program, arguments);
        return code == 0 ? text : throw new BenchException($"{program} {string.Join(' ', arguments)} ended with {code}: {text.Trim()}");
    }

    private static (int Code, string Text) TryRun(string program, params string[] arguments)
    {
        try
        {
            using var process =
                Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, text + errors.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (127, e.Message);
        }
    }
}
