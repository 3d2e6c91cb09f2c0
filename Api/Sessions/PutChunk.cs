using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Api.Sessions;

/// <summary>
/// Handles PUT /api/sessions/{id}/chunks/{offset}. The numbers are the steps of "The path of a chunk" in ARCHITECTURE.md.
/// </summary>
internal static class PutChunk
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut("/api/sessions/{id}/chunks/{offset}", HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, string offset, HttpContext context, ChunkWriter writer, SessionViews views)
    {
        // 2. Parse the id and the offset.
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        if (!WholeNumber.TryParseCanonical(offset, out var at))
            return SessionRoutes.InvalidOffset;

        // 2. Parse the headers.
        if (ChunkHeaders.Read(context.Request, context.Caller(), upload, at, out var chunk, out var body, out var coding) is { } refusal)
            return refusal;

        // 3. to 7. The engine receives the bytes.
        var result = await writer.WriteAsync(chunk, body, context.RequestAborted);
        if (!result.Ok)
            return coding?.Fault ?? Refusal.Of(result.Failure);

        // 8. Answer. The bytes of a chunk that already exists were not read.
        RefusedBody.Prepare(context);
        return JsonAnswer.Of(
            views.Of(result.Value), ApiJson.Out.ReceiptView,
            status: result.Value.Fresh ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static EndpointDoc Doc => new(
        "Chunks", nameof(PutChunk), "Send a chunk",
        """
        Raw bytes, 1 byte to 1 GiB, in any order, any number at a time, from several connections and devices. The SHA-256 comes as
        `Content-Digest` or `X-Chunk-SHA256`, in the header or as an announced trailer, and is compared **before** the chunk counts.
        The same chunk again is answered with 200 and changes nothing.

        A chunk that broke off keeps what has come: ask with HEAD how much, and go on inside it with
        `Content-Range: bytes A-B/*` (A = offset + kept, B = the chunk's last byte) and the whole chunk's digest as `X-Chunk-SHA256` or
        `Repr-Digest`. `Content-Digest` beside `Content-Range` covers this message alone.

        Where the session names `codings`, the bytes may come compressed, with `Content-Encoding: br` or `gzip`. `Content-Range` is needed
        then, and counts decoded bytes, as do the offset, the kept part, quotas and `X-Chunk-SHA256`, the only digest that is taken.

            curl -T part -H "Authorization: Bearer $KEY" -H "X-Chunk-SHA256: $(sha256sum <part | cut -c1-64)" \
              http://127.0.0.1:8080/api/sessions/$ID/chunks/8388608
        """)
    {
        Bytes = "The chunk's bytes.",
        Headers =
        [
            new(DigestHeaders.ContentDigest, "SHA-256 of this message (RFC 9530). A structured dictionary; algorithms other than sha-256 "
                + "are skipped.", Examples.Digest),
            new(HexDigestField.Name, "SHA-256 of the whole chunk in hexadecimal digits.", Examples.Sha256),
            new(DigestHeaders.ReprDigest, "SHA-256 of the whole chunk (RFC 9530).", Examples.Digest),
            new("Content-Range", "The position inside the chunk at which the bytes resume.", "bytes 4194304-8388607/*"),
            new("Content-Encoding", "How the bytes are compressed: br or gzip.", "gzip"),
            new("Trailer", "The digest that follows the body.", "Content-Digest"),
        ],
        Answers =
        [
            new(201, "Verified and durable.", typeof(ReceiptView), Examples.Receipt),
            new(200, "The same chunk was there already; nothing was written.", typeof(ReceiptView), Examples.Receipt),
        ],
        Errors =
        [
            .. ErrorsOf.ClosedSessions, .. ErrorsOf.Bytes, .. ErrorsOf.Digests, UploadError.EmptyChunk, UploadError.LengthMismatch,
            UploadError.DigestMissing, UploadError.IdleTimeout, UploadError.Overlap, UploadError.Paused, UploadError.WrongProtocol,
            UploadError.PrefixConflict, UploadError.SizeMismatch, UploadError.TakenOver, UploadError.Damaged, UploadError.Elsewhere,
            UploadError.BeyondSize, UploadError.DigestMismatch, UploadError.VerifyFailed, UploadError.Stopping, RequestError.InvalidOffset,
            RequestError.AbsurdRatio,
        ],
    };
}
