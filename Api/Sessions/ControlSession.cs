using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>Pauses and resumes a session, which accepts no chunks while it is paused.</summary>
internal static class ControlSession
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/sessions/{id}/pause", PauseAsync).RequireAuthorization(AccessPolicy.Upload).Document(DocOf(
            "PauseSession", "Pause a session",
            "Chunks are refused with 409 `paused`; the session does not expire sooner for it. Can be repeated."));
        routes.MapPost("/api/sessions/{id}/resume", ResumeAsync).RequireAuthorization(AccessPolicy.Upload).Document(DocOf(
            "ResumeSession", "Resume a session", "Can be repeated."));
    }

    private static Task<IResult> PauseAsync(string id, HttpContext context, UploadCatalog catalog, SessionViews views) =>
        ChangeAsync(id, context, catalog.PauseAsync, catalog, views);

    private static Task<IResult> ResumeAsync(string id, HttpContext context, UploadCatalog catalog, SessionViews views) =>
        ChangeAsync(id, context, catalog.ResumeAsync, catalog, views);

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, Func<Caller, UploadId, CancellationToken, Task<Result<Upload>>> change, UploadCatalog catalog,
        SessionViews views)
    {
        if (!UploadId.TryParse(id, out var upload))
            return Refusal.NoSuchUpload;
        var result = await change(context.Caller(), upload, context.RequestAborted);
        return result.Ok ? await GetSession.AnswerAsync(context, upload, catalog, views) : Refusal.Of(result.Failure);
    }

    private static EndpointDoc DocOf(string name, string summary, string description) => new("Sessions", name, summary, description)
    {
        Answers = [new(200, "The session.", typeof(SessionView), Examples.OpenSession)],
        Errors = ErrorsOf.ClosedSessions,
    };
}
