using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Handles GET /api/sessions/{id}: returns all data that a client needs to resume.</summary>
internal static class GetSession
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/sessions/{id}", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Upload)
            .ReachedByLink(ShareLinkKind.Upload).Document(Doc);

    /// <summary>Responds with the session's current state, also after a change.</summary>
    public static async Task<IResult> AnswerAsync(HttpContext context, UploadId id, UploadCatalog catalog, SessionViews views)
    {
        var status = await catalog.StatusAsync(context.Caller(), id, context.RequestAborted);
        return status.Ok ? JsonAnswer.Of(views.For(context.Caller(), status.Value), ApiJson.Out.SessionView) : Refusal.Of(status.Failure);
    }

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog catalog, SessionViews views) =>
        UploadId.TryParse(id, out var upload) ? await AnswerAsync(context, upload, catalog, views) : Refusal.NoSuchUpload;

    private static EndpointDoc Doc => new(
        "Sessions", nameof(GetSession), "How a session stands",
        "State, progress, speed, failures, what is missing (the first 100 ranges) and what to do next. Ended sessions are shown until "
            + "their history is trimmed.")
    {
        Answers = [new(200, "The session.", typeof(SessionView), Examples.OpenSession)],
        Errors = [UploadError.NotFound],
    };
}
