using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Projects;
using ChunkUpload.Core.Uploads;
using FluentValidation;

namespace ChunkUpload.Api.Sessions;

/// <summary>POST /api/sessions: creates an upload in chunks.</summary>
internal static class CreateSession
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/sessions", HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, UploadIntake intake, UploadCatalog catalog, FileTree tree, SessionViews views, ChunkAdvisor advisor,
        RelayMaker relays, IValidator<NewSessionBody> validator, ApiMeter meter)
    {
        var keyed = IdempotencyKey.Read(context.Request.Headers[IdempotencyKey.Header], out var key);
        if (keyed is FieldStatus.Malformed or FieldStatus.Contradictory)
            return IdempotencyKey.Malformed;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewSessionBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (body.TransferId is not null)
        {
            var (relay, refusal) = await RelaySession.MakeAsync(context, relays, body);
            return refusal ?? await AnswerAsync(context, catalog, views, advisor, meter, relay!.Value);
        }

        Sha256Digest? sha256 = Sha256Digest.TryParseHex(body.Sha256, out var digest) ? digest : null;
        var caller = context.Caller();
        var wanted = WantedPlaceText.Read(body.Path, body.ModifiedAt, body.Mode, body.Conflict, out _);
        Sha256Digest? hash = key is null ? null : HashOf(body);
        if (key is not null && wanted is not null && await intake.RecallAsync(caller, key, hash, context.RequestAborted) is { } made)
            return await AnswerAsync(context, catalog, views, advisor, meter, made);

        // The link's limits are reserved at creation, so the size is required.
        if (caller.Grant is not null && body.Size is null)
            return Refusal.Of(RequestError.InvalidField, "A session through a link needs the size of the file; tus does without.");
        var name = wanted?.Name ?? body.FileName!;
        EntryId? space = EntryId.TryParse(body.Space, out var named) ? named : null;
        var (target, refused) = await intake.PlaceAsync(
            caller, wanted is null ? null : wanted with { Space = space }, name, atOnce: false, context.RequestAborted);
        if (refused is not null)
            return Refusal.Of(refused);
        if (body.Revision is { } revision && target is not null && caller.Grant is null)
        {
            var there = await tree.FindAsync(target.Place.Space, wanted!.Path, context.RequestAborted);
            if (!there.Ok || there.Value.Entry.Revision != revision)
                return Refusal.Of(TreeRefusals.Changed());
            // The statement that publishes the file checks the revision again.
            target = target with { Revision = revision };
        }

        // A digest must not create a file through a link, because it would give the link's holder content that its creator can read.
        var known = caller.Grant is null && caller.Scopes.HasFlag(Scopes.Read) && wanted is not null ? sha256 : null;
        var session = new WantedUpload(caller, UploadProtocol.Session, name, body.ContentType ?? MediaTypeRule.Default)
        {
            Metadata = body.Metadata ?? [],
            Size = body.Size,
            Sha256 = sha256,
            IdleAllowance = body.ExpiresInSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            IdempotencyKey = key,
            IdempotencyHash = hash,
            Target = target,
            Priority = BandwidthPriorities.Parse(body.Priority),
        };
        if (known is not null
            && await PlaceKnownAsync(context, intake, catalog, tree, views, session, wanted!.Path) is { } answer)
            return answer;
        return await AnswerAsync(context, catalog, views, advisor, meter, await intake.CreateAsync(session, context.RequestAborted));
    }

    /// <summary>
    /// Returns a digest that is equal for two bodies with the same values, regardless of spacing, order and case of digits.
    /// </summary>
    internal static Sha256Digest HashOf(NewSessionBody body) => IdempotencyKey.HashOf(
        body with
        {
            ContentType = body.ContentType ?? MediaTypeRule.Default,
            Sha256 = body.Sha256?.ToLowerInvariant(),
            Metadata = new Dictionary<string, string>((body.Metadata ?? []).OrderBy(pair => pair.Key, StringComparer.Ordinal)),
        },
        ApiJson.In.NewSessionBody);

    private static async Task<IResult> AnswerAsync(
        HttpContext context, UploadCatalog catalog, SessionViews views, ChunkAdvisor advisor, ApiMeter meter, Result<CreatedUpload> result)
    {
        if (!result.Ok)
            return Refusal.Of(result.Failure);
        var (caller, created) = (context.Caller(), result.Value);
        if (created.Fresh)
            meter.Upload("session", "created");
        else
            context.Response.Headers[IdempotencyKey.ReplayedHeader] = "true";
        if (created.IsKnownContent)
            return await KnownAsync(context, catalog, views, created.Upload.Id);
        advisor.Register(created.Upload.Id, caller);
        var status = await catalog.StatusAsync(caller, created.Upload.Id, context.RequestAborted);
        if (!status.Ok)
            return Refusal.Of(status.Failure);
        context.Response.Headers.Location = LinkAddress.PathOf(context.Request, SessionRoutes.Location(created.Upload.Id));
        return JsonAnswer.Of(
            views.For(caller, status.Value), ApiJson.Out.SessionView, status: StatusCodes.Status201Created);
    }

    /// <summary>
    /// Publishes content that the caller can already read; returns null if there is none, so that the client must send the bytes.
    /// </summary>
    private static async Task<IResult?> PlaceKnownAsync(
        HttpContext context, UploadIntake intake, UploadCatalog catalog, FileTree tree, SessionViews views, WantedUpload session,
        IReadOnlyList<string> path)
    {
        var (sha256, size, target) = (session.Sha256!.Value, session.Size, session.Target!);
        // If the file at this path already has this content, do not create a second file.
        if (target.Conflict == NameConflict.Rename
            && await tree.FindAsync(target.Place.Space, path, context.RequestAborted) is { Ok: true } found
            && found.Value.Entry is { Upload: { } upload } there && there.Sha256 == sha256 && (size ?? there.Size) == there.Size
            && await catalog.StatusAsync(session.Caller, upload, context.RequestAborted)
                is { Ok: true, Value.Upload: { DamagedAt: null, IsElsewhere: false } } same)
            return JsonAnswer.Of(views.Of(same.Value), ApiJson.Out.SessionView);
        var request = session is { IdempotencyKey: { } key, IdempotencyHash: { } hash } ? new KeyedRequest(key, hash) : null;
        var placed = await tree.PlaceKnownAsync(
            session.Caller, sha256, size, target with { Request = request }, () => intake.RefuseAsync(session, context.RequestAborted),
            context.RequestAborted);
        if (!placed.Ok)
            return placed.Failure.Error == UploadError.ContentUnknown ? null : Refusal.Of(placed.Failure);
        return await KnownAsync(context, catalog, views, placed.Value.Upload!.Value);
    }

    private static async Task<IResult> KnownAsync(HttpContext context, UploadCatalog catalog, SessionViews views, UploadId upload)
    {
        var status = await catalog.StatusAsync(context.Caller(), upload, context.RequestAborted);
        return status.Ok ? JsonAnswer.Of(views.Of(status.Value), ApiJson.Out.SessionView) : Refusal.Of(status.Failure);
    }

    private static EndpointDoc Doc => new(
        "Sessions", nameof(CreateSession), "Begin a session",
        """
        Announces a file and gets the address to send its chunks to, with the first advice on their size and number. With an
        `Idempotency-Key` a repeated request gets the session of the first one (and `Idempotency-Replayed: true`); another body under the
        same key is refused. With a `path` and the `sha256` of a file that you can read in the tree, no byte needs to be sent: the answer is
        200 with the completed upload that has this content. A repeated request with a key gets the same answer and changes nothing more.
        With a `transferId`, the session sends a file that a member of a project has asked for: by the device's key, after it has claimed
        the attempt. It becomes no file, and ends with the transfer.
        """)
    {
        CreatesUpload = true,
        Json = new(typeof(NewSessionBody), Examples.NewSession),
        Headers = [new(IdempotencyKey.Header, "1 to 255 visible ASCII characters, fresh for each file.", "b3c1f5de-holiday")],
        Answers =
        [
            new(201, "The session.", typeof(SessionView), Examples.OpenSession)
            {
                Headers = [new("Location", "The session's address.", Examples.Location)],
            },
            new(200, "Nothing needs to be sent: the completed upload with this content.", typeof(SessionView), Examples.CompletedSession),
        ],
        Errors =
        [
            .. ErrorsOf.Admission, UploadError.NoEntry, UploadError.ReadOnly, UploadError.NameTaken, UploadError.NotFolder,
            UploadError.NotFile, UploadError.EntryChanged, UploadError.IdempotencyMismatch, RequestError.InvalidHeader,
            RequestError.NoSuchTransfer, RequestError.TransferEnded, RequestError.TransferClaimed, RequestError.AttemptOver,
            RequestError.FileChanged,
        ],
    };
}
