using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Handles POST /api/sessions/{id}/resume: accepts chunks again.</summary>
internal static class ResumeSession
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/sessions/{id}/resume", HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog catalog, SessionViews views)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var result = await catalog.ResumeAsync(context.Caller(), upload, context.RequestAborted);
        return result.Ok ? await GetSession.AnswerAsync(context, upload, catalog, views) : Refusal.Of(result.Failure);
    }

    private static EndpointDoc Doc => new(
        "Sessions", nameof(ResumeSession), "Resume a session",
        "Can be repeated.")
    {
        Answers = [new(200, "The session.", typeof(SessionView), Examples.OpenSession)],
        Errors = ErrorsOf.ClosedSessions,
    };
}
