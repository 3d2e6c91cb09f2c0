using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Moving;

/// <summary>The store of this process as the target of a move.</summary>
internal sealed class OwnDisk(Stores stores, FileRemover remover, Incarnation incarnation) : IMoveTarget
{
    public Guid Store => stores.Own.Id;

    public bool HasRoomFor(long bytes) => stores.Own.Health.Degraded is null && stores.Own.HasRoomFor(bytes);

    public async Task<StoredFile> PutAsync(
        long length, IAsyncEnumerable<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        var file = StoredFile.New(Store, StoredFileKind.Segment, incarnation.Id);
        var writer = await stores.Own.CreateAsync(file, length, cancellationToken);
        var durable = false;
        try
        {
            await using (writer)
            {
                long at = 0;
                await foreach (var bytes in content.WithCancellation(cancellationToken))
                {
                    await writer.BeforeWriteAsync(bytes.Length);
                    writer.Write(bytes.Span, at);
                    at += bytes.Length;
                }

                // With relaxed durability too: the files that were copied are removed next.
                await writer.FlushAsync(final: true, cancellationToken);
                durable = true;
            }

            return file;
        }
        finally
        {
            if (!durable)
                remover.Discard(file);
        }
    }

    public Task GiveUpAsync(StoredFile file) => remover.GiveUpAsync(file);
}
