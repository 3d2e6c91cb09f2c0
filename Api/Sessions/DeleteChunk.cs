using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Handles DELETE /api/sessions/{id}/chunks/{offset}: deletes a chunk or, with ?length=, every chunk inside the range.</summary>
internal static class DeleteChunk
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/api/sessions/{id}/chunks/{offset}", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, string offset, HttpContext context, UploadCatalog catalog, SessionViews views)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        if (!WholeNumber.TryParseCanonical(offset, out var at))
            return SessionRoutes.InvalidOffset;
        var query = new QueryReader(context.Request.Query, "length");
        var length = query.Number("length", 1, long.MaxValue - at);
        if (query.Refusal is { } refusal)
            return refusal;

        if (length is null)
        {
            var chunks = await catalog.ChunksAsync(context.Caller(), upload, at, 1, context.RequestAborted);
            if (!chunks.Ok)
                return Refusal.Of(chunks.Failure);
            if (chunks.Value.Items is not [var chunk] || chunk.Range.Offset != at)
                return Refusal.Of(new UploadFailure(UploadError.NoSuchRange,
                    $"No chunk begins at offset {at}; GET …/chunks lists the chunks.")
                { Upload = chunks.Value.Upload });
            length = chunk.Range.Length;
        }

        var result = await catalog.ReopenRangeAsync(context.Caller(), upload, new ByteRange(at, length.Value), context.RequestAborted);
        return result.Ok ? await GetSession.AnswerAsync(context, upload, catalog, views) : Refusal.Of(result.Failure);
    }

    private static EndpointDoc Doc => new(
        "Chunks", nameof(DeleteChunk), "Take a chunk back",
        "While the session is open, so that other bytes can be sent there. With `length` every chunk that lies inside the range; one "
            + "that lies only partly inside is refused.")
    {
        Query = [new("length", "Bytes from the offset on; left out: the one chunk that begins there.", "8388608") { IsNumber = true }],
        Answers = [new(200, "The session, with the range among the missing ones.", typeof(SessionView), Examples.OpenSession)],
        Errors =
        [
            .. ErrorsOf.ClosedSessions, UploadError.NoSuchRange, UploadError.Damaged, UploadError.Elsewhere, RequestError.InvalidOffset,
        ],
    };
}
