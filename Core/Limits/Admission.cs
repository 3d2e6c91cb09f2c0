using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Storage;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Limits;

/// <summary>
/// Decides whether an upload may have a size: by the limits of the service, the caller and the caller's link, by the free space, and by
/// whether the store accepts writes. Every creation and every declaration of a size asks here. The bytes of a day are counted as they
/// arrive (<see cref="DayBook"/>).
/// </summary>
public sealed class Admission(Stores stores, LimitBook limits, NodeDrain drain, IOptions<UploadOptions> options)
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    /// <summary>Returns the size of the largest upload that the caller may make.</summary>
    public long LargestUpload(Caller caller) => Math.Min(options.Value.MaxSize, limits.MaxFileSize(caller) ?? long.MaxValue);

    /// <summary>Returns the same size, also limited by the caller's link, if there is one.</summary>
    public long LargestThroughLink(Caller caller) => Math.Min(LargestUpload(caller), OfLink(caller));

    /// <summary>Returns the size of the largest upload of a subject whose key is no longer known.</summary>
    public long LargestUpload(string tenant, string subject) =>
        Math.Min(options.Value.MaxSize, limits.MaxFileSize(tenant, subject) ?? long.MaxValue);

    /// <summary>Returns the reason why the caller cannot create an upload, or null.</summary>
    /// <param name="name">The name; null for a part, which does not become a file.</param>
    /// <param name="size">The size; null if the client has not declared it.</param>
    public UploadFailure? RefuseCreation(
        Caller caller, string? name, string contentType, long? size, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (limits.HasFileRules && RefuseByRules(caller, name, contentType, metadata ?? NoMetadata) is { } rule)
            return rule;
        if (caller.Grant is { Link.Uploads: var taken }
            && ((name is null ? null : LinkRules.Refuse(taken, name, contentType)) ?? LinkRules.RefuseSize(taken, size)) is { } refusal)
            return refusal;
        return RefuseCreation(caller, size);
    }

    /// <summary>
    /// Returns the reason why an upload of this size cannot be created, or null. The store still refuses bytes for which it has no space,
    /// and the ledger those for which a quota has no room.
    /// </summary>
    /// <param name="size">The size; null if the client has not declared it.</param>
    public UploadFailure? RefuseCreation(Caller caller, long? size)
    {
        if (size is not null && LargestUpload(caller) is var most && size > most)
            return TooLarge(most);
        if (drain.IsDraining)
            return new UploadFailure(UploadError.Stopping, "This node begins no uploads for now; try again, and another one takes it.");
        if (stores.Reception.IsOn)
            return stores.Reception.Trouble is null ? null : StoreRefusals.Of(StoreError.Degraded, null);
        if (stores.Own.Health.Degraded is not null)
            return StoreRefusals.Of(StoreError.Degraded, null);
        return stores.Own.HasRoomFor(Math.Max(1, size ?? 1)) ? null : StoreRefusals.Of(StoreError.NoSpace, null);
    }

    /// <summary>Returns the reason why a file of the tree cannot get this name, or null.</summary>
    public UploadFailure? RefuseName(Caller caller, string name)
    {
        if (!limits.HasFileRules)
            return null;
        foreach (var (target, values) in limits.Of(caller))
        {
            if (values.Rules?.RefuseName(target.Scope.Word(), name) is { } refusal)
                return refusal;
        }

        return null;
    }

    /// <summary>Returns the reason why an existing upload cannot have bytes up to this offset, or null.</summary>
    public UploadFailure? RefuseEnd(Caller caller, Upload upload, long end)
    {
        if (LargestUpload(caller, upload) is var most && end > most)
            return TooLarge(most) with { Upload = upload };
        return caller.Grant is { } grant && LinkRules.RefuseSize(grant.Link.Uploads, end) is { } refusal
            ? refusal with { Upload = upload }
            : null;
    }

    /// <summary>Returns the offset beyond which no byte of this upload may be written.</summary>
    public long LargestEnd(Caller caller, Upload upload) =>
        upload.Size ?? Math.Min(LargestUpload(caller, upload), OfLink(caller));

    private UploadFailure? RefuseByRules(
        Caller caller, string? name, string contentType, IReadOnlyDictionary<string, string> metadata)
    {
        foreach (var (target, values) in limits.Of(caller))
        {
            if (values.Rules?.Refuse(target.Scope.Word(), name, contentType, metadata) is { } refusal)
                return refusal;
        }

        return null;
    }

    // A size that was declared and accepted stays valid when the limit becomes stricter.
    private long LargestUpload(Caller caller, Upload upload) =>
        upload.Size is null
            ? Math.Min(LargestUpload(caller), LargestUpload(upload.Tenant, upload.Subject))
            : options.Value.MaxSize;

    private static long OfLink(Caller caller) => caller.Grant?.Link.Uploads.Largest ?? long.MaxValue;

    private static UploadFailure TooLarge(long most) => new(UploadError.TooLarge, $"An upload may have at most {most} bytes.");
}
