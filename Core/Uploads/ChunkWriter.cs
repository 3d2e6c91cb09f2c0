using ChunkUpload.Core.Access;

namespace ChunkUpload.Core.Uploads;

public sealed class ChunkWriter
{
    /// <summary>Receives a chunk, or the rest of one, verifies it, makes it durable and records it.</summary>
    /// <param name="cancellationToken">Fires when the client has gone.</param>
    public Task<Result<ChunkReceipt>> WriteAsync(ChunkRequest request, UploadBody body, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>How much of the chunk at this offset is kept. Asks a running writer to stop first: the client is back (E18).</summary>
    public Task<Result<ChunkStatus>> StatusAsync(Caller caller, UploadId id, long offset, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
