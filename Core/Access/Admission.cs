using ChunkUpload.Core.Access.Links;
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

    /// <summary>The reason why the caller cannot create an upload, or null.</summary>
    /// <param name="name">Null for a part, which becomes no file of its own.</param>
    /// <param name="size">Null when the client has not declared it.</param>
    public UploadFailure? RefuseCreation(Caller caller, string? name, string contentType, long? size)
    {
        if (caller.Grant is { Link.Uploads: var limits }
            && ((name is null ? null : LinkRules.Refuse(limits, name, contentType)) ?? LinkRules.RefuseSize(limits, size)) is { } refusal)
            return refusal;
        return RefuseCreation(size);
    }

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
    public UploadFailure? RefuseEnd(Caller caller, Upload upload, long end)
    {
        if (end > LargestUpload)
            return TooLarge() with { Upload = upload };
        return caller.Grant is { } grant && LinkRules.RefuseSize(grant.Link.Uploads, end) is { } refusal
            ? refusal with { Upload = upload }
            : null;
    }

    /// <summary>The offset beyond which no byte of this upload may be written.</summary>
    public long LargestEnd(Caller caller, Upload upload) =>
        upload.Size ?? Math.Min(LargestUpload, caller.Grant?.Link.Uploads.Largest ?? long.MaxValue);

    private UploadFailure TooLarge() => new(UploadError.TooLarge, $"An upload may have at most {LargestUpload} bytes.");
}
