using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Files;

/// <summary>DELETE /api/files/{id}: removes a finished file and frees its space.</summary>
internal static class DeleteFile
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/api/files/{id}", HandleAsync).RequireAuthorization(AccessPolicy.Delete).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog catalog)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var result = await catalog.DeleteFileAsync(context.Caller(), upload, context.RequestAborted);
        return result.Ok ? TypedResults.NoContent() : Refusal.Of(result.Failure);
    }

    private static EndpointDoc Doc =>
        new("Files", nameof(DeleteFile), "Delete a file",
            "Also a damaged one, and also while the disk is full. Can be repeated. A file of the tree is deleted there.")
        {
            Answers = [new(204, "Gone.")],
            Errors =
            [
                UploadError.NotFound, UploadError.NotCompleted, UploadError.Cancelled, UploadError.Expired, UploadError.Failed,
                UploadError.Published,
            ],
        };
}
