using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Intake;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// Handles POST /files: 1. parse the headers; 2. check the rules; 3. create the upload, or join others; 4. receive the bytes of this
/// request; 5. answer with its address.
/// </summary>
internal static class CreateUpload
{
    // How long to wait for the first byte of a body. After that the request is treated as one that has bytes.
    private static readonly TimeSpan FirstByteWait = TimeSpan.FromSeconds(5);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(TusRoutes.Root, HandleAsync).RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload)
            .Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, UploadIntake intake, UploadCatalog catalog, StreamAppender appender, UploadJoiner joiner, TusOptions options,
        Admission admission, Expiry expiry, ApiMeter meter, TimeProvider time)
    {
        // 1. and 2.
        if (FormUpload.Refuse(context.Request) is { } form)
            return form;
        var headers = CreateHeaders.Read(context.Request, options);
        var bytes = await RequestBytes.AnyAsync(context, FirstByteWait, time, context.RequestAborted);
        var announced = RequestBytes.Length(context);
        if (CreateRules.FirstBroken(headers, bytes, announced, options, admission.LargestUpload(context.Caller())) is { } refusal)
            return refusal;
        if (!bytes && headers.Concat != ConcatKind.Final && IsOfEmptyBody(context.Request, headers) is { } wrong)
            return wrong;

        // 3. A part has no place; only the joined upload has one.
        var atOnce = bytes && UploadIntake.ComesAtOnce(context.Caller(), headers.Length, announced);
        var (target, taken) = headers.Concat == ConcatKind.Partial
            ? default
            : await intake.PlaceAsync(
                context.Caller(), FileMetadata.TargetOf(headers.Metadata, out _), FileMetadata.NameOf(headers.Metadata), atOnce,
                context.RequestAborted);
        if (taken is not null)
            return Refusal.Of(taken);

        var upload = UploadOf(context, headers, target, options);
        DeferredCreation? deferred = null;
        Result<Upload> created;
        if (headers.Concat == ConcatKind.Final)
        {
            var admitted = await intake.AdmitAsync(upload, context.RequestAborted);
            created = admitted.Ok
                ? AsHeaderFault(await joiner.JoinAsync(
                    admitted.Value, headers.Parts, options.Has(TusExtension.ConcatenationUnfinished), context.RequestAborted))
                : admitted.Failure;
        }
        else if (atOnce)
        {
            var begun = await intake.BeginAsync(upload, context.RequestAborted);
            deferred = begun.Value;
            created = begun.Ok ? begun.Value.Seen!.Upload! : begun.Failure;
        }
        else
        {
            var made = await intake.CreateAsync(upload, context.RequestAborted);
            created = made.Ok ? made.Value.Upload : made.Failure;
        }

        if (!created.Ok)
            return Refusal.Of(created.Failure);
        if (deferred is null)
            meter.Upload(TusRoutes.Metric, "created");
        var result = created.Value;

        // 4. An empty upload is complete at once (T75).
        long offset = 0;
        if (headers.Concat != ConcatKind.Final && (bytes || headers.Length == 0))
        {
            var received = await ReceiveAsync(
                context, headers, result, deferred, bytes ? announced : 0, intake, catalog, appender, joiner, meter);
            if (!received.Ok)
                return Refusal.Of(received.Failure);
            (result, offset) = (received.Value.Upload, received.Value.Offset);
        }

        // 5. Answer with its address.
        context.Response.Headers.Location = LinkAddress.LocationOf(context.Request, TusRoutes.PathOf(result.Id));
        // Send it also if there could be no bytes, because otherwise tus-js-client repeats the request for a stream of unknown length.
        if (headers.Concat != ConcatKind.Final && options.Has(TusExtension.CreationWithUpload))
            context.Response.Headers[TusHeaders.UploadOffset] = offset.ToString(CultureInfo.InvariantCulture);
        expiry.Write(context.Response.Headers, result);
        AdviceHeader.Write(context, result);
        RefusedBody.Prepare(context);
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    /// <summary>Compares a declared checksum with an empty body (T118).</summary>
    private static Refusal? IsOfEmptyBody(HttpRequest request, CreateHeaders headers)
    {
        var checksum = headers.Checksum.Start(request);
        using var _ = checksum as IDisposable;
        return checksum?.Verify() switch
        {
            ChecksumVerdict.Mismatch => Refusal.Of(UploadError.ChecksumMismatch,
                "Upload-Checksum covers the bytes of its own request, and this request has none. Nothing was created; leave it out."),
            ChecksumVerdict.Missing => Refusal.Of(UploadError.ChecksumMissing,
                "The announced checksum is missing or cannot be read. Nothing was created; send the request again."),
            _ => null,
        };
    }

    private static WantedUpload UploadOf(HttpContext context, CreateHeaders headers, FileTarget? target, TusOptions options) =>
        new(
            context.Caller(), UploadProtocol.Tus, target?.Place.Names[^1] ?? FileMetadata.NameOf(headers.Metadata),
            FileMetadata.TypeOf(headers.Metadata))
        {
            Metadata = headers.Metadata?.ToText() ?? new Dictionary<string, string>(),
            ProtocolState = ProtocolState.Of(headers.Metadata, headers.ConcatRaw),
            Size = headers.Length,
            IsPart = headers.Concat == ConcatKind.Partial,
            Slides = options.Expiration == TusExpiration.Sliding,
            Target = target,
            Priority = BandwidthPriorities.Parse(headers.Metadata?.Text("priority")),
        };

    private static async Task<Result<StreamReceipt>> ReceiveAsync(
        HttpContext context, CreateHeaders headers, Upload upload, DeferredCreation? deferred, long? announced, UploadIntake intake,
        UploadCatalog catalog, StreamAppender appender, UploadJoiner joiner, ApiMeter meter)
    {
        var checksum = headers.Checksum.Start(context.Request);
        using var _ = checksum as IDisposable;
        var append = new StreamAppend(
            context.Caller(), upload.Id, UploadProtocol.Tus, 0, CompletionMode.WhenFull)
        { Checksum = checksum, Deferred = deferred };
        var result = await appender.AppendAsync(append, RequestBody.Of(context, announced), context.RequestAborted);
        var wrong = result.Failure?.Error is UploadError.ChecksumMismatch or UploadError.ChecksumMissing or UploadError.BeyondSize
            or UploadError.TooLarge or UploadError.LinkSize;
        if (deferred is not null)
        {
            if (!result.Ok && !wrong && await intake.RecordAsync(deferred, CancellationToken.None) is { } unmade)
                return unmade;
            if (deferred.New is null)
                meter.Upload(TusRoutes.Metric, "created");
        }

        if (result.Ok)
        {
            if (result.Value.Upload.IsReceived)
            {
                meter.Upload(TusRoutes.Metric, "completed");
                await joiner.CompletedAsync(result.Value.Upload, CancellationToken.None);
            }

            return result;
        }

        // Wrong bytes leave no upload behind (T103, T104).
        if (wrong)
        {
            await catalog.RemoveAsync(context.Caller(), upload.Id, CancellationToken.None);
            return result.Failure with { Offset = null };
        }

        // The bytes before the broken framing are kept, but the request fails; the refusal contains the address.
        if (result.Failure.Error == UploadError.MalformedBody)
        {
            context.Response.Headers.Location = LinkAddress.LocationOf(context.Request, TusRoutes.PathOf(upload.Id));
            return result;
        }

        // Otherwise the received bytes are kept and the client gets the offset to resume, because the upload exists regardless of later
        // failures (T101, T102).
        return result.Failure.Offset is { } kept ? new StreamReceipt(result.Failure.Upload ?? upload, kept) : result;
    }

    // Reports the engine's failures about parts as faults of the header in which the client listed them (T142, T149, T153).
    private static Result<Upload> AsHeaderFault(Result<Upload> joined) =>
        joined.Failure is
        {
            Error: UploadError.NotFound or UploadError.WrongProtocol or UploadError.NotCompleted
            or UploadError.Cancelled or UploadError.Expired or UploadError.Failed or UploadError.Deleted or UploadError.Damaged
        } failure
            ? new UploadFailure(UploadError.PartsMismatch, failure.Detail)
            : joined;

    private static EndpointDoc Doc => new(
        TusRoutes.Tag, nameof(CreateUpload), "Create an upload",
        """
        With its length, or with `Upload-Defer-Length: 1` where it is not known yet; with its first bytes, where they are at hand. An
        `Upload-Concat: partial` is made to be joined with others by `Upload-Concat: final;URL URL …`, which copies nothing and is finished
        at once.
        """)
    {
        CreatesUpload = true,
        Bytes = "The first bytes.",
        BytesType = OffsetMediaType.Name,
        BytesRequired = false,
        Headers =
        [
            TusRoutes.Version,
            new(TusHeaders.UploadLength, "Bytes of the whole upload.", "20971520"),
            new(TusHeaders.UploadDeferLength, "1: the length comes later.", "1"),
            new(TusHeaders.UploadMetadata, "Keys with base64 values. filename and filetype are "
                + "looked at; path (or relativePath, as Uppy sends it) publishes the file there, with modifiedAt or lastModified, mode and "
                + "conflict.", "filename aG9saWRheS5tcDQ="),
            new(TusHeaders.UploadConcat, "partial, or final; with addresses.", "partial"),
            new(TusHeaders.UploadChecksum, "Over this request's bytes.", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
        ],
        Answers =
        [
            new(201, "Created.")
            {
                Headers =
                [
                    new("Location", "The upload's address.", $"http://127.0.0.1:8080/files/{Examples.Id}"),
                    new(TusHeaders.UploadOffset, "How many bytes came along.", "0"),
                    new(TusHeaders.UploadExpires, "When the upload ends unless more comes.", "Thu, 15 Jan 2026 09:30:12 GMT"),
                    AdviceHeader.Doc,
                ],
            },
        ],
        Protocol = UploadProtocol.Tus,
        Errors =
        [
            .. ErrorsOf.Admission, UploadError.NameTaken, UploadError.NotFolder, UploadError.NotFile, UploadError.TypeMismatch,
            UploadError.PartsMismatch, UploadError.BeyondSize, UploadError.ChecksumMismatch, UploadError.ChecksumMissing,
            UploadError.MalformedBody, UploadError.StorageFailed, RequestError.InvalidPath, RequestError.UnsupportedVersion,
            RequestError.MediaTypeNotSupported, RequestError.InvalidHeader, RequestError.UnknownAlgorithm, RequestError.ExtensionOff,
        ],
    };
}
