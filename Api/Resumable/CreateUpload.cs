using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Resumable.Interim;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Uploads;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Handles POST /uploads, PUT /uploads and PUT /uploads/{name}: 1. select the kind of upload; 2. check headers and rules; 3. create the
/// upload; 4. send its address before reading a byte; 5. receive the bytes of this request; 6. answer.
/// </summary>
internal static class CreateUpload
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(ResumableRoutes.Root, HandleAsync).RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload)
            .Document(CreateDocs.Of("CreateResumableUpload", named: false));
        routes.MapPut(ResumableRoutes.Root, HandleAsync).RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload)
            .Document(CreateDocs.Of("PutResumableUpload", named: false));
        routes.MapPut(ResumableRoutes.Named, HandleAsync).RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload)
            .Document(CreateDocs.Of("PutNamedResumableUpload", named: true));
    }

    private static async Task<IResult> HandleAsync(
        HttpContext context, UploadIntake intake, UploadCatalog catalog, FileTree tree, StreamAppender appender, OrdinaryUpload ordinary,
        UploadAnswers answers, BrokenAppend broken, LimitHeader limits, ResumableOptions options, Admission admission, ApiMeter meter,
        TimeProvider time)
    {
        // 1. Select the kind of upload.
        var resumable = ResumableRequest.Of(context);
        if (CreateDispatch.Read(context.Request.Headers, resumable, out var complete) is { } refusal)
            return refusal;
        if (FormUpload.Refuse(context.Request) is { } form)
            return form;
        if (NameOf(context, out var name, out var wanted) is { } nameless)
            return nameless;
        // A name of 32 hexadecimal digits may be the id of one of the caller's uploads; otherwise it is a name.
        if (UploadId.TryParse(name, out var id) && context.Request.RouteValues.ContainsKey("name")
            && await catalog.FindAsync(context.Caller(), id, context.RequestAborted) is not null)
        {
            context.Response.Headers.Allow = "OPTIONS, HEAD, GET, PATCH, DELETE";
            return Refusal.Of(RequestError.MethodNotAllowed,
                "This is the address of an existing upload. Append to it with PATCH, or send the new file under another name.");
        }

        if (resumable.Dialect is not { } dialect)
        {
            var (place, taken) = await BindAsync(context, wanted, name, intake, tree);
            return taken ?? await ordinary.ReceiveAsync(context, name, place);
        }

        // 2. Check headers and rules.
        var headers = CreateHeaders.Read(context, dialect, complete);
        if (CreateRules.IsOrdinary(headers, options))
        {
            resumable.Dialect = null;
            var (place, taken) = await BindAsync(context, wanted, name, intake, tree);
            return taken ?? await ordinary.ReceiveAsync(context, name, place);
        }

        if (CreateRules.FirstBroken(headers, options, admission.LargestUpload(context.Caller())) is { } wrong)
            return wrong;

        // 3. Create the upload.
        if (!IsNamed(context) && headers.Metadata is not null)
        {
            wanted = FileMetadata.TargetOf(headers.Metadata, out _);
            name = wanted?.Name ?? FileMetadata.NameOf(headers.Metadata);
        }

        var (target, refused) = await BindAsync(context, wanted, name, intake, tree);
        if (refused is not null)
            return refused;
        var stream = new WantedUpload(context.Caller(), UploadProtocol.Ietf, name, headers.ContentType)
        {
            Metadata = headers.Metadata?.ToText() ?? new Dictionary<string, string>(),
            ProtocolState = ProtocolState.Of(dialect, context.Request, headers.Coding),
            Size = headers.Size,
            Sha256 = headers.Digests.Whole,
            Target = target,
        };
        var created = await intake.CreateAsync(stream, context.RequestAborted);
        if (!created.Ok)
            return Refusal.Of(created.Failure);
        meter.Upload(ResumableRoutes.Metric, "created");
        var upload = created.Value.Upload;

        // 4. Send its address before reading a byte.
        var interim = InterimResponses.To(context, dialect, options, time);
        await interim.TellAddressAsync(UploadAnswers.LocationOf(context, upload), limits.Text(dialect, upload, context.Caller()));

        // 5. Receive the bytes of this request.
        if (!complete && headers.Announced == 0)
            return answers.Begun(context, dialect, upload, 0);
        using var digest = headers.Digests.Start(context.Request);
        var append = new StreamAppend(
            context.Caller(), upload.Id, UploadProtocol.Ietf, 0, headers.Complete ? CompletionMode.WithThisRequest : CompletionMode.Later)
        {
            Checksum = digest,
            OnRecorded = interim.Progress,
        };
        var most = dialect.LimitsCreation ? options.MaxAppendSize : null;
        var appended = await AppendResult.RunAsync(
            context, appender, append, RequestBody.Of(
                context, headers.Announced) with
            { TrailerDigest = headers.Digests.TrailerOfWhole(context.Request) }, most);

        // 6. Answer.
        if (appended.Receipt is { } receipt)
        {
            if (!receipt.Upload.IsReceived)
                return answers.Begun(context, dialect, receipt.Upload, receipt.Offset);
            meter.Upload(ResumableRoutes.Metric, "completed");
            return answers.Completed(context, dialect, receipt.Upload, begins: true);
        }

        return await broken.SettleAsync(context, upload.Id, appended.Failure!, began: true, interim.Located);
    }

    private static bool IsNamed(HttpContext context) =>
        context.Request.RouteValues.ContainsKey("name") || context.Request.Headers.ContentDisposition.Count > 0;

    private static async Task<(FileTarget? Target, Refusal? Refusal)> BindAsync(
        HttpContext context, WantedPlace? wanted, string name, UploadIntake intake, FileTree tree)
    {
        var (target, failure) = await intake.PlaceAsync(context.Caller(), wanted, name, atOnce: false, context.RequestAborted);
        if (failure is not null)
            return (null, Refusal.Of(failure));
        if (target is null || wanted?.Tags is null || context.Caller().Grant is not null)
            return (target, null);
        var found = await tree.PlaceAsync(target.Place.Space, wanted.Path, parents: true, context.RequestAborted);
        if (!found.Ok)
            return (null, Refusal.Of(found.Failure));
        var existing = found.Value.Existing;
        return EntryHeaders.RefuseUnmet(context, existing) is { } unmet
            ? (null, unmet)
            : (target with { Revision = wanted.Tags.Contains("*") ? null : existing!.Revision }, null);
    }

    /// <summary>
    /// Reads the name from the address, or from Content-Disposition. An address with several names is a path: the file is published there,
    /// and with If-Match it replaces the existing one.
    /// </summary>
    private static Refusal? NameOf(HttpContext context, out string name, out WantedPlace? target)
    {
        (name, target) = ("", null);
        if (!context.Request.RouteValues.ContainsKey("name"))
        {
            name = DispositionField.FileName(context.Request.Headers.ContentDisposition);
            return null;
        }

        var line = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!RawName.TryReadPath(line, ResumableRoutes.Root, out var names, out var slash) || names.Count == 0)
            return Refusal.Of(RequestError.InvalidName, "The name after /uploads/ must be UTF-8, percent-encoded without broken escapes.");
        name = names[^1];
        if (names.Count == 1 && !slash)
            return FileNameRule.Fault(name) is { } fault ? Refusal.Of(RequestError.InvalidName, fault) : null;
        if (slash || TreePath.Fault(names) is not null)
            return Refusal.Of(RequestError.InvalidPath, TreePath.Fault(names) ?? "The path must end with the name of the file.");
        var (headers, refusal) = EntryHeaders.Read(context.Request.Headers);
        if (headers is not null)
        {
            var conflict = headers.MustBeNew ? NameConflict.Fail : headers.Tags is null ? NameConflict.Rename : NameConflict.Replace;
            target = new WantedPlace(names, headers.Modified, headers.Mode, conflict) { Tags = headers.Tags };
        }

        return refusal;
    }
}
