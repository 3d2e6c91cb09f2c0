using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The folders of the store, open, and what all its files share: health, free space, the threads that flush. Folders are held as
/// descriptors and every step below them refuses links, so that nothing planted in a folder leads out of it (E2).
/// </summary>
internal sealed class DiskStore(
    string directory, ISyscalls calls, StorageOptions options, TimeProvider time, DiskMetrics metrics, ILogger<DiskStore> log) : IDisposable
{
    // The journals of file systems commit for all who wait at the same time: the more wait, the fewer flushes.
    private const int FlushThreads = 32;

    // As many uploads that come faster than a disk writes share it well enough.
    private const int WriteThreads = 16;

    // Hashing, scrubbing, and reading back for Storage:VerifyAfterWrite=Full; one reader saturates a disk, some overlap hashing with
    // reading.
    private const int ReadThreads = 4;

    // Each has a block of memory while it reads and sends.
    private const int DownloadThreads = 4;

    private static readonly SafeFileHandle NoDirectory = new(Libc.AtFdCwd, ownsHandle: false);

    private readonly IoThreads _flushes = new("flush", FlushThreads);
    private readonly DirectoryFlushes _directoryFlushes = new();
    private readonly List<SafeFileHandle> _open = [];
    private readonly Dictionary<StoredFileKind, SafeFileHandle> _kinds = [];
    private SafeFileHandle? _files;
    private SafeFileHandle? _trash;
    private FreeSpace? _space;
    private bool _writesDirectly = options.DirectWrites && options.Durability == Durability.Committed;

    public ISyscalls Calls => calls;

    public string Directory => directory;

    public bool Relaxed => options.Durability == Durability.Relaxed;

    public DiskHealth Health { get; } = new(log);

    public IoThreads Reads { get; } = new("device-read", ReadThreads);

    /// <summary>For writes that wait for the device.</summary>
    public IoThreads Writes { get; } = new("write", WriteThreads);

    /// <summary>For downloads that wait for the device.</summary>
    public IoThreads Downloads { get; } = new("download", DownloadThreads);

    /// <summary>What was read past the page cache for downloads.</summary>
    public FirstReads FirstReads { get; } = new();

    /// <summary>For what is copied, hashed or sent past the page cache.</summary>
    public IoBlocks Blocks { get; } = new();

    public DurableNames Names { get; } = new();

    /// <summary>Off once the file system has said that it cannot.</summary>
    public bool WritesDirectly
    {
        get => _writesDirectly;
        set => _writesDirectly = value;
    }

    /// <summary>Set once the file system has said that it has no reflinks, so that it is not asked for every chunk.</summary>
    public bool CannotClone { get; set; }

    public int WaitingFlushes => _flushes.Waiting;

    public bool IsOpen => _space is not null;

    public FreeSpace Space => _space ?? throw NotOpen();

    public SafeFileHandle Files => _files ?? throw NotOpen();

    public SafeFileHandle Trash => _trash ?? throw NotOpen();

    public StoreHealth State => Space.Health(Health.Degraded);

    /// <exception cref="StartRefusedException">The folders cannot be made, opened or flushed, or lie on several file systems.</exception>
    public void Open()
    {
        if (_files is not null)
            throw new InvalidOperationException("The volume is open.");
        try
        {
            var root = OpenRoot();
            _files = MakeFolder(root, DiskLayout.Files, DiskLayout.Files);
            _trash = MakeFolder(root, DiskLayout.Trash, DiskLayout.Trash);
            var device = PosixFile.Stat(calls, root, "the data directory").Device;
            RequireDevice(_files, DiskLayout.Files, device);
            RequireDevice(_trash, DiskLayout.Trash, device);
            foreach (var kind in DiskLayout.Kinds)
                _kinds[kind] = MakeKind(kind, device);
            // Also when nothing was made just now: the start before this one may have died between making and flushing.
            FlushNow(_files, DiskLayout.Files, isDirectory: true);
            FlushNow(root, "the data directory", isDirectory: true);
            _space = new FreeSpace(calls, _files, options.ReserveBytes, time);
            _space.Ask();
        }
        catch (StoreException failure)
        {
            Close();
            throw new StartRefusedException($"The store in {directory} cannot be opened: {failure.Message.TrimEnd('.')}; check the disk "
                + $"and that this user may write there.", failure);
        }
        catch (StartRefusedException)
        {
            Close();
            throw;
        }
    }

    public SafeFileHandle OpenShard(StoredFile file) =>
        TryOpenShard(file) ?? throw PosixFile.Failure(-Errno.NoEntry, "Opening the folder of", DiskLayout.Describe(file));

    /// <summary>Null when somebody has removed it, and with it all its files; the next start makes it anew.</summary>
    public SafeFileHandle? TryOpenShard(StoredFileKind kind, int number)
    {
        if (_kinds.Count == 0)
            throw NotOpen();
        var shard = DiskLayout.Shard(number);
        return PosixFile.TryOpenAt(
            calls, _kinds[kind], shard, OpenFlags.ReadOnly | OpenFlags.Directory, $"{DiskLayout.Folder(kind)}/{shard}");
    }

    public SafeFileHandle? TryOpenShard(StoredFile file) => TryOpenShard(file.Kind, DiskLayout.ShardNumber(file));

    /// <summary>
    /// Opens under whichever name the file has now. A chunk's final name is tried on both sides of its temporary one,
    /// so that a rename in between is not mistaken for a loss.
    /// </summary>
    public OpenedFile OpenFile(StoredFile file, int flags)
    {
        var path = DiskLayout.Describe(file);
        using var shard = OpenShard(file);
        var handle = PosixFile.TryOpenAt(calls, shard, DiskLayout.Name(file), flags, path);
        var temporary = false;
        if (handle is null && file.Kind == StoredFileKind.Chunk)
        {
            handle = PosixFile.TryOpenAt(calls, shard, DiskLayout.PartName(file), flags, path);
            temporary = handle is not null;
            handle ??= PosixFile.TryOpenAt(calls, shard, DiskLayout.Name(file), flags, path);
        }

        if (handle is null)
            throw PosixFile.Failure(-Errno.NoEntry, "Opening", path);
        try
        {
            var stat = PosixFile.Stat(calls, handle, path);
            if (!stat.IsRegularFile)
                throw new StoreException(StoreError.Damaged, $"{path} is not a file.");
            return new OpenedFile(handle, temporary, (long)stat.Size, (long)stat.Blocks * 512);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Gives back blocks beyond the file's end. What lies before it stays, recorded or not: whoever goes on writes over that.
    /// </summary>
    /// <returns>Whether there were any, and they could be.</returns>
    public bool Trim(SafeFileHandle handle)
    {
        // A file system may round up, and allocate a little ahead by itself.
        const int little = 64 << 10;
        if (calls.Stat(handle, "", out var stat) < 0 || (long)stat.Blocks * 512 <= (long)stat.Size + little
            || calls.Ftruncate(handle, (long)stat.Size) < 0)
            return false;
        Space.Forget();
        return true;
    }

    /// <summary>What a file system cannot do with one file it cannot with the next.</summary>
    public void WriteThroughCache(string name)
    {
        if (Interlocked.Exchange(ref _writesDirectly, false))
            DiskLog.NotDirect(log, name);
    }

    /// <summary>Makes what was written through this descriptor durable. A failure is never tried again here (E5).</summary>
    public Task FlushFileAsync(SafeFileHandle handle, string name, CancellationToken cancellationToken) =>
        _flushes.RunAsync(() => FlushNow(handle, name, isDirectory: false), cancellationToken, goOn: true);

    /// <summary>Makes the names in a file's folder durable; those who wait for the same folder share one flush.</summary>
    public Task FlushFolderAsync(StoredFile file) =>
        _directoryFlushes.Share((file.Kind, DiskLayout.ShardNumber(file)), _flushes, () =>
        {
            using var shard = OpenShard(file);
            FlushNow(shard, DiskLayout.Describe(file), isDirectory: true);
        });

    public Task RunFlushAsync(Action work, CancellationToken cancellationToken) => _flushes.RunAsync(work, cancellationToken);

    public void FlushNow(SafeFileHandle handle, string name, bool isDirectory)
    {
        var start = time.GetTimestamp();
        var result = isDirectory ? calls.Fsync(handle) : calls.Fdatasync(handle);
        metrics.Flushed(time.GetElapsedTime(start), isDirectory, result < 0);
        PosixFile.ThrowIfFlushFailed(result, name);
    }

    /// <summary>Since Linux 5.8 an error of any file that was written back is told here, too.</summary>
    public Task SyncAsync(CancellationToken cancellationToken) =>
        RunFlushAsync(() => PosixFile.ThrowIfFlushFailed(calls.Syncfs(Files), "the volume"), cancellationToken);

    public void Dispose()
    {
        _flushes.Dispose();
        Reads.Dispose();
        Writes.Dispose();
        Downloads.Dispose();
        Blocks.Dispose();
        Close();
    }

    private void Close()
    {
        foreach (var handle in _open)
            handle.Dispose();
        _open.Clear();
        _kinds.Clear();
        (_files, _trash, _space) = (null, null, null);
    }

    // The one name that may be a link: where the data lies is the operator's choice.
    private SafeFileHandle OpenRoot()
    {
        var result =
            calls.OpenAt(NoDirectory, directory, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0, out var root);
        return result < 0 ? throw PosixFile.Failure(result, "Opening", "the data directory") : Keep(root!);
    }

    private SafeFileHandle MakeKind(StoredFileKind kind, (uint, uint) device)
    {
        var folder = DiskLayout.Folder(kind);
        var path = $"{DiskLayout.Files}/{folder}";
        var handle = MakeFolder(Files, folder, path);
        RequireDevice(handle, path, device);
        for (var i = 0; i < DiskLayout.Shards; i++)
        {
            var shard = DiskLayout.Shard(i);
            Make(handle, shard, $"{path}/{shard}");
            using var opened = PosixFile.OpenAt(calls, handle, shard, OpenFlags.ReadOnly | OpenFlags.Directory, $"{path}/{shard}");
            RequireDevice(opened, $"{path}/{shard}", device);
        }

        FlushNow(handle, path, isDirectory: true);
        return handle;
    }

    private SafeFileHandle MakeFolder(SafeFileHandle parent, string folder, string path)
    {
        Make(parent, folder, path);
        return Keep(PosixFile.OpenAt(calls, parent, folder, OpenFlags.ReadOnly | OpenFlags.Directory, path));
    }

    private void Make(SafeFileHandle parent, string folder, string path)
    {
        var result = calls.MkdirAt(parent, folder, PosixFile.OwnerDirectory);
        if (result < 0 && result != -Errno.Exists)
            throw PosixFile.Failure(result, "Making", path);
    }

    // A rename across file systems fails, and a copy instead of it would not be atomic (E30).
    private void RequireDevice(SafeFileHandle handle, string path, (uint, uint) device)
    {
        if (PosixFile.Stat(calls, handle, path).Device != device)
            throw new StartRefusedException(
                $"{directory}/{path} lies on another file system than {directory}: mount one file system over the whole data directory.");
    }

    private SafeFileHandle Keep(SafeFileHandle handle)
    {
        _open.Add(handle);
        return handle;
    }

    private static InvalidOperationException NotOpen() => new("The volume is not open yet.");
}

/// <param name="Temporary">A chunk that has not been published.</param>
/// <param name="Allocated">Bytes that have blocks.</param>
internal readonly record struct OpenedFile(SafeFileHandle Handle, bool Temporary, long Length, long Allocated);
