using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tree;

/// <summary>
/// PUT /api/tree/{path}: writes a file, or creates a folder if the path ends with a slash, or a symbolic link if a header contains its
/// target. 1. the path; 2. the headers; 3. the place; 4. the bytes; 5. the entry.
/// </summary>
internal static class PutEntry
{
    private static readonly Sha256Digest Nothing = Sha256Digest.Of([]);

    public static void Map(IEndpointRouteBuilder routes) => TreeRoutes.Map(
        TreeRoutes.Entry, at => routes.MapPut(at, HandleAsync), AccessPolicy.Upload, Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, UploadIntake intake, FileReceiver receiver, UploadCatalog catalog, ITreeLedger ledger,
        FileViews views, ApiMeter meter)
    {
        // 1. The path.
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, change: true);
        if (address is null)
            return refusal!;
        var query = new QueryReader(context.Request.Query, "parents", "conflict");
        var parents = TreeQuery.Flag(query, "parents");
        var asked = TreeQuery.Conflict(query);
        if (query.Refusal is not null)
            return query.Refusal;

        // 2. The headers.
        var (headers, fault) = EntryHeaders.Read(context.Request.Headers);
        if (headers is null)
            return fault!;

        // 3. The place.
        var (target, answer) = await PlaceAsync(context, address, headers, asked, parents, tree);
        if (target is null)
            return answer!;

        // 4. The file's bytes, or, without bytes, the content of another file with this digest.
        if (FileBody.Read(context, out var file, out var body) is { } wrong)
            return wrong;
        target = target with { Modified = headers.Modified, Mode = headers.Mode };
        var wanted = new WantedUpload(context.Caller(), UploadProtocol.Put, address.Path[^1], file.ContentType)
        { Sha256 = file.Sha256, Target = target };
        if (file.Sha256 is { } known && RequestBytes.Length(context) == 0 && known != Nothing)
        {
            if (!context.Caller().Scopes.HasFlag(Scopes.Read))
                return Refusal.Of(RequestError.NotPermitted, "Your key may not read files, so it must send their bytes.");
            var placed = await tree.PlaceKnownAsync(
                context.Caller(), known, null, target, () => intake.RefuseAsync(wanted, context.RequestAborted),
                context.RequestAborted);
            return Answer(context, address, headers, placed, placed.Value?.Version == 1);
        }

        var result = await receiver.ReceiveAsync(wanted, body, context.RequestAborted);
        meter.Put(result);
        return result.Ok
            ? await AnswerAsync(context, address, headers, result.Value, catalog, ledger, views)
            : Refusal.Of(result.Failure);
    }

    /// <returns>The place of the file to write; or the response, also if a folder or a link was created.</returns>
    private static async Task<(FileTarget? Target, IResult? Answer)> PlaceAsync(
        HttpContext context, TreeAddress address, EntryHeaders headers, NameConflict? asked, bool parents, FileTree tree)
    {
        var folder = address.Slash && headers.LinkTarget is null;
        var conflict = headers.MustBeNew ? NameConflict.Fail : asked ?? NameConflict.Replace;

        // Without conditions, an existing entry does not matter yet; the ledger checks it when the bytes are complete.
        if (!folder && headers is { LinkTarget: null, Tags: null, MustBeNew: false })
        {
            var atOnce = context.Request.ContentLength <= UploadIntake.SmallFile;
            var bound = await tree.BindUploadAsync(address.Space, address.Path, conflict, parents, atOnce, context.RequestAborted);
            return bound.Ok ? (bound.Value, null) : (null, Refusal.Of(bound.Failure));
        }

        var found = await tree.PlaceAsync(address.Space, address.Path, parents, context.RequestAborted);
        if (!found.Ok)
            return (null, Refusal.Of(found.Failure));
        var (place, existing) = found.Value;
        if (headers.Refuse(existing) is { } unmet)
            return (null, unmet);
        if (folder)
        {
            if (context.Request.ContentLength > 0)
            {
                return (null, Refusal.Of(
                    RequestError.BadRequest, "A folder has no content; leave out the slash at the end to write a file."));
            }

            var made = await tree.MakeFolderAsync(
                context.Caller(), place, conflict, headers.Modified, headers.Mode, context.RequestAborted);
            return (null, Answer(context, address, headers, made, existing is null));
        }

        if (headers.LinkTarget is { } target)
        {
            var made = await tree.MakeLinkAsync(context.Caller(), place, conflict, target, headers.Modified, context.RequestAborted);
            return (null, Answer(context, address, headers, made, true));
        }

        return existing is { Kind: EntryKind.Folder }
            ? (null, Refusal.Of(UploadError.NotFile, "There is no file at this path, but a folder."))
            : (new FileTarget(place, conflict) { Revision = headers.RevisionOf(existing) }, null);
    }

    /// <summary>5. Returns the outcome of publishing a completely received file.</summary>
    private static async Task<IResult> AnswerAsync(
        HttpContext context, TreeAddress address, EntryHeaders headers, Upload upload, UploadCatalog catalog, ITreeLedger ledger,
        FileViews views)
    {
        if (upload.State == UploadState.Checking)
        {
            context.Response.Headers.Location = PublicAddress.PathOf(context.Request, FileViews.Url(upload.Id));
            return JsonAnswer.Of(views.Of(upload), ApiJson.Out.FileView, StatusCodes.Status202Accepted);
        }

        if (upload.UnfiledReason is { } reason)
        {
            var why = TreeRefusals.Of(reason);
            if (context.Request.ContentLength <= UploadIntake.SmallFile
                && (await catalog.DeleteFileAsync(context.Caller(), upload.Id, CancellationToken.None)).Ok)
                return headers.Refuse(why);
            return headers.Refuse(why with { Detail = $"{why.Detail} The bytes are kept as the unfiled file {upload.Id}." });
        }

        context.Response.Headers.ETag = $"\"{upload.Id}\"";
        if (headers.Modified is not null)
            context.Response.Headers[EntryHeaders.ModifiedAt] = "accepted";
        // Another request may have replaced, moved or removed it since.
        return await ledger.PublishedAsAsync(upload.Id, context.RequestAborted) is (var version, var entry)
            ? Answer(context, new PlacedEntry([.. address.Path.SkipLast(1), entry.Name], entry), version == 1)
            : Refusal.Of(TreeRefusals.NoEntry());
    }

    private static IResult Answer(HttpContext context, TreeAddress address, EntryHeaders headers, Result<Entry> made, bool isNew) =>
        made.Ok ? Answer(context, new PlacedEntry([.. address.Path.SkipLast(1), made.Value.Name], made.Value), isNew)
            : headers.Refuse(made.Failure);

    private static JsonAnswer<EntryView> Answer(HttpContext context, PlacedEntry placed, bool isNew)
    {
        if (isNew)
            context.Response.Headers.Location = PublicAddress.PathOf(context.Request, TreeAddress.Of(context, placed.Path));
        return JsonAnswer.Of(
            EntryView.Of(placed), ApiJson.Out.EntryView, status: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static EndpointDoc Doc => new(
        "Tree", nameof(PutEntry), "Write a file, or make a folder or a link",
        """
        Writes the body as the file at this path. A file that is there gets a new version; the content before it goes to the trash. A path
        that ends with `/` makes a folder. With the SHA-256 of a file that you can read here (`X-Content-SHA256`) and no body, the content
        is not sent again. With `X-Link-Target` it makes a symbolic link, which the service never follows.

            curl -T report.pdf -H "Authorization: Bearer $KEY" "http://127.0.0.1:8080/api/tree/2026/report.pdf?parents=true"
        """)
    {
        Query =
        [
            new("parents", "true: folders that are missing on the way are made.", "true"),
            new("conflict", "If the name is taken: replace (default), rename or fail.", "replace"),
        ],
        CreatesUpload = true,
        Bytes = "The file's bytes; nothing for a folder or a link.",
        BytesRequired = false,
        Headers =
        [
            new(EntryHeaders.ModifiedAt, "When the file was modified: seconds since 1970, up to nine decimals.", "1769765400.25"),
            new(EntryHeaders.ModeBits, "POSIX permission bits, octal.", "0644"),
            new(EntryHeaders.Link, "Makes a symbolic link with this target, percent-encoded.", "..%2Fother"),
            new("If-None-Match", "Only *: there must be nothing at this path.", "*"),
            new("If-Match", "Replace only this revision (\"r5\") or this content (its ETag).", "\"r5\""),
            new(DigestHeaders.ContentDigest, "SHA-256 of the file (RFC 9530).", Examples.Digest),
            new(ServiceHeaders.ContentSha256, "The same in hexadecimal digits; without a body, the content to take.", Examples.Sha256),
        ],
        Answers =
        [
            new(201, "The new entry.", typeof(EntryView), Examples.Entry)
            {
                Headers = [new("Location", "The entry's address.", "/api/tree/2026/report.pdf")],
            },
            new(200, "The file with its new version, or the folder that was there.", typeof(EntryView), Examples.Entry),
            new(202, "All bytes are there, and a checker decides whether they become the file.", typeof(FileView),
                Examples.CheckedFile)
            {
                Headers = [new("Location", "Where to ask for it.", $"/api/files/{Examples.Id}")],
            },
        ],
        Errors =
        [
            .. ErrorsOf.Admission, .. ErrorsOf.Digests, .. ErrorsOf.Places, UploadError.NotFile, UploadError.EntryChanged,
            UploadError.ContentUnknown, UploadError.LengthMismatch, UploadError.MalformedBody, UploadError.TypeMismatch,
            UploadError.IdleTimeout, UploadError.FileDigestMismatch, UploadError.StorageFailed, UploadError.Stopping,
            UploadError.DigestMissing, RequestError.InvalidPath, RequestError.PreconditionFailed, RequestError.BadRequest,
        ],
    };
}
