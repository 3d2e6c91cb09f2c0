using System.Globalization;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;

namespace ChunkUpload.Api.Sessions;

/// <summary>
/// Handles HEAD /api/sessions/{id}/chunks/{offset}: how much of a chunk is kept. Without a body, failures are reported in X-Error-Code.
/// </summary>
internal static class HeadChunk
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods("/api/sessions/{id}/chunks/{offset}", [HttpMethods.Head], HandleAsync)
            .RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload).WithMetadata(AsksForOffset.Instance)
            .Document(Doc);

    private static async Task<IResult> HandleAsync(string id, string offset, HttpContext context, ChunkWriter writer)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        if (!WholeNumber.TryParseCanonical(offset, out var at))
            return SessionRoutes.InvalidOffset;
        var result = await writer.StatusAsync(context.Caller(), upload, at, context.RequestAborted);
        if (!result.Ok)
            return Refusal.Of(result.Failure);

        var headers = context.Response.Headers;
        headers["Upload-Offset"] = result.Value.Kept.ToString(CultureInfo.InvariantCulture);
        if (result.Value.Length is { } length)
            headers["Upload-Length"] = length.ToString(CultureInfo.InvariantCulture);
        if (result.Value.Whole is { } digest)
            headers[DigestHeaders.ReprDigest] = DigestField.Write(digest);
        return TypedResults.Ok();
    }

    private static EndpointDoc Doc => new(
        "Chunks", nameof(HeadChunk), "Show how much of a chunk is stored",
        """
        Asks a request that still writes this chunk to stop (its client has evidently come back), and answers with what is durably kept.
        Go on with PUT and `Content-Range`. A failure has no body; its code stands in `X-Error-Code`.

            curl -I -H "Authorization: Bearer $KEY" http://127.0.0.1:8080/api/sessions/$ID/chunks/8388608
        """)
    {
        Answers =
        [
            new(200, "A part of it, or all of it, is stored.")
            {
                Headers =
                [
                    new("Upload-Offset", "The number of bytes of the chunk that are stored, from its beginning.", "4194304"),
                    new("Upload-Length", "The whole chunk's length, if it is known.", "8388608"),
                    new(DigestHeaders.ReprDigest, "The chunk's SHA-256, as soon as it is complete.", Examples.Digest),
                ],
            },
        ],
        Errors =
        [
            UploadError.NotFound, UploadError.NoSuchRange, UploadError.AlreadyCompleted, UploadError.Cancelled, UploadError.Expired,
            UploadError.Damaged, UploadError.Elsewhere, RequestError.InvalidOffset,
        ],
    };
}
