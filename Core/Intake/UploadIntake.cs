using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Intake;

/// <summary>
/// The one way from a caller's wish to an upload: 1. bind it to its place; 2. compare it with every rule and ask the creation hook;
/// 3. create its row, at once or together with its first bytes. Each protocol, links, archives and transfers come through here.
/// </summary>
public sealed class UploadIntake(
    IUploadLedger ledger, FileTree tree, Admission admission, CreationHook hook, Incarnation incarnation,
    IOptions<UploadOptions> options, TimeProvider time)
{
    /// <summary>Up to this size a file's bytes arrive within a moment, and to send them again costs its client little.</summary>
    public const int SmallFile = 1 << 20;

    /// <summary>
    /// Returns whether a file is small and all of it comes with the request that creates it: then its creation can wait for its bytes. A
    /// link's limits are taken by the creation, so through a link it never waits.
    /// </summary>
    /// <param name="announced">The length of the request's body.</param>
    public static bool ComesAtOnce(Caller caller, long? size, long? announced) =>
        caller.Grant is null && size is > 0 and <= SmallFile && announced == size;

    /// <summary>
    /// 1. Binds an upload to its place: through a link to the link's folder, else to where its client wants it. Folders that are missing on
    /// the way are made when it is published.
    /// </summary>
    /// <param name="wanted">Null if the client gives no path.</param>
    /// <param name="name">The file's name then.</param>
    /// <param name="atOnce">Few bytes, all with this request: a conflict of names may be left to the publishing.</param>
    /// <returns>No target: the upload stays unfiled.</returns>
    public async Task<(FileTarget? Target, UploadFailure? Failure)> PlaceAsync(
        Caller caller, WantedPlace? wanted, string name, bool atOnce, CancellationToken cancellationToken)
    {
        if (caller.Grant is { } grant)
            return PlaceOf(grant, wanted, name);
        if (wanted is null)
            return (null, null);
        if (wanted.Space is { } named && await tree.SpaceAsync(caller, named, change: true, cancellationToken) is { Ok: false } refused)
            return (null, refused.Failure);
        if (wanted.Space is null && caller.IsGuest)
            return (null, TreeRefusals.ReadOnly());
        var root = wanted.Space ?? await tree.DefaultSpaceAsync(caller, cancellationToken);
        var bound = await tree.BindUploadAsync(root, wanted.Path, wanted.Conflict, parents: true, atOnce, cancellationToken);
        return bound.Ok ? (bound.Value with { Modified = wanted.Modified, Mode = wanted.Mode }, null) : (null, bound.Failure);
    }

    /// <summary>2. Why the caller may not bring the file, or null.</summary>
    public async ValueTask<UploadFailure?> RefuseAsync(WantedUpload wanted, CancellationToken cancellationToken) =>
        admission.RefuseCreation(
            wanted.Caller, wanted.IsPart || wanted.RelayOf is not null ? null : wanted.FileName, wanted.ContentType, wanted.Size,
            wanted.Metadata)
        ?? (wanted.RelayOf is null ? await hook.RefuseAsync(wanted, cancellationToken) : null);

    /// <summary>2. The row of an upload that may be made; its creation is left to the caller of this method.</summary>
    public async Task<Result<NewUpload>> AdmitAsync(WantedUpload wanted, CancellationToken cancellationToken) =>
        await RefuseAsync(wanted, cancellationToken) is { } refusal ? refusal : Describe(wanted);

    /// <summary>2. and 3. Creates the upload before its bytes come.</summary>
    public async Task<Result<CreatedUpload>> CreateAsync(WantedUpload wanted, CancellationToken cancellationToken)
    {
        var admitted = await AdmitAsync(wanted, cancellationToken);
        if (admitted.Ok)
            return await ledger.CreateAsync(admitted.Value, cancellationToken);
        // An upload that was created before, for example before the disk was full, needs no more space.
        return wanted.IdempotencyKey is { } key
            && await RecallAsync(wanted.Caller, key, wanted.IdempotencyHash, cancellationToken) is { } made
            ? made
            : admitted.Failure;
    }

    /// <summary>
    /// 2. The same for a file that comes at once: the ledger creates it together with its first checkpoint. If the request brings no bytes,
    /// call <see cref="RecordAsync"/>.
    /// </summary>
    public async Task<Result<DeferredCreation>> BeginAsync(WantedUpload wanted, CancellationToken cancellationToken)
    {
        var admitted = await AdmitAsync(wanted, cancellationToken);
        return admitted.Ok ? new DeferredCreation(admitted.Value, incarnation, time.GetUtcNow()) : admitted.Failure;
    }

    /// <summary>3. Creates the upload of a request that ended without bytes. Does nothing if the ledger has it already.</summary>
    public Task<UploadFailure?> RecordAsync(DeferredCreation upload, CancellationToken cancellationToken) =>
        upload.RecordAsync(ledger, cancellationToken);

    /// <summary>The upload that an earlier request with this key has created or published, or null.</summary>
    public Task<Result<CreatedUpload>?> RecallAsync(Caller caller, string key, Sha256Digest? hash, CancellationToken cancellationToken) =>
        ledger.RecallAsync(caller, key, hash, cancellationToken);

    private NewUpload Describe(WantedUpload wanted) =>
        new(UploadId.New(), wanted.Caller, wanted.Protocol, wanted.FileName, wanted.ContentType, wanted.Metadata, wanted.Size,
            wanted.Sha256, wanted.IdleAllowance ?? AllowanceOf(wanted.Protocol), wanted.IdempotencyKey, wanted.IdempotencyHash)
        {
            ProtocolState = wanted.ProtocolState,
            IsPart = wanted.IsPart || wanted.RelayOf is not null,
            RelayOf = wanted.RelayOf,
            Slides = wanted.Slides,
            Target = wanted.Target,
            Priority = wanted.Caller.PriorityFor(wanted.Priority),
        };

    // What a killed service or an unavailable ledger left of a file in one request cannot be continued, so it expires sooner.
    private TimeSpan AllowanceOf(UploadProtocol protocol)
    {
        var (silence, idle) = (options.Value.BodyIdleTimeout * 2, options.Value.IdleExpiry);
        if (protocol != UploadProtocol.Put)
            return idle;
        var least = silence > TimeSpan.FromMinutes(10) ? silence : TimeSpan.FromMinutes(10);
        return least < idle ? least : idle;
    }

    // Through a link no file is replaced: a name that is taken gets a number. Strangers choose these names, so each becomes one that may be
    // given out.
    private static (FileTarget? Target, UploadFailure? Failure) PlaceOf(LinkGrant grant, WantedPlace? wanted, string name)
    {
        IReadOnlyList<string> path = [.. (wanted?.Path ?? [name]).Select(FileNameRule.MakeSafe)];
        if (LinkRules.Target(grant.Link, path) is not { } bound)
            return (null, null);
        return bound.Ok ? (bound.Value with { Modified = wanted?.Modified }, null) : (null, bound.Failure);
    }
}
