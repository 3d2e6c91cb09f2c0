using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Access;

/// <summary>
/// The one place that decides whether this number of bytes may come: the limit of an upload's size, the free space, and whether the store
/// accepts writes. Every creation and every declaration of a size asks here.
/// </summary>
public sealed class Admission(IChunkStore store, IOptions<UploadOptions> options)
{
    public long LargestUpload => options.Value.MaxSize;

    /// <summary>
    /// The reason why an upload of this size cannot be created, or null. The store still refuses bytes for which it turns out to have no
    /// space.
    /// </summary>
    /// <param name="size">Null when the client has not declared it.</param>
    public UploadFailure? RefuseCreation(long? size)
    {
        if (size > LargestUpload)
            return TooLarge();
        if (store.Health.Degraded is not null)
            return UploadRefusals.Of(StoreError.Degraded, null);
        return store.HasRoomFor(Math.Max(1, size ?? 1)) ? null : UploadRefusals.Of(StoreError.NoSpace, null);
    }

    /// <summary>The reason why an existing upload cannot have bytes up to this offset, or null.</summary>
    public UploadFailure? RefuseEnd(Upload upload, long end) => end > LargestUpload ? TooLarge() with { Upload = upload } : null;

    /// <summary>The offset beyond which no byte of this upload may be written.</summary>
    public long LargestEnd(Upload upload) => upload.Size ?? LargestUpload;

    private UploadFailure TooLarge() => new(UploadError.TooLarge, $"An upload may have at most {LargestUpload} bytes.");
}
