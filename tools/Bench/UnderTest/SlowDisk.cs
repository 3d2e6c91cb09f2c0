using System.Diagnostics;
using ChunkUpload.FaultLab.Service;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>
/// An ext4 file system on a block device that needs some time for each flush, one at a time, like a cheap disk: memory behind NBD, nbdfuse
/// and a loop device. One connection and one thread serve it, so other requests wait for a flush as well.
/// </summary>
internal sealed class SlowDisk : IBlocks, IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly byte[] _bytes;
    private readonly string _folder;
    private readonly TimeSpan _flush;
    private readonly SemaphoreSlim _never = new(0);
    private NbdServer? _server;
    private Process? _fuse;
    private bool _mounted;
    private int _flushes;

    private SlowDisk(byte[] bytes, string folder, TimeSpan flush) => (_bytes, _folder, _flush) = (bytes, folder, flush);

    public string Path => System.IO.Path.Combine(_folder, "disk");

    public long Size => _bytes.Length;

    public int Flushes => Volatile.Read(ref _flushes);

    private string Mount => System.IO.Path.Combine(_folder, "fuse");

    public static async Task<SlowDisk> CreateAsync(string folder, int size, TimeSpan flush, CancellationToken cancellationToken)
    {
        _ = Directory.CreateDirectory(folder);
        var image = System.IO.Path.Combine(folder, "image");
        await using (var file = File.Create(image))
            file.SetLength(size);
        await RunAsync("mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", image);
        var disk = new SlowDisk(await File.ReadAllBytesAsync(image, cancellationToken), folder, flush);
        File.Delete(image);
        try
        {
            await disk.MountAsync(cancellationToken);
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    public bool Read(long offset, Span<byte> into)
    {
        _bytes.AsSpan((int)offset, into.Length).CopyTo(into);
        return true;
    }

    public bool Write(long offset, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan((int)offset));
        return true;
    }

    public bool Flush()
    {
        _ = Interlocked.Increment(ref _flushes);
        _ = _never.Wait(_flush);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_mounted)
            await RunAsync("umount", Path);
        // The loop device closes the file a moment after the unmount.
        while (_fuse is { HasExited: false })
        {
            using var unmount = Process.Start(new ProcessStartInfo("fusermount3", ["-u", Mount]) { RedirectStandardError = true })!;
            await unmount.WaitForExitAsync(CancellationToken.None);
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        _fuse?.Dispose();
        _server?.Dispose();
        _never.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task MountAsync(CancellationToken cancellationToken)
    {
        _ = Directory.CreateDirectory(Path);
        _ = Directory.CreateDirectory(Mount);
        var socket = System.IO.Path.Combine(_folder, "nbd.sock");
        _server = new NbdServer(this, socket);
        _ = _server.Start();
        _fuse = Process.Start(new ProcessStartInfo("nbdfuse", [System.IO.Path.Combine(Mount, "disk"), $"nbd+unix:///?socket={socket}"]))!;
        while (!File.Exists(System.IO.Path.Combine(Mount, "disk")))
        {
            if (_fuse.HasExited)
                throw new BenchException("nbdfuse ended: the slow disk cannot be made.");
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        await RunAsync("mount", "-o", "loop", System.IO.Path.Combine(Mount, "disk"), Path);
        _mounted = true;
        File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var error = await process.StandardError.ReadToEndAsync(CancellationToken.None);
            await process.WaitForExitAsync(CancellationToken.None);
            if (process.ExitCode != 0)
                throw new BenchException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new BenchException($"{program} is missing: {e.Message}");
        }
    }
}
