using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Resumable;

/// <summary>
/// Handles DELETE /uploads/{id}: 1. find the upload; 2. check the rules; 3. end the upload and any request that still sends to it (R95,
/// R111).
/// </summary>
internal static class DeleteUpload
{
    private static readonly string[] AppendFields =
        [ResumableHeaders.UploadOffset, ResumableHeaders.UploadComplete, ResumableHeaders.UploadIncomplete];

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(ResumableRoutes.Upload, HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, UploadOptions options, ApiMeter meter)
    {
        // 1. Find the upload.
        if (!UploadId.TryParse(id, out var parsed))
            return Refusal.NoSuchUpload;
        var upload = await catalog.FindAsync(context.Caller(), parsed, context.RequestAborted);

        // 2. Check the rules.
        if ((IetfUploadRules.Exists(upload) ?? UploadRefusals.IfNotRemovable(upload!, options)) is { } failure)
            return Refusal.Of(failure);
        var resumable = ResumableRequest.Of(context);
        resumable.UseVersionOf(upload!);
        if (resumable.Dialect!.RefusesFieldsOnDelete && Array.Find(AppendFields, context.Request.Headers.ContainsKey) is { } field)
            return Refusal.Of(RequestError.InvalidHeader, $"A request that cancels an upload must not have {field}; leave it out.");

        // 3. End the upload and any request that still sends to it (R95, R111).
        var removed = await catalog.RemoveAsync(context.Caller(), parsed, context.RequestAborted);
        if (!removed.Ok)
            return Refusal.Of(removed.Failure);
        meter.Upload(ResumableRoutes.Metric, removed.Value.State == UploadState.Deleted ? "deleted" : "cancelled");
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        ResumableRoutes.Tag, "DeleteResumableUpload", "Cancel a resumable upload",
            "Finished or not; a finished one only for callers who may delete files. A request that still sends is aborted; the space is "
                + "freed.")
    {
        Headers = [ResumableRoutes.Version],
        Answers = [new(204, "Gone.")],
        Protocol = UploadProtocol.Ietf,
        Errors = [.. ErrorsOf.EndedUploads, UploadError.AlreadyCompleted, UploadError.Published, RequestError.InvalidHeader],
    };
}
