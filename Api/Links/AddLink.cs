using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Links;

/// <summary>
/// POST /api/links: 1. the body; 2. what the caller may share; 3. the place; 4. the link, whose token is only contained in this response.
/// </summary>
internal static class AddLink
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/links", HandleAsync).RequireAuthorization(AccessPolicy.Share).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewLinkBody> validator, FileTree tree, ILinkLedger links, Passwords passwords, TimeProvider time)
    {
        // 1. The body.
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewLinkBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;

        // 2. A link never grants more rights than its creator has.
        var caller = context.Caller();
        var kind = body.Kind == "upload" ? ShareLinkKind.Upload : ShareLinkKind.Download;
        if (!caller.Scopes.HasFlag(kind.Grants()))
            return Refusal.Of(RequestError.NotPermitted, "Your key or role may not do itself what this link would permit.");

        // A link must end when its creator loses this right, but for tokens of an issuer the service only notices that with the next token.
        if (caller.Credential.Kind == CredentialKind.Token)
        {
            return Refusal.Of(
                RequestError.NotPermitted,
                "A token of the issuer makes no links: they would outlive it. Make the link with a key, or as a user of this service.");
        }

        // 3. The place.
        var placed = await PlaceAsync(tree, caller, kind, body, context.RequestAborted);
        if (placed is { Failure: { } failure })
            return Refusal.Of(failure);

        // 4. The link, whose token is only contained in this response.
        var token = LinkToken.New();
        var now = time.GetUtcNow();
        var link = new ShareLink(
            Guid.NewGuid(), kind, caller.Tenant, body.Title ?? "", caller.Subject, caller.User, caller.ApiKey,
            placed?.Value?.Space, placed?.Value?.Id, now, now.AddSeconds(body.ExpiresInSeconds ?? NewLinkValidator.DefaultSeconds), null)
        {
            Uploads = new UploadLimits(body.MaxSize, body.MaxFiles, body.MaxBytes, body.Types ?? [], body.Names ?? [], body.Folders)
            {
                Priority = BandwidthPriorities.Parse(body.Priority) ?? BandwidthPriority.Normal,
            },
            MaxDownloads = body.MaxDownloads,
            Password = body.Password is { } password ? passwords.Hash(password) : null,
        };
        await links.AddAsync(link, LinkToken.Hash(token), context.RequestAborted);
        return JsonAnswer.Of(
            new MadeLinkView(ShareLinkView.Of(link, now), token, LinkAddress.Of(context.Request, token)), ApiJson.Out.MadeLinkView,
            StatusCodes.Status201Created);
    }

    /// <summary>Returns the entry of the link; null for an upload link without a path.</summary>
    private static async Task<Result<Entry>?> PlaceAsync(
        FileTree tree, Caller caller, ShareLinkKind kind, NewLinkBody body, CancellationToken cancellationToken)
    {
        if (body.Path is null)
            return null;
        var upload = kind == ShareLinkKind.Upload;
        EntryId space;
        if (body.Space is null)
            space = await tree.DefaultSpaceAsync(caller, cancellationToken);
        else if (!EntryId.TryParse(body.Space, out space))
            return TreeRefusals.NoEntry();
        var reached = await tree.SpaceAsync(caller, space, change: upload, cancellationToken);
        if (!reached.Ok)
            return reached.Failure;
        var path = TreePath.Parse(body.Path, out _)!;
        var found = await tree.FindAsync(space, path, cancellationToken);
        if (!found.Ok && upload && body.Parents)
        {
            var free = await tree.PlaceAsync(space, path, parents: true, cancellationToken);
            return free.Ok
                ? await tree.MakeFolderAsync(caller, free.Value.Place, NameConflict.Fail, null, null, cancellationToken)
                : free.Failure;
        }

        if (!found.Ok)
            return upload ? TreeRefusals.NoFolder(path) : found.Failure;
        return upload && found.Value.Entry.Kind != EntryKind.Folder ? TreeRefusals.NotFolder(path)
            : found.Value.Entry.Kind == EntryKind.Link
                ? new UploadFailure(UploadError.NotFile, "A symbolic link has no content; share what it points to.")
                : found.Value.Entry;
    }

    private static EndpointDoc Doc => new(
        "Links", nameof(AddLink), "Make a link",
        """
        An upload link needs the scope upload, and rights to change the space of its folder; a download link needs read. The link ends when
        its maker, or the key that made it, may not do this any more. The token is shown only in this answer. A token of an outside
        issuer makes no links.

        Below the address of an upload link lie `/files` for tus clients, `/uploads` for resumable uploads of the IETF, and
        `PUT /files/{name}` for curl; the address itself is a page. Its holder reaches only the uploads that came through it, and none of
        their content. Below a download link lie `/content` for a file, `/tree/{path}` and `/archive.zip` for a folder, and
        `/tree/{path}?format=zip` for a folder in it. A download counts once for each client and hour. Where the link has a password,
        `POST /password` below it gives a cookie for a day (uploads) or an hour.

            curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"kind":"upload","path":"inbox","parents":true,"maxFiles":10}' http://127.0.0.1:8080/api/links
            curl -T photo.jpg http://127.0.0.1:8080/l/$TOKEN/files/
            curl -c jar -H "Content-Type: application/json" -d '{"password":"open sesame"}' http://127.0.0.1:8080/l/$TOKEN/password
            curl -b jar -T photo.jpg http://127.0.0.1:8080/l/$TOKEN/files/
        """)
    {
        Json = new(typeof(NewLinkBody), ShareLinkView.NewExample),
        Answers = [new(201, "The link and its token.", typeof(MadeLinkView), ShareLinkView.MadeExample)],
        Errors =
        [
            UploadError.NoEntry, UploadError.NoFolder, UploadError.NotFolder, UploadError.NotFile, UploadError.ReadOnly,
            UploadError.NameTaken, UploadError.RootFolder,
        ],
    };
}
