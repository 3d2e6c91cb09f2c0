using ChunkUpload.Core.Storage;

namespace ChunkUpload.Core.Model;

/// <summary>Maps a failure of the store to an error and its message.</summary>
public static class StoreRefusals
{
    public static UploadFailure Of(StoreError error, Upload? upload) => error switch
    {
        StoreError.NoSpace => new(UploadError.NoSpace, "The service's disk has no room for these bytes; try again when there is space.")
        { Upload = upload },
        StoreError.FlushFailed or StoreError.Degraded =>
            new(UploadError.StoreDegraded, "The store takes no bytes at the moment. Acknowledged bytes are safe; try again later.")
            { Upload = upload },
        StoreError.Unreachable => Elsewhere(upload),
        _ => new(UploadError.StorageFailed, "The bytes could not be stored; try again.") { Upload = upload },
    };

    /// <summary>Returns the refusal for an upload whose bytes are in a store that does not answer.</summary>
    public static UploadFailure Elsewhere(Upload? upload) =>
        new(UploadError.Elsewhere,
            "The bytes of this upload are in a store that does not answer now: the disk of another node, or the bucket. Try again later.")
        { Upload = upload };
}
