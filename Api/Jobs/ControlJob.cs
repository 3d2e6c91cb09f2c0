using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>Pauses and resumes the schedule of a job.</summary>
internal static class ControlJob
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/jobs/{name}/pause", PauseAsync).RequireAuthorization(AccessPolicy.Jobs).Document(DocOf(
            "PauseJob", "Pause a job", "On all nodes and across restarts. A current run continues. Can be repeated.",
            JobRoutes.Running));
        routes.MapPost("/api/jobs/{name}/resume", ResumeAsync).RequireAuthorization(AccessPolicy.Jobs).Document(DocOf(
            "ResumeJob", "Resume a job",
            "Its schedule starts it again; a run that was missed meanwhile is made up for, once. Can be repeated.", JobRoutes.Idle));
    }

    private static async Task<IResult> PauseAsync(string name, HttpContext context, IJobControl control) => await JobRoutes.AnswerAsync(
        await control.PauseAsync(name, context.RequestAborted), StatusCodes.Status200OK, name, control, context.RequestAborted);

    private static async Task<IResult> ResumeAsync(string name, HttpContext context, IJobControl control) => await JobRoutes.AnswerAsync(
        await control.ResumeAsync(name, context.RequestAborted), StatusCodes.Status200OK, name, control, context.RequestAborted);

    private static EndpointDoc DocOf(string name, string summary, string description, string example) =>
        new("Jobs", name, summary, description)
        {
            Answers = [new(200, "The job.", typeof(JobView), example)],
            Errors = [RequestError.NoSuchJob],
        };
}
