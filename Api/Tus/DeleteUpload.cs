using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Tus;

/// <summary>Handles DELETE /files/{id}: 1. find the upload; 2. check the rules; 3. end the upload, finished or not.</summary>
internal static class DeleteUpload
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(TusRoutes.Upload, HandleAsync).RequireAuthorization(AccessPolicy.Upload).ReachedByLink(ShareLinkKind.Upload)
            .Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, UploadOptions options, ApiMeter meter)
    {
        // 1. Find the upload.
        if (!UploadId.TryParse(id, out var parsed))
            return Refusal.NoSuchUpload;
        var upload = await catalog.FindAsync(context.Caller(), parsed, context.RequestAborted);

        // 2. Check the rules.
        if ((TusUploadRules.Exists(upload) ?? UploadRefusals.IfNotRemovable(upload!, options)) is { } failure)
            return Refusal.Of(failure);

        // 3. End the upload, finished or not.
        var removed = await catalog.RemoveAsync(context.Caller(), parsed, context.RequestAborted);
        if (!removed.Ok)
            return Refusal.Of(removed.Failure);
        meter.Upload(TusRoutes.Metric, removed.Value.State == UploadState.Deleted ? "deleted" : "cancelled");
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        TusRoutes.Tag, nameof(DeleteUpload), "Terminate an upload",
        "Finished or not; a finished one only for callers who may delete files. A PATCH that runs is stopped; the space is freed. Files "
            + "that were joined from this upload keep their bytes.")
    {
        Headers = [TusRoutes.Version],
        Answers = [new(204, "Gone.")],
        Protocol = UploadProtocol.Tus,
        Errors = [.. ErrorsOf.EndedUploads, UploadError.AlreadyCompleted, UploadError.Published, RequestError.UnsupportedVersion],
    };
}
