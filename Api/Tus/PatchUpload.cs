using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>Handles PATCH /files/{id}. The numbers are the steps of "The path of a PATCH" in ARCHITECTURE.md.</summary>
internal static class PatchUpload
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(TusRoutes.Upload, HandleAsync).RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload)
            .Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, StreamAppender appender, UploadJoiner joiner, TusOptions options,
        Expiry expiry, ApiMeter meter)
    {
        // 2. Parse the id and the headers.
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var headers = PatchHeaders.Read(context.Request, options);
        if (headers.HasFault)
            return PatchRules.FirstBroken(headers, await catalog.FindAsync(context.Caller(), upload, context.RequestAborted));

        // 3. to 7. The engine receives the bytes.
        var checksum = headers.Checksum.Start(context.Request);
        using var _ = checksum as IDisposable;
        var append = new StreamAppend(context.Caller(), upload, UploadProtocol.Tus, headers.Offset, CompletionMode.WhenFull)
        {
            Size = headers.Length,
            Checksum = checksum,
            Refuse = PatchRules.OfUpload,
        };
        var body = RequestBody.Of(context, RequestBytes.Length(context));
        var result = await appender.AppendAsync(append, body, context.RequestAborted);
        if (!result.Ok)
            return Refusal.Of(result.Failure);

        // 8. Join the final uploads that wait for this part, even if the client has disconnected. Then respond.
        var receipt = result.Value;
        if (receipt.Upload.IsReceived)
        {
            if (receipt.Offset > headers.Offset)
                meter.Upload(TusRoutes.Metric, "completed");
            await joiner.CompletedAsync(receipt.Upload, CancellationToken.None);
        }

        context.Response.Headers[TusHeaders.UploadOffset] = receipt.Offset.ToString(CultureInfo.InvariantCulture);
        expiry.Write(context.Response.Headers, receipt.Upload);
        AdviceHeader.Write(context, receipt.Upload);
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        TusRoutes.Tag, nameof(PatchUpload), "Append to an upload",
        """
        Bytes from `Upload-Offset` on. What arrived before a connection broke is kept: HEAD tells how much. A request that is still open
        for the same upload is asked to stop first. With `Upload-Checksum`, in the header or the trailer, either all bytes of the request
        count or none. `Upload-Length` ends an upload whose length was deferred.
        """)
    {
        Bytes = "The bytes from Upload-Offset on.",
        BytesType = OffsetMediaType.Name,
        Headers =
        [
            TusRoutes.Version,
            new(TusHeaders.UploadOffset, "The offset of the first byte.", "0", Required: true),
            new(TusHeaders.UploadLength, "The length, where it was deferred.", "20971520"),
            new(TusHeaders.UploadChecksum, "Over this request's bytes.", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
        ],
        Answers =
        [
            new(204, "The bytes are durable.")
            {
                Headers =
                [
                    new(TusHeaders.UploadOffset, "The offset of the next bytes.", "8388608"),
                    new(TusHeaders.UploadExpires, "When the upload ends unless more comes.", "Thu, 15 Jan 2026 09:30:12 GMT"),
                    AdviceHeader.Doc,
                ],
            },
        ],
        Protocol = UploadProtocol.Tus,
        Errors =
        [
            .. ErrorsOf.EndedUploads, .. ErrorsOf.Bytes, UploadError.OffsetConflict, UploadError.Joined, UploadError.SizeMismatch,
            UploadError.BeyondSize, UploadError.TypeMismatch, UploadError.ChecksumMismatch, UploadError.ChecksumMissing,
            UploadError.Interrupted, UploadError.IdleTimeout, UploadError.TakenOver, UploadError.Stopping, UploadError.Paused,
            RequestError.UnsupportedVersion, RequestError.MediaTypeNotSupported, RequestError.InvalidOffset, RequestError.InvalidHeader,
            RequestError.UnknownAlgorithm,
        ],
    };
}
