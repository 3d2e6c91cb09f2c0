using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Resumable.Interim;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>Handles PATCH /uploads/{id}. The numbers are the steps of "The path of a PATCH" in ARCHITECTURE.md.</summary>
internal static class PatchUpload
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(ResumableRoutes.Upload, HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, StreamAppender appender, UploadAnswers answers, BrokenAppend broken,
        ResumableOptions options, ApiMeter meter, TimeProvider time)
    {
        // 2. Parse the id and the version.
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var resumable = ResumableRequest.Of(context);
        if (!resumable.IsVersionSupported)
            return Refusal.Of(RequestError.InvalidHeader,
                $"This {ResumableHeaders.InteropVersion} is not supported; use {Dialect.Oldest} to {Dialect.Newest}.");
        Upload? seen = null;
        if (resumable.Named is null && !context.Request.Headers.ContainsKey(ResumableHeaders.UploadComplete))
        {
            // A request without version and state is read in the version of its upload.
            seen = await catalog.FindAsync(context.Caller(), upload, context.RequestAborted);
            if (IetfUploadRules.Exists(seen) is { } unknown)
                return Refusal.Of(unknown);
            resumable.UseVersionOf(seen!);
        }

        // 2. Check the headers.
        var dialect = resumable.Dialect!;
        var headers = AppendHeaders.Read(context, dialect);
        if (context.Features.Get<ErrorProtocol>() is { } errors)
            errors.ProvidedOffset = headers.Offset;
        if (headers.HasFault(options))
        {
            seen ??= await catalog.FindAsync(context.Caller(), upload, context.RequestAborted);
            // The older versions require the offset on every answer (table of versions).
            if (dialect.Version < 7 && seen is { Protocol: UploadProtocol.Ietf, IsLive: true })
                context.Response.Headers[ResumableHeaders.UploadOffset] = ItemField.Write(seen.ReceivedBytes);
            return AppendRules.FirstBroken(headers, seen, options);
        }

        // 3. to 7. The engine receives the bytes.
        var began = false;
        using var digest = headers.Digests.Start(context.Request);
        var append = new StreamAppend(
            context.Caller(), upload, UploadProtocol.Ietf, headers.Offset!.Value, headers.Complete == true
                ? CompletionMode.WithThisRequest
                : CompletionMode.Later)
        {
            Size = headers.Length,
            Sha256 = headers.Digests.Whole,
            Checksum = digest,
            OnRecorded = InterimResponses.To(context, dialect, options, time).Progress,
            Refuse = current =>
            {
                var refusal = AppendRules.OfUpload(headers, current);
                began |= refusal is null;
                return refusal;
            },
        };
        var appended = await AppendResult.RunAsync(
            context, appender, append, RequestBody.Of(context, headers.Announced), options.MaxAppendSize);

        // 8. Answer.
        if (appended.Receipt is not { } receipt)
            return await broken.SettleAsync(context, upload, appended.Failure!, began, located: true);
        if (!receipt.Upload.IsReceived)
            return UploadAnswers.Continued(context, dialect, receipt.Upload, receipt.Offset);
        if (receipt.Offset > append.Offset)
            meter.Upload(ResumableRoutes.Metric, "completed");
        return answers.Completed(context, dialect, receipt.Upload, begins: false);
    }

    private static EndpointDoc Doc => new(
        ResumableRoutes.Tag, "PatchResumableUpload", "Append to a resumable upload",
        """
        Bytes from `Upload-Offset` on. What arrived before a connection broke is kept: HEAD tells how much. A request that is still open
        for the same upload is aborted. With `Upload-Complete: ?1` the file is whole at the end of the body. With `Content-Digest`, in the
        header or the trailer, either all bytes of the request count or none. On HTTP/1.1, 104 interim responses tell how much is durable.
        """)
    {
        Bytes = "The bytes from Upload-Offset on.",
        BytesType = ResumableHeaders.PartialUpload,
        BytesRequired = false,
        Headers =
        [
            ResumableRoutes.Version,
            new(ResumableHeaders.UploadOffset, "The offset of the first byte.", "0", Required: true),
            ResumableRoutes.Complete,
            new(ResumableHeaders.UploadLength, "Bytes of the whole file.", "20971520"),
            new(DigestHeaders.ContentDigest, "SHA-256 or SHA-512 of this request's bytes (RFC 9530).", Examples.Digest),
            new(DigestHeaders.ReprDigest, "SHA-256 of the whole file.", Examples.Digest),
        ],
        Answers =
        [
            new(204, "The bytes are durable; more bytes follow. Versions 3 to 6: 201.")
            {
                Headers =
                [
                    new(ResumableHeaders.UploadOffset, "The offset of the next bytes.", "8388608"),
                    new(ResumableHeaders.UploadComplete, "?0.", "?0"),
                    AdviceHeader.Doc,
                ],
            },
            new(201, "The file is complete.", typeof(FileView), Examples.File)
            {
                Headers =
                [
                    new("Location", "The file's address, from version 8 on.", $"http://127.0.0.1:8080/api/files/{Examples.Id}"),
                    new(ResumableHeaders.UploadComplete, "?1, from version 7 on.", "?1"),
                ],
            },
        ],
        Protocol = UploadProtocol.Ietf,
        Errors =
        [
            .. ErrorsOf.EndedUploads, .. ErrorsOf.Bytes, .. ErrorsOf.Digests, UploadError.OffsetConflict, UploadError.AlreadyCompleted,
            UploadError.SizeMismatch, UploadError.BeyondSize, UploadError.TypeMismatch, UploadError.ChecksumMismatch,
            UploadError.ChecksumMissing, UploadError.FileDigestMismatch, UploadError.Interrupted, UploadError.IdleTimeout,
            UploadError.Stopping, UploadError.Paused, RequestError.InvalidOffset, RequestError.TooSmall,
        ],
    };
}
