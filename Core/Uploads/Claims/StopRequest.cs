namespace ChunkUpload.Core.Uploads.Claims;

/// <summary>A request of one node that writers of an upload at another node stop.</summary>
/// <param name="ClaimedOffset">A chunk's offset, or <see cref="WriterClaims.WholeStream"/>; <c>null</c> for every writer of an upload that
/// has ended.</param>
/// <param name="At">The offset at which the writer of a stream must stand to be stopped; <c>null</c> if it does not matter.</param>
/// <param name="Epoch">The stream's epoch as the asking node has read it.</param>
public sealed record StopRequest(UploadId Upload, long? ClaimedOffset, long? At, long Epoch)
{
    /// <summary>For a request that appends to a stream at this offset.</summary>
    public static StopRequest ForAppend(UploadId upload, long offset, long epoch) =>
        new(upload, WriterClaims.WholeStream, offset, epoch);

    /// <summary>For a client that asks for the offset of a stream.</summary>
    public static StopRequest ForOffset(UploadId upload, long epoch) => new(upload, WriterClaims.WholeStream, null, epoch);

    /// <summary>For a client that asks how much of a chunk is kept.</summary>
    public static StopRequest ForChunk(UploadId upload, long offset) => new(upload, offset, null, 0);

    /// <summary>For an upload that has ended.</summary>
    public static StopRequest ForEnd(UploadId upload) => new(upload, null, null, long.MaxValue);
}

public enum StopAnswer
{
    /// <summary>The node did not answer in time, or its writer did not end in time: the writer may still record.</summary>
    NotConfirmed,

    /// <summary>There is no such writer, or it writes under a later epoch.</summary>
    NoWriter,

    /// <summary>The writer has recorded what it had, and has ended.</summary>
    Stopped,

    /// <summary>The writer is at another offset and continues.</summary>
    FurtherOn,
}
