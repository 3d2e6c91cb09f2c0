using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace ChunkUpload.Infrastructure.Storage.Disk;

/// <summary>The store on one local file system.</summary>
internal sealed class DiskChunkStore(DiskStore volume, TimeProvider time, ILogger<DiskChunkStore> log)
    : IChunkStore, IPreallocatingStore, IProbedStore, IDisposable
{
    private readonly DiskTrash _trash = new(volume, time);
    private readonly SemaphoreSlim _probing = new(1);

    public StoreHealth Health => volume.State;

    public bool HasRoomFor(long bytes) => volume.Space.HasRoomFor(bytes);

    public Task<IStoredFileWriter> CreateAsync(StoredFile file, long? expectedLength, CancellationToken cancellationToken)
    {
        // 1. A volume that takes writes, and room above the watermark. 2. A fresh file. 3. Its blocks. What fails after 2 unlinks
        // what 2 made, and nothing else (E1).
        cancellationToken.ThrowIfCancellationRequested();
        volume.Health.ThrowIfDegraded(); // 1
        var expected = expectedLength ?? 0;
        ArgumentOutOfRangeException.ThrowIfNegative(expected, nameof(expectedLength));
        volume.Space.Promise(expected, file.Kind == StoredFileKind.Assembly ? volume.Space.MergeReserve : volume.Space.Reserve);
        var promised = expected;
        var isChunk = file.Kind == StoredFileKind.Chunk;
        var name = isChunk ? DiskLayout.PartName(file) : DiskLayout.Name(file);
        SafeFileHandle? shard = null, handle = null;
        try
        {
            shard = volume.OpenShard(file);
            // 2
            handle = PosixFile.OpenAt(volume.Calls, shard, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive,
                DiskLayout.Describe(file), PosixFile.OwnerFile);
            var allocated = Preallocate(handle, file, expected); // 3
            if (allocated > 0)
            {
                volume.Space.Kept(allocated);
                promised = 0;
            }

            return Task.FromResult<IStoredFileWriter>(
                new DiskFileWriter(volume, file, handle, isChunk, new SpaceAllowance(volume.Space, 0, allocated, promised)));
        }
        catch (Exception failure)
        {
            volume.Space.Release(promised);
            if (handle is not null)
            {
                volume.Calls.UnlinkAt(shard!, name);
                handle.Dispose();
            }

            if (failure is StoreException { Error: StoreError.NoSpace })
                volume.Space.Forget();
            if (failure is StoreException lost)
                volume.Health.Observe(lost);
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
        volume.Health.ThrowIfDegraded();
        var opened = volume.OpenFile(file, OpenFlags.WriteOnly);
        // An assembly has holes, so the number of its blocks says nothing about where they are.
        var allocated = file.Kind == StoredFileKind.Assembly ? 0 : opened.Allocated;
        var promised = Math.Max(0, (expectedLength ?? 0) - allocated);
        try
        {
            volume.Space.Promise(promised, volume.Space.Reserve);
        }
        catch
        {
            opened.Handle.Dispose();
            throw;
        }

        return Task.FromResult<IStoredFileWriter>(
            new DiskFileWriter(
                volume, file, opened.Handle, opened.Temporary, new SpaceAllowance(volume.Space, opened.Length, allocated, promised)));
    }

    public IStoredFileReader OpenRead(StoredFile file) => DiskFileReader.Open(volume, file);

    public long? Length(StoredFile file)
    {
        try
        {
            var opened = volume.OpenFile(file, OpenFlags.ReadOnly);
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
        await volume.Reads.RunAsync(() => answer = DeviceHash.Of(volume, file, offset, length, cancellationToken), cancellationToken);
        return answer;
    }

    public async Task<long> ReadFromDeviceAsync(
        StoredFile file, long offset, long length, IReadOnlyCollection<IRunningHash> into, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        long there = 0;
        await volume.Reads.RunAsync(() => there = DeviceHash.Read(volume, file, offset, length, part =>
        {
            foreach (var hash in into)
                hash.Append(part);
        }, cancellationToken), cancellationToken);
        return there;
    }

    public Task SyncAsync(CancellationToken cancellationToken) => volume.SyncAsync(cancellationToken);

    public void Delete(StoredFile file)
    {
        using var shard = volume.TryOpenShard(file);
        if (shard is null)
            return;
        // The temporary name first: a rename leads only away from it, so the file cannot slip through between the two.
        if (file.Kind == StoredFileKind.Chunk)
            PosixFile.Unlink(volume.Calls, shard, DiskLayout.PartName(file), DiskLayout.Describe(file));
        PosixFile.Unlink(volume.Calls, shard, DiskLayout.Name(file), DiskLayout.Describe(file));
        volume.Space.Forget();
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

    public void Trim(StoredFile file)
    {
        try
        {
            var opened = volume.OpenFile(file, OpenFlags.WriteOnly);
            using (opened.Handle)
                _ = volume.Trim(opened.Handle);
        }
        catch (StoreException)
        {
            // Whoever needs the file meets the same.
        }
    }

    public void Trash(StoredFile file) => _trash.Take(file);

    public (int Files, long Bytes) EmptyTrash(TimeSpan age, CancellationToken cancellationToken) => _trash.Empty(age, cancellationToken);

    public async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        await _probing.WaitAsync(cancellationToken);
        try
        {
            var failures = volume.Health.Failures;
            await volume.RunFlushAsync(() => StoreProbe.Run(volume), cancellationToken);
            return volume.Health.Heal(failures);
        }
        catch (StoreException failure)
        {
            DiskLog.ProbeFailed(log, failure.Message);
            if (volume.Health.Degraded is null)
                volume.Health.Observe(failure);
            return false;
        }
        finally
        {
            _probing.Release();
        }
    }

    public void Dispose() => _probing.Dispose();

    /// <returns>How many bytes have blocks now: all, or none where the file system cannot (E7).</returns>
    private long Preallocate(SafeFileHandle handle, StoredFile file, long length)
    {
        if (length == 0)
            return 0;
        var result = volume.Calls.Preallocate(handle, 0, length);
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
            // Refuses a link in the shard's place; the names alone do no harm.
            using var folder = volume.TryOpenShard(kind, shard);
            var files = new List<StoredFile>();
            if (folder is null)
                return files;
            foreach (var found in Directory.EnumerateFiles(Path.Combine(volume.Directory, DiskLayout.Files, path)))
            {
                if (DiskLayout.TryParse(kind, Path.GetFileName(found.AsSpan()), out var file) && DiskLayout.ShardNumber(file) == shard)
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
