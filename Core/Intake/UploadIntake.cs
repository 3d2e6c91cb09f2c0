using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Intake;

/// <summary>
/// Creates uploads for all protocols, links, archives and transfers: 1. bind the upload to its place; 2. check every rule and call the
/// creation hook; 3. create its row, immediately or together with its first bytes.
/// </summary>
public sealed class UploadIntake(
    IUploadLedger ledger, FileTree tree, Admission admission, CreationHook hook, Incarnation incarnation,
    IOptions<UploadOptions> options, TimeProvider time)
{
    /// <summary>A file up to this size arrives quickly, and sending it again costs its client little.</summary>
    public const int SmallFile = 1 << 20;

    /// <summary>
    /// Returns whether a file is small and the creating request contains all of it: then it can be created together with its bytes. Through
    /// a link it cannot, because the creation reserves the link's limits.
    /// </summary>
    /// <param name="announced">The length of the request's body.</param>
    public static bool ComesAtOnce(Caller caller, long? size, long? announced) =>
        caller.Grant is null && size is > 0 and <= SmallFile && announced == size;

    /// <summary>
    /// 1. Binds an upload to its place: through a link to the link's folder, otherwise to the place that the client requests. Missing
    /// folders are created when it is published.
    /// </summary>
    /// <param name="wanted">Null if the client gives no path.</param>
    /// <param name="name">The file's name in that case.</param>
    /// <param name="atOnce">Whether the request contains the whole small file: then a name conflict may be resolved when it is
    /// published.</param>
    /// <returns>No target if the upload stays unfiled.</returns>
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

    /// <summary>2. Returns why the caller may not upload the file, or null.</summary>
    public async ValueTask<UploadFailure?> RefuseAsync(WantedUpload wanted, CancellationToken cancellationToken) =>
        admission.RefuseCreation(
            wanted.Caller, wanted.IsPart || wanted.RelayOf is not null ? null : wanted.FileName, wanted.ContentType, wanted.Size,
            wanted.Metadata)
        ?? (wanted.RelayOf is null ? await hook.RefuseAsync(wanted, cancellationToken) : null);

    /// <summary>2. Returns the row of an admitted upload. The caller of this method creates it.</summary>
    public async Task<Result<NewUpload>> AdmitAsync(WantedUpload wanted, CancellationToken cancellationToken) =>
        await RefuseAsync(wanted, cancellationToken) is { } refusal ? refusal : Describe(wanted);

    /// <summary>2. and 3. Creates the upload before its bytes arrive.</summary>
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
    /// 2. Admits a small file that one request contains: the ledger creates it together with its first checkpoint. If the request has no
    /// bytes, call <see cref="RecordAsync"/>.
    /// </summary>
    public async Task<Result<DeferredCreation>> BeginAsync(WantedUpload wanted, CancellationToken cancellationToken)
    {
        var admitted = await AdmitAsync(wanted, cancellationToken);
        return admitted.Ok ? new DeferredCreation(admitted.Value, incarnation, time.GetUtcNow()) : admitted.Failure;
    }

    /// <summary>3. Creates the upload of a request that ended without bytes. Does nothing if the ledger has it already.</summary>
    public Task<UploadFailure?> RecordAsync(DeferredCreation upload, CancellationToken cancellationToken) =>
        upload.RecordAsync(ledger, cancellationToken);

    /// <summary>Returns the upload that an earlier request with this key has created or published, or null.</summary>
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

    // An upload in one request cannot be resumed after a crash or a failure of the ledger, so it expires sooner.
    private TimeSpan AllowanceOf(UploadProtocol protocol)
    {
        var (silence, idle) = (options.Value.BodyIdleTimeout * 2, options.Value.IdleExpiry);
        if (protocol != UploadProtocol.Put)
            return idle;
        var least = silence > TimeSpan.FromMinutes(10) ? silence : TimeSpan.FromMinutes(10);
        return least < idle ? least : idle;
    }

    // Uploads through a link never replace a file: if the name is taken, a number is added. The names come from unknown persons, so they
    // are sanitized.
    private static (FileTarget? Target, UploadFailure? Failure) PlaceOf(LinkGrant grant, WantedPlace? wanted, string name)
    {
        IReadOnlyList<string> path = [.. (wanted?.Path ?? [name]).Select(FileNameRule.MakeSafe)];
        if (LinkRules.Target(grant.Link, path) is not { } bound)
            return (null, null);
        return bound.Ok ? (bound.Value with { Modified = wanted?.Modified }, null) : (null, bound.Failure);
    }
}
