using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>
/// The store's open folders, and what all of its files share: health, free space, and the threads that flush. The store holds its folders
/// as descriptors and follows no link below them, so a planted link cannot lead out of the store (E2).
/// </summary>
internal sealed class DiskStore(
    string directory, ISyscalls calls, StorageOptions options, TimeProvider time, DiskMetrics metrics, ILogger<DiskStore> log) : IDisposable
{
    // A file system's journal commits for all waiting flushes at once, so more waiting threads mean fewer commits.
    private const int FlushThreads = 32;

    // Enough for uploads that arrive faster than the disk writes to share the disk fairly.
    private const int WriteThreads = 16;

    // For hashing, scrubbing, and reading back with Storage:VerifyAfterWrite=Full. One reader saturates a disk; a few more overlap hashing
    // with reading.
    private const int ReadThreads = 4;

    // Each thread holds a block of memory while it reads and sends.
    private const int DownloadThreads = 4;

    private static readonly SafeFileHandle NoDirectory = new(Libc.AtFdCwd, ownsHandle: false);

    private readonly IoThreads _flushes = new("flush", FlushThreads);
    private readonly DirectoryFlushes _directoryFlushes = new();
    private readonly List<SafeFileHandle> _open = [];
    private readonly Dictionary<StoredFileKind, SafeFileHandle> _kinds = [];
    private SafeFileHandle? _files;
    private SafeFileHandle? _trash;
    private FreeSpace? _space;
    private Guid? _id;
    private bool _writesDirectly = options.DirectWrites && options.Durability == Durability.Committed;

    public ISyscalls Calls => calls;

    public string Directory => directory;

    /// <summary>The store's id, from its marker.</summary>
    public Guid Id => _id ?? throw NotOpen();

    public bool Relaxed => options.Durability == Durability.Relaxed;

    public DiskHealth Health { get; } = new(log);

    public IoThreads Reads { get; } = new("device-read", ReadThreads);

    /// <summary>For writes that wait for the device.</summary>
    public IoThreads Writes { get; } = new("write", WriteThreads);

    /// <summary>For downloads that wait for the device.</summary>
    public IoThreads Downloads { get; } = new("download", DownloadThreads);

    /// <summary>Tracks which parts of files downloads have read past the page cache.</summary>
    public FirstReads FirstReads { get; } = new();

    /// <summary>Memory for copying, hashing and sending past the page cache.</summary>
    public IoBlocks Blocks { get; } = new();

    public DurableNames Names { get; } = new();

    /// <summary>Whether long writes use O_DIRECT. Turned off once the file system refuses it.</summary>
    public bool WritesDirectly
    {
        get => _writesDirectly;
        set => _writesDirectly = value;
    }

    /// <summary>Set once the file system reports that it has no reflinks, so that later chunks skip the attempt.</summary>
    public bool CannotClone { get; set; }

    public int WaitingFlushes => _flushes.Waiting;

    public bool IsOpen => _space is not null;

    public FreeSpace Space => _space ?? throw NotOpen();

    public SafeFileHandle Files => _files ?? throw NotOpen();

    public SafeFileHandle Trash => _trash ?? throw NotOpen();

    public StoreHealth State => Space.Health(Health.Degraded);

    /// <param name="id">The store's id.</param>
    /// <exception cref="StartRefusedException">The folders cannot be created, opened or flushed, or they lie on several file
    /// systems.</exception>
    public void Open(Guid id)
    {
        if (_files is not null)
            throw new InvalidOperationException("The store is open.");
        try
        {
            var root = OpenRoot();
            _files = OpenOrCreate(root, DiskLayout.Files, DiskLayout.Files);
            _trash = OpenOrCreate(root, DiskLayout.Trash, DiskLayout.Trash);
            var device = PosixFile.Stat(calls, root, "the data directory").Device;
            RequireDevice(_files, DiskLayout.Files, device);
            RequireDevice(_trash, DiskLayout.Trash, device);
            foreach (var kind in DiskLayout.Kinds)
                _kinds[kind] = OpenOrCreateKind(kind, device);
            // Flush even if this start created nothing: an earlier start may have died between creating a folder and flushing it.
            FlushNow(_files, DiskLayout.Files, isDirectory: true);
            FlushNow(root, "the data directory", isDirectory: true);
            _space = new FreeSpace(calls, _files, options.ReserveBytes, time);
            _space.RequireAnswer();
            _id = id;
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

    /// <summary>
    /// Opens the folder of another node's store, to read its files. Creates, flushes and changes nothing there. The folder of a shard that
    /// is missing makes its files missing.
    /// </summary>
    /// <param name="id">The id that the store must have.</param>
    /// <exception cref="StoreException">A folder is missing, or the store is another one.</exception>
    public void OpenToRead(Guid id)
    {
        if (_files is not null)
            throw new InvalidOperationException("The store is open.");
        try
        {
            if (StoreMarker.Find(directory)?.Id != id)
                throw new StoreException(StoreError.Unreachable, $"The folder {directory} is not that of the store {id}.");
            var root = OpenRoot();
            _files = OpenFolder(root, DiskLayout.Files, DiskLayout.Files);
            foreach (var kind in DiskLayout.Kinds)
                _kinds[kind] = OpenFolder(_files, DiskLayout.Folder(kind), $"{DiskLayout.Files}/{DiskLayout.Folder(kind)}");
            _id = id;
        }
        catch
        {
            Close();
            throw;
        }
    }

    public SafeFileHandle OpenShard(StoredFile file) =>
        TryOpenShard(file) ?? throw PosixFile.Failure(-Errno.NoEntry, "Opening the folder of", DiskLayout.Describe(file));

    /// <summary>Null when the shard's folder was removed, and with it all of its files. The next start creates the folder again.</summary>
    public SafeFileHandle? TryOpenShard(StoredFileKind kind, int number)
    {
        if (_kinds.Count == 0)
            throw NotOpen();
        var shard = DiskLayout.Shard(number);
        return PosixFile.TryOpenAt(
            calls, _kinds[kind], shard, OpenFlags.ReadOnly | OpenFlags.Directory, $"{DiskLayout.Folder(kind)}/{shard}");
    }

    /// <exception cref="StoreException">The file is of another store. A file of the same name here would be another one.</exception>
    public SafeFileHandle? TryOpenShard(StoredFile file) =>
        file.Store == Id ? TryOpenShard(file.Kind, DiskLayout.ShardNumber(file)) : throw UnreachableStore.Failure();

    /// <summary>
    /// Opens the file under its temporary or its final name. A chunk's final name is tried before and after the temporary one, so that a
    /// concurrent rename does not make the file look lost.
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

    /// <summary>Cuts off what lies behind the length, and frees the blocks behind the end of the file. Never makes it longer.</summary>
    /// <returns>Whether anything was freed.</returns>
    public bool Trim(SafeFileHandle handle, long length)
    {
        // The file system may round up, and may allocate a little ahead on its own.
        const int tolerance = 64 << 10;
        if (calls.Stat(handle, "", out var stat) < 0)
            return false;
        var size = (long)stat.Size;
        if ((size <= length && (long)stat.Blocks * 512 <= size + tolerance) || calls.Ftruncate(handle, Math.Min(size, length)) < 0)
            return false;
        Space.Invalidate();
        return true;
    }

    /// <summary>Turns O_DIRECT off for the whole store: a file system that refuses it for one file refuses it for all.</summary>
    public void WriteThroughCache(string name)
    {
        if (Interlocked.Exchange(ref _writesDirectly, false))
            DiskLog.NotDirect(log, name);
    }

    /// <summary>
    /// Makes the bytes written through this descriptor durable. A failed flush is never retried on the same descriptor (E5).
    /// </summary>
    public Task FlushFileAsync(SafeFileHandle handle, string name, CancellationToken cancellationToken) =>
        _flushes.RunAsync(() => FlushNow(handle, name, isDirectory: false), cancellationToken, continueInline: true);

    /// <summary>Makes the names in the file's folder durable. Callers that wait for the same folder share one flush.</summary>
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

    /// <summary>
    /// Makes everything durable that was written in Relaxed durability, by flushing the whole file system. Since Linux 5.8, syncfs also
    /// reports write-back errors of any file.
    /// </summary>
    public Task SyncAsync(CancellationToken cancellationToken) =>
        RunFlushAsync(() => PosixFile.ThrowIfFlushFailed(calls.Syncfs(Files), "the store"), cancellationToken);

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

    // Only the data directory itself may be a link: the operator chooses where the data lies.
    private SafeFileHandle OpenRoot()
    {
        var result =
            calls.OpenAt(NoDirectory, directory, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0, out var root);
        return result < 0 ? throw PosixFile.Failure(result, "Opening", "the data directory") : DisposeLater(root!);
    }

    private SafeFileHandle OpenOrCreateKind(StoredFileKind kind, (uint, uint) device)
    {
        var folder = DiskLayout.Folder(kind);
        var path = $"{DiskLayout.Files}/{folder}";
        var handle = OpenOrCreate(Files, folder, path);
        RequireDevice(handle, path, device);
        for (var i = 0; i < DiskLayout.Shards; i++)
        {
            var shard = DiskLayout.Shard(i);
            CreateDirectory(handle, shard, $"{path}/{shard}");
            using var opened = PosixFile.OpenAt(calls, handle, shard, OpenFlags.ReadOnly | OpenFlags.Directory, $"{path}/{shard}");
            RequireDevice(opened, $"{path}/{shard}", device);
        }

        FlushNow(handle, path, isDirectory: true);
        return handle;
    }

    private SafeFileHandle OpenOrCreate(SafeFileHandle parent, string folder, string path)
    {
        CreateDirectory(parent, folder, path);
        return OpenFolder(parent, folder, path);
    }

    private SafeFileHandle OpenFolder(SafeFileHandle parent, string folder, string path) =>
        DisposeLater(PosixFile.OpenAt(calls, parent, folder, OpenFlags.ReadOnly | OpenFlags.Directory, path));

    private void CreateDirectory(SafeFileHandle parent, string folder, string path)
    {
        var result = calls.MkdirAt(parent, folder, PosixFile.OwnerDirectory);
        if (result < 0 && result != -Errno.Exists)
            throw PosixFile.Failure(result, "Creating", path);
    }

    // A rename across file systems fails, and a copy in its place would not be atomic.
    private void RequireDevice(SafeFileHandle handle, string path, (uint, uint) device)
    {
        if (PosixFile.Stat(calls, handle, path).Device != device)
            throw new StartRefusedException(
                $"{directory}/{path} lies on another file system than {directory}: mount one file system over the whole data directory.");
    }

    private SafeFileHandle DisposeLater(SafeFileHandle handle)
    {
        _open.Add(handle);
        return handle;
    }

    private static InvalidOperationException NotOpen() => new("The store is not open yet.");
}

/// <param name="Temporary">Whether the file is a chunk that still has its temporary name.</param>
/// <param name="Allocated">How many bytes have blocks on the disk.</param>
internal readonly record struct OpenedFile(SafeFileHandle Handle, bool Temporary, long Length, long Allocated);
