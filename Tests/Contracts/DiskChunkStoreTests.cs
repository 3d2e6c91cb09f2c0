using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support.Storage;

namespace ChunkUpload.Tests.Contracts;

public sealed class DiskChunkStoreTests : ChunkStoreContract
{
    private readonly DiskStoreRig _disk = DiskStoreRig.Open();

    protected override IChunkStore Store => _disk.Store;

    protected override void Dispose(bool disposing) => _disk.Dispose();
}

/// <summary>Relaxed changes when bytes are durable, and nothing else.</summary>
public sealed class RelaxedDiskChunkStoreTests : ChunkStoreContract
{
    private readonly DiskStoreRig _disk = DiskStoreRig.Open(new StorageOptions { ReserveBytes = 0, Durability = Durability.Relaxed });

    protected override IChunkStore Store => _disk.Store;

    protected override void Dispose(bool disposing) => _disk.Dispose();
}
