using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Handles POST /api/sessions/{id}/pause: refuses chunks until the session is resumed.</summary>
internal static class PauseSession
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/sessions/{id}/pause", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog catalog, SessionViews views)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var result = await catalog.PauseAsync(context.Caller(), upload, context.RequestAborted);
        return result.Ok ? await GetSession.AnswerAsync(context, upload, catalog, views) : Refusal.Of(result.Failure);
    }

    private static EndpointDoc Doc => new(
        "Sessions", nameof(PauseSession), "Pause a session",
        "Chunks are refused with 409 `paused`; the session does not expire sooner for it. Can be repeated.")
    {
        Answers = [new(200, "The session.", typeof(SessionView), Examples.OpenSession)],
        Errors = ErrorsOf.ClosedSessions,
    };
}
