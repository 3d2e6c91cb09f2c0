using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>GET /api/jobs/{name}: returns one job.</summary>
internal static class GetJob
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/jobs/{name}", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Jobs).Document(Doc);

    private static Task<IResult> HandleAsync(string name, HttpContext context, IJobControl control) =>
        JobRoutes.AnswerAsync(JobAnswer.Done, StatusCodes.Status200OK, name, control, context.RequestAborted);

    private static EndpointDoc Doc => new("Jobs", nameof(GetJob), "Ask about a job", "As in the list.")
    {
        Answers = [new(200, "The job.", typeof(JobView), JobRoutes.Running)],
        Errors = [RequestError.NoSuchJob],
    };
}
