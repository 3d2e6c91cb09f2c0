using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Moving;

/// <summary>The store that all nodes share as the target of a move.</summary>
internal sealed class SharedTarget(IObjectStore shared, FileRemover remover, Incarnation incarnation) : IMoveTarget
{
    public Guid Store => shared.Id;

    public bool HasRoomFor(long bytes) => true;

    public async Task<StoredFile> PutAsync(
        long length, IAsyncEnumerable<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        var file = StoredFile.New(Store, StoredFileKind.Segment, incarnation.Id);
        await shared.PutAsync(file, length, content, cancellationToken);
        return file;
    }

    public Task GiveUpAsync(StoredFile file) => remover.GiveUpAsync(file);
}
