using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Statistics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Uploads;
using StreamWriter = ChunkUpload.Core.Uploads.StreamWriter;

namespace ChunkUpload.Api.Tus;

/// <summary>
/// POST /files: 1. the headers; 2. the rules; 3. the upload, or the join of others; 4. bytes that came along; 5. its address.
/// </summary>
internal sealed class CreateUpload(
    UploadCatalog desk, StreamWriter writer, UploadJoiner joiner, TusOptions options, UploadOptions uploads, Expiry expiry, ApiMeter meter,
        TimeProvider time)
{
    // So late a first byte may be before its request is taken for one that has some.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(5);

    // A file of so many bytes, all of which come along, is told to the ledger with them: they are here in a moment, and nobody knows its
    // address before.
    private const long Small = 1 << 20;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(TusRoutes.Root, (HttpContext context, CreateUpload create) => create.HandleAsync(context))
            .RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private async Task<IResult> HandleAsync(HttpContext context)
    {
        // 1. and 2.
        if (FormUpload.Refuse(context.Request) is { } form)
            return form;
        var headers = CreateHeaders.Read(context.Request, options);
        var bytes = await RequestBytes.AnyAsync(context, Moment, time, context.RequestAborted);
        var announced = RequestBytes.Length(context);
        if (CreateRules.FirstBroken(headers, bytes, announced, options, uploads.MaxSize) is { } refusal)
            return refusal;
        if (!bytes && headers.Concat != ConcatKind.Final && IsOfNothing(context.Request, headers) is { } wrong)
            return wrong;

        // 3.
        var upload = UploadOf(context, headers);
        DeferredCreation? unrecorded = null;
        Result<Upload> created;
        if (headers.Concat == ConcatKind.Final)
        {
            created = InPartsWords(
                await joiner.JoinAsync(upload, headers.Parts, options.Has(TusExtension.ConcatenationUnfinished), context.RequestAborted));
        }
        else if (bytes && announced == headers.Length && announced <= Small)
        {
            var begun = desk.BeginStream(upload);
            unrecorded = begun.Value;
            created = begun.Ok ? begun.Value.Seen!.Upload! : begun.Failure;
        }
        else
        {
            created = await desk.CreateStreamAsync(upload, context.RequestAborted);
        }

        if (!created.Ok)
            return Refusal.Of(created.Failure);
        if (unrecorded is null)
            meter.Upload(TusRoutes.Metric, "created");
        var result = created.Value;

        // 4. An empty upload is finished by nothing at all (T75).
        long offset = 0;
        if (headers.Concat != ConcatKind.Final && (bytes || headers.Length == 0))
        {
            var received = await ReceiveAsync(context, headers, result, unrecorded, bytes ? announced : 0);
            if (!received.Ok)
                return Refusal.Of(received.Failure);
            (result, offset) = (received.Value.Upload, received.Value.Offset);
        }

        // 5.
        context.Response.Headers.Location = PublicAddress.Of(context.Request, TusRoutes.PathOf(result.Id));
        // Also where no byte could have come along: tus-js-client asks again when it misses it for a stream of unknown length.
        if (headers.Concat != ConcatKind.Final && options.Has(TusExtension.CreationWithUpload))
            context.Response.Headers[TusHeaders.UploadOffset] = offset.ToString(CultureInfo.InvariantCulture);
        expiry.Write(context.Response.Headers, result);
        AdviceHeader.Write(context, result);
        RefusedBody.Prepare(context);
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    /// <summary>A checksum is of this request's bytes, also where there are none (T118).</summary>
    private static Refusal? IsOfNothing(HttpRequest request, CreateHeaders headers)
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

    private NewStream UploadOf(HttpContext context, CreateHeaders headers) =>
        new(
            context.Caller(), UploadProtocol.Tus, FileMetadata.NameOf(headers.Metadata), FileMetadata.TypeOf(headers.Metadata),
            headers.Metadata?.ToText() ?? new Dictionary<string, string>(), ProtocolState.Of(headers.Metadata, headers.ConcatRaw),
                headers.Length, null,
            IsPart: headers.Concat == ConcatKind.Partial, IdleAllowance: null)
        { Slides = options.Expiration == TusExpiration.Sliding };

    private async Task<Result<StreamReceipt>> ReceiveAsync(
        HttpContext context, CreateHeaders headers, Upload upload, DeferredCreation? unrecorded, long? announced)
    {
        var checksum = headers.Checksum.Start(context.Request);
        using var _ = checksum as IDisposable;
        var append = new StreamAppend(
            context.Caller(), upload.Id, UploadProtocol.Tus, 0, StreamEnding.WhenFull)
        { Checksum = checksum, Unrecorded = unrecorded };
        var result = await writer.AppendAsync(append, BodyArrival.Body(context, announced), context.RequestAborted);
        meter.Received(TusRoutes.Metric, PatchUpload.BytesOf(result, 0));
        var wrong = result.Failure?.Error is UploadError.ChecksumMismatch or UploadError.ChecksumMissing or UploadError.BeyondSize or UploadError.TooLarge;
        if (unrecorded is not null)
        {
            if (!result.Ok && !wrong && await desk.RecordAsync(unrecorded, CancellationToken.None) is { } unmade)
                return unmade;
            if (unrecorded.New is null)
                meter.Upload(TusRoutes.Metric, "created");
        }

        if (result.Ok)
        {
            if (result.Value.Completed)
            {
                meter.Upload(TusRoutes.Metric, "completed");
                await joiner.CompletedAsync(result.Value.Upload, CancellationToken.None);
            }

            return result;
        }

        // Wrong bytes leave nothing behind (T103, T104).
        if (wrong)
        {
            await desk.RemoveAsync(context.Caller(), upload.Id, CancellationToken.None);
            return result.Failure with { Offset = null };
        }

        // What came before the framing broke is kept, and the request is wrong all the same; the address goes with the refusal.
        if (result.Failure.Error == UploadError.MalformedBody)
        {
            context.Response.Headers.Location = PublicAddress.Of(context.Request, TusRoutes.PathOf(upload.Id));
            return result;
        }

        // Otherwise what came is kept, and the client learns where to go on: the upload is there, whatever became of the rest (T101, T102).
        return result.Failure.Offset is { } kept ? new StreamReceipt(result.Failure.Upload ?? upload, kept) : result;
    }

    // What the engine says of uploads, a client has said of addresses in a header (T142, T149, T153).
    private static Result<Upload> InPartsWords(Result<Upload> joined) =>
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
        Bytes = "The first bytes.",
        BytesType = OffsetMediaType.Name,
        BytesRequired = false,
        Headers =
        [
            TusRoutes.Version,
            new(TusHeaders.UploadLength, "Bytes of the whole upload.", "20971520"),
            new(TusHeaders.UploadDeferLength, "1: the length comes later.", "1"),
            new(TusHeaders.UploadMetadata, "Keys with base64 values; filename and filetype are looked at.", "filename aG9saWRheS5tcDQ="),
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
        Face = UploadProtocol.Tus,
        Fails =
        [
            UploadError.PartsMismatch, UploadError.TooLarge, UploadError.BeyondSize, UploadError.ChecksumMismatch,
                UploadError.ChecksumMissing,
            UploadError.MalformedBody, UploadError.NoSpace, UploadError.StoreDegraded, UploadError.StorageFailed,
                UploadError.LedgerUnavailable,
        ],
        Refuses =
        [
            RequestError.UnsupportedVersion, RequestError.MediaTypeNotSupported, RequestError.InvalidHeader, RequestError.UnknownAlgorithm,
            RequestError.ExtensionOff,
        ],
    };
}
