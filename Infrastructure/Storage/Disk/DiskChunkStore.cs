using System.Collections.Concurrent;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>The chunk store on one local file system.</summary>
internal sealed class DiskChunkStore(DiskStore store, TimeProvider time, ILogger<DiskChunkStore> log)
    : IChunkStore, IPreallocatingStore, IProbedStore, IDisposable
{
    private readonly DiskTrash _trash = new(store, time);
    private readonly SemaphoreSlim _probing = new(1);

    // New files whose creation failed and that could not be unlinked. Nothing else knows of them.
    private readonly ConcurrentDictionary<StoredFile, bool> _leftBehind = new();

    public Guid Id => store.Id;

    public StoreHealth Health => store.State;

    public bool HasRoomFor(long bytes) => store.Space.HasRoomFor(bytes);

    public Task<IStoredFileWriter> CreateAsync(StoredFile file, long? expectedLength, CancellationToken cancellationToken)
    {
        // 1. Check that the store takes writes, and reserve room above the watermark. 2. Create the file. 3. Allocate its blocks. A failure
        // after step 2 unlinks the new file and nothing else (E1).
        cancellationToken.ThrowIfCancellationRequested();
        store.Health.ThrowIfDegraded(); // 1
        var expected = expectedLength ?? 0;
        ArgumentOutOfRangeException.ThrowIfNegative(expected, nameof(expectedLength));
        store.Space.Reserve(expected, file.Kind == StoredFileKind.Assembly ? store.Space.MergeWatermark : store.Space.UploadWatermark);
        var reserved = expected;
        var isChunk = file.Kind == StoredFileKind.Chunk;
        var name = isChunk ? DiskLayout.PartName(file) : DiskLayout.Name(file);
        SafeFileHandle? shard = null, handle = null;
        try
        {
            shard = store.OpenShard(file);
            // 2
            handle = PosixFile.OpenAt(store.Calls, shard, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive,
                DiskLayout.Describe(file), PosixFile.OwnerFile);
            var allocated = Preallocate(handle, file, expected); // 3
            if (allocated > 0)
            {
                store.Space.Consume(allocated);
                reserved = 0;
            }

            return Task.FromResult<IStoredFileWriter>(
                new DiskFileWriter(store, file, handle, isChunk, new SpaceReservation(store.Space, 0, allocated, reserved)));
        }
        catch (Exception failure)
        {
            store.Space.Release(reserved);
            if (handle is not null)
            {
                if (store.Calls.UnlinkAt(shard!, name) < 0)
                    _leftBehind.TryAdd(file, true);
                handle.Dispose();
            }

            if (failure is StoreException { Error: StoreError.NoSpace })
                store.Space.Invalidate();
            if (failure is StoreException lost)
                store.Health.Observe(lost);
            throw;
        }
        finally
        {
            shard?.Dispose();
        }
    }

    public Task<IStoredFileWriter> ReopenAsync(StoredFile file, long? expectedLength, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        store.Health.ThrowIfDegraded();
        var opened = store.OpenFile(file, OpenFlags.WriteOnly);
        // An assembly has holes, so the number of its blocks does not tell where they are.
        var allocated = file.Kind == StoredFileKind.Assembly ? 0 : opened.Allocated;
        var reserved = Math.Max(0, (expectedLength ?? 0) - allocated);
        try
        {
            store.Space.Reserve(reserved, store.Space.UploadWatermark);
        }
        catch
        {
            opened.Handle.Dispose();
            throw;
        }

        return Task.FromResult<IStoredFileWriter>(
            new DiskFileWriter(
                store, file, opened.Handle, opened.Temporary, new SpaceReservation(store.Space, opened.Length, allocated, reserved)));
    }

    public IStoredFileReader OpenRead(StoredFile file) => DiskFileReader.Open(store, file);

    public long? Length(StoredFile file)
    {
        try
        {
            var opened = store.OpenFile(file, OpenFlags.ReadOnly);
            opened.Handle.Dispose();
            return opened.Length;
        }
        catch (StoreException e) when (e.Error == StoreError.Missing)
        {
            return null;
        }
    }

    public async Task<(Sha256Digest Digest, long Length)> HashFromDeviceAsync(
        StoredFile file, long offset, long length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        (Sha256Digest Digest, long Length) answer = default;
        await store.Reads.RunAsync(() => answer = DeviceHash.Of(store, file, offset, length, cancellationToken), cancellationToken);
        return answer;
    }

    public async Task<long> ReadFromDeviceAsync(
        StoredFile file, long offset, long length, IReadOnlyCollection<IRunningHash> into, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        long there = 0;
        await store.Reads.RunAsync(() => there = DeviceHash.Read(store, file, offset, length, part =>
        {
            foreach (var hash in into)
                hash.Append(part);
        }, cancellationToken), cancellationToken);
        return there;
    }

    public void Delete(StoredFile file)
    {
        using var shard = store.TryOpenShard(file);
        if (shard is null)
            return;
        // The temporary name goes first: a rename only leads away from it, so a concurrent rename cannot hide the file.
        if (file.Kind == StoredFileKind.Chunk)
            PosixFile.Unlink(store.Calls, shard, DiskLayout.PartName(file), DiskLayout.Describe(file));
        PosixFile.Unlink(store.Calls, shard, DiskLayout.Name(file), DiskLayout.Describe(file));
        store.Space.Invalidate();
    }

    public IEnumerable<StoredFile> Enumerate(CancellationToken cancellationToken)
    {
        foreach (var kind in DiskLayout.Kinds)
        {
            for (var shard = 0; shard < DiskLayout.Shards; shard++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (var file in List(kind, shard))
                    yield return file;
            }
        }
    }

    public void Trim(StoredFile file, long length)
    {
        try
        {
            var opened = store.OpenFile(file, OpenFlags.WriteOnly);
            using (opened.Handle)
                _ = store.Trim(opened.Handle, length);
        }
        catch (StoreException)
        {
            // Trimming is optional. The next reader or writer of the file reports the failure.
        }
    }

    public void Trash(StoredFile file) => _trash.Move(file);

    public (int Files, long Bytes) EmptyTrash(TimeSpan age, CancellationToken cancellationToken)
    {
        foreach (var file in _leftBehind.Keys)
        {
            Delete(file);
            _leftBehind.TryRemove(file, out _);
        }

        return _trash.Empty(age, cancellationToken);
    }

    public async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        await _probing.WaitAsync(cancellationToken);
        try
        {
            var failures = store.Health.Failures;
            await store.RunFlushAsync(() => StoreProbe.Run(store), cancellationToken);
            return store.Health.Heal(failures);
        }
        catch (StoreException failure)
        {
            DiskLog.ProbeFailed(log, failure.Message);
            if (store.Health.Degraded is null)
                store.Health.Observe(failure);
            return false;
        }
        finally
        {
            _probing.Release();
        }
    }

    public void Dispose() => _probing.Dispose();

    /// <returns>How many bytes have blocks now: all of them, or none where the file system cannot preallocate (E7).</returns>
    private long Preallocate(SafeFileHandle handle, StoredFile file, long length)
    {
        if (length == 0)
            return 0;
        var result = store.Calls.Preallocate(handle, 0, length);
        if (result >= 0)
            return length;
        return -result is Errno.NotSupported or Errno.NoSuchCall
            ? 0
            : throw PosixFile.Failure(result, "Preallocating", DiskLayout.Describe(file));
    }

    private List<StoredFile> List(StoredFileKind kind, int shard)
    {
        var path = $"{DiskLayout.Folder(kind)}/{DiskLayout.Shard(shard)}";
        try
        {
            // Opening the folder first refuses a link in its place.
            using var folder = store.TryOpenShard(kind, shard);
            var files = new List<StoredFile>();
            if (folder is null)
                return files;
            foreach (var found in Directory.EnumerateFiles(Path.Combine(store.Directory, DiskLayout.Files, path)))
            {
                if (DiskLayout.TryParse(store.Id, kind, Path.GetFileName(found.AsSpan()), out var file)
                    && DiskLayout.ShardNumber(file) == shard)
                    files.Add(file);
            }

            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException(StoreError.Io, $"Listing {path} failed: {e.Message}", e);
        }
    }
}
