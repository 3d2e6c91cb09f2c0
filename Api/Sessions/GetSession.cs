using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Sessions;

/// <summary>GET /api/sessions/{id}: everything a client needs to go on.</summary>
internal static class GetSession
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/sessions/{id}", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    /// <summary>The session as it now is; the answer of whatever has just changed it.</summary>
    public static async Task<IResult> AnswerAsync(HttpContext context, UploadId id, UploadCatalog desk, SessionViews views)
    {
        var status = await desk.StatusAsync(context.Caller(), id, context.RequestAborted);
        return status.Ok ? JsonAnswer.Of(views.Of(status.Value), ApiJson.Out.SessionView) : Refusal.Of(status.Failure);
    }

    private static async Task<IResult> HandleAsync(string id, HttpContext context, UploadCatalog desk, SessionViews views) =>
        UploadId.TryParse(id, out var upload) ? await AnswerAsync(context, upload, desk, views) : Refusal.NoSuchUpload;

    private static EndpointDoc Doc => new(
        "Sessions", nameof(GetSession), "How a session stands",
        "State, progress, speed, failures, what is missing (the first 100 ranges) and what to do next. Ended sessions are told of until "
            + "their history is trimmed.")
    {
        Path = SessionRoutes.SessionPath,
        Answers = [new(200, "The session.", typeof(SessionView), Examples.OpenSession)],
        Fails = SessionRoutes.Always,
    };
}
