using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Metrics;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>DELETE /api/sessions/{id}: cancels a session and frees its space.</summary>
internal static class CancelSession
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/api/sessions/{id}", HandleAsync).RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, UploadCatalog catalog, SessionViews views, ApiMeter meter)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var result = await catalog.CancelAsync(context.Caller(), upload, context.RequestAborted);
        if (!result.Ok)
            return Refusal.Of(result.Failure);
        meter.Upload("session", "cancelled");
        return await GetSession.AnswerAsync(context, upload, catalog, views);
    }

    private static EndpointDoc Doc => new(
        "Sessions", nameof(CancelSession), "Cancel a session",
        "Stops chunks that are being written and frees the space; the session stays listed as cancelled. Can be repeated. A completed "
            + "session's file is deleted by `DELETE /api/files/{id}`.")
    {
        Answers = [new(200, "The session.", typeof(SessionView), Examples.OpenSession)],
        Errors = [UploadError.NotFound, UploadError.AlreadyCompleted, UploadError.Expired, UploadError.Failed],
    };
}
