using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>POST /api/jobs/{name}/pause: its schedule does not start it until it is resumed.</summary>
internal static class PauseJob
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/jobs/{name}/pause", HandleAsync).RequireAuthorization(AccessPolicy.Jobs).Document(Doc);

    private static async Task<IResult> HandleAsync(string name, HttpContext context, IJobControl control) => await JobRoutes.AnswerAsync(
        await control.PauseAsync(name, context.RequestAborted), StatusCodes.Status200OK, name, control, context.RequestAborted);

    private static EndpointDoc Doc => new(
        "Jobs", nameof(PauseJob), "Pause a job", "On all nodes and across restarts. A run that is under way goes on. Can be repeated.")
    {
        Answers = [new(200, "The job.", typeof(JobView), JobRoutes.Running)],
        Errors = [RequestError.NoSuchJob],
    };
}
