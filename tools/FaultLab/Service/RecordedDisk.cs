using System.Diagnostics;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>A write, or a flush if it has no bytes, and its time.</summary>
internal readonly record struct BlockEvent(long At, long Offset, byte[]? Bytes);

/// <summary>
/// An ext4 file system on a block device of the lab (NBD, nbdfuse, loop device). It records every write and flush, so that the lab can show
/// the disk as a power loss at any moment would have left it. It can also fail like a broken disk.
/// </summary>
internal sealed class RecordedDisk : IBlocks, IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly LabRun _run;
    private readonly byte[] _bytes;
    private readonly List<BlockEvent> _events = [];
    private readonly Lock _gate = new();
    private readonly string _fuse;
    private NbdServer? _server;
    private Process? _nbdfuse;
    private bool _mounted;

    private RecordedDisk(LabRun run, string name, byte[] bytes)
    {
        (_run, _bytes, Base) = (run, bytes, [.. bytes]);
        (Path, _fuse) = (run.MakeFolder(name), run.MakeFolder(name + "-fuse"));
    }

    /// <summary>Where the file system is mounted.</summary>
    public string Path { get; }

    /// <summary>The device before the first recorded event.</summary>
    public byte[] Base { get; }

    public long Size => _bytes.Length;

    /// <summary>While set, every write and flush is an I/O error; reads still work.</summary>
    public bool Fails { get; set; }

    /// <summary>How many requests have failed.</summary>
    public int Failed { get; private set; }

    public IReadOnlyList<BlockEvent> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    public static async Task<RecordedDisk> CreateAsync(LabRun run, string name, long size, CancellationToken cancellationToken)
    {
        var image = run.Place(name + ".img");
        _ = await Shell.RunAsync("truncate", ["-s", $"{size}", image], cancellationToken);
        _ = await Shell.RunAsync(
            "mkfs.ext4", ["-q", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", image], cancellationToken);
        var disk = new RecordedDisk(run, name, await File.ReadAllBytesAsync(image, cancellationToken));
        File.Delete(image);
        run.Later(() => disk.DisposeAsync().AsTask());
        await disk.MountAsync(cancellationToken);
        return disk;
    }

    /// <summary>Records an existing disk from now on.</summary>
    public static async Task<RecordedDisk> OfAsync(LabRun run, string name, byte[] bytes, CancellationToken cancellationToken)
    {
        var disk = new RecordedDisk(run, name, [.. bytes]);
        run.Later(() => disk.DisposeAsync().AsTask());
        await disk.MountAsync(cancellationToken);
        return disk;
    }

    public async Task MountAsync(CancellationToken cancellationToken)
    {
        var socket = System.IO.Path.Combine(_fuse + $"-{_events.Count}.sock");
        _server = new NbdServer(this, socket);
        _ = _server.Start();
        _nbdfuse = Shell.Begin("nbdfuse", [System.IO.Path.Combine(_fuse, "disk"), $"nbd+unix:///?socket={socket}"]);
        var device = System.IO.Path.Combine(_fuse, "disk");
        while (!File.Exists(device))
        {
            if (_nbdfuse.HasExited)
                throw new LabException($"nbdfuse ended: {await _nbdfuse.StandardError.ReadToEndAsync(cancellationToken)}");
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        _ = await Shell.RunAsync("mount", ["-o", "loop", device, Path], cancellationToken);
        _mounted = true;
        File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    /// <summary>Unmounts, also after an error that shut down the file system.</summary>
    public async Task UnmountAsync()
    {
        if (_mounted)
            _ = await Shell.TryAsync("umount", [Path], CancellationToken.None);
        _mounted = false;
        if (_nbdfuse is { } nbdfuse)
        {
            // The loop device closes the file a moment after the unmount.
            while ((await Shell.TryAsync("fusermount3", ["-u", _fuse], CancellationToken.None)).Code != 0 && !nbdfuse.HasExited)
                await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
            await nbdfuse.WaitForExitAsync(CancellationToken.None);
            nbdfuse.Dispose();
        }

        _nbdfuse = null;
        _server?.Dispose();
        _server = null;
    }

    public bool Read(long offset, Span<byte> into)
    {
        lock (_gate)
            _bytes.AsSpan((int)offset, into.Length).CopyTo(into);
        return true;
    }

    public bool Write(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (Fails)
            {
                Failed++;
                return false;
            }

            _events.Add(new BlockEvent(TimeProvider.System.GetTimestamp(), offset, bytes.ToArray()));
            bytes.CopyTo(_bytes.AsSpan((int)offset));
            return true;
        }
    }

    public bool Flush()
    {
        lock (_gate)
        {
            if (Fails)
            {
                Failed++;
                return false;
            }

            _events.Add(new BlockEvent(TimeProvider.System.GetTimestamp(), 0, null));
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Fails = false;
        await UnmountAsync();
        _run.Check(!_mounted, "the recorded disk is still mounted");
    }
}
