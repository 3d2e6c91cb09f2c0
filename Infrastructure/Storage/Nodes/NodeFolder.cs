using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage.Disk;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Storage.Nodes;

/// <summary>The data directory of another node that this process can open, as a store that can only be read.</summary>
internal sealed class NodeFolder : IDisposable
{
    private readonly DiskStore _disk;
    private readonly DiskChunkStore _files;

    /// <param name="disk">The other node's data directory, which is not open yet.</param>
    /// <param name="id">The id of the other node's store.</param>
    /// <exception cref="StoreException">The folder is missing, or it is that of another store.</exception>
    public NodeFolder(DiskStore disk, Guid id, TimeProvider time, ILogger<DiskChunkStore> log)
    {
        _disk = disk;
        disk.OpenToRead(id);
        _files = new DiskChunkStore(disk, time, log);
        Store = new ReadOnlyStore(_files);
    }

    public IReadableStore Store { get; }

    public void Dispose()
    {
        _files.Dispose();
        _disk.Dispose();
    }
}
