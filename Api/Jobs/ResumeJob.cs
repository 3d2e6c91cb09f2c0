using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>POST /api/jobs/{name}/resume: its schedule starts it again.</summary>
internal static class ResumeJob
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/jobs/{name}/resume", HandleAsync).RequireAuthorization(AccessPolicy.Jobs).Document(Doc);

    private static async Task<IResult> HandleAsync(string name, HttpContext context, IJobControl control) => await JobRoutes.AnswerAsync(
        await control.ResumeAsync(name, context.RequestAborted), StatusCodes.Status200OK, name, control, context.RequestAborted);

    private static EndpointDoc Doc => new(
        "Jobs", nameof(ResumeJob), "Resume a job",
            "Its schedule starts it again; a run that was missed meanwhile is made up for, once. Can be repeated.")
    {
        Answers = [new(200, "The job.", typeof(JobView), JobRoutes.Idle)],
        Errors = [RequestError.NoSuchJob],
    };
}
