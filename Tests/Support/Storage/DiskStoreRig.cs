using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Support.Storage;

/// <summary>An open disk store in a fresh folder, whose clock and system calls the test controls.</summary>
internal sealed class DiskStoreRig : IDisposable
{
    private readonly bool _borrowed;
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();

    /// <param name="folder">The test's own folder; otherwise one from the pool.</param>
    public DiskStoreRig(StorageOptions? options = null, string? folder = null)
    {
        _borrowed = folder is null;
        Folder = folder ?? ServiceFolder.Create();
        // No reserve unless a test asks for one, because the machine's disk may be almost full.
        DiskStore = new DiskStore(
            Folder, Calls, options ?? new StorageOptions { ReserveBytes = 0 }, Time,
                ActivatorUtilities.CreateInstance<DiskMetrics>(_metrics), Log);
        Store = new DiskChunkStore(DiskStore, Time, NullLogger<DiskChunkStore>.Instance);
    }

    /// <summary>The id of each store of such a rig.</summary>
    public static Guid Id { get; } = new("6a5f1c0e-0001-4000-8000-000000000002");

    public string Folder { get; }

    public FaultySyscalls Calls { get; } = new();

    public ManualTime Time { get; } = new();

    public EventGate<DiskStore> Log { get; } = new();

    public DiskStore DiskStore { get; }

    public DiskChunkStore Store { get; }

    public IServiceProvider Metrics => _metrics;

    public static DiskStoreRig Open(StorageOptions? options = null)
    {
        var store = new DiskStoreRig(options);
        store.DiskStore.Open(Id);
        return store;
    }

    /// <summary>The path of a file.</summary>
    public string PathOf(StoredFile file, bool temporary = false) => Path.Combine(
        Folder, DiskLayout.Files, DiskLayout.Folder(file.Kind), DiskLayout.Shard(DiskLayout.ShardNumber(file)),
        temporary ? DiskLayout.PartName(file) : DiskLayout.Name(file));

    public static StoredFile NewFile(StoredFileKind kind, long incarnation) => StoredFile.New(Id, kind, incarnation);

    public static StoredFile NewChunk() => NewFile(StoredFileKind.Chunk, 1);

    /// <summary>A chunk that is written but not flushed.</summary>
    public async Task<IStoredFileWriter> WriteAsync(StoredFile file, byte[] bytes)
    {
        var writer = await Store.CreateAsync(file, bytes.Length, CancellationToken.None);
        writer.Write(bytes, 0);
        return writer;
    }

    public async Task<StoredFile> AddChunkAsync(byte[] bytes)
    {
        var file = NewChunk();
        await using var writer = await WriteAsync(file, bytes);
        await writer.RenameDurablyAsync(CancellationToken.None);
        return file;
    }

    public void Dispose()
    {
        Store.Dispose();
        DiskStore.Dispose();
        _metrics.Dispose();
        if (_borrowed)
            ServiceFolder.Remove(Folder);
    }
}
