using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>POST /api/jobs/{name}/run: runs a job now, independently of its schedule.</summary>
internal static class RunJob
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/jobs/{name}/run", HandleAsync).RequireAuthorization(AccessPolicy.Jobs).Document(Doc);

    private static async Task<IResult> HandleAsync(string name, HttpContext context, IJobControl control)
    {
        var answer = await control.RunAsync(name, context.RequestAborted);
        if (answer == JobAnswer.Done)
            context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"/api/jobs/{name}");
        return await JobRoutes.AnswerAsync(answer, StatusCodes.Status202Accepted, name, control, context.RequestAborted);
    }

    private static EndpointDoc Doc => new(
        "Jobs", nameof(RunJob), "Run a job now",
            "Also while it is paused. It begins within moments on one of the nodes; ask the job how far it is.")
    {
        Answers =
        [
            new(202, "It will run.", typeof(JobView), JobRoutes.Idle) { Headers =
                [new("Location", "The job.", "/api/jobs/purge-stale-sessions")] },
        ],
        Errors = [RequestError.NoSuchJob, RequestError.JobRunning, RequestError.JobsOff],
    };
}
