using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>GET /api/jobs: lists all jobs. There are few, so they fit on one page.</summary>
internal static class ListJobs
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/jobs", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Jobs).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, IJobControl control)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } refusal)
            return refusal;
        var jobs = await control.ListAsync(context.RequestAborted);
        return JsonAnswer.Of(new ListOf<JobView>([.. jobs.Select(JobView.Of)], null), ApiJson.Out.ListOfJobView);
    }

    private static EndpointDoc Doc => new(
        "Jobs", nameof(ListJobs), "List jobs",
            "The maintenance jobs: the schedule of each, the result of its last run, and the progress of a current run.")
    {
        Answers = [new(200, "All jobs.", typeof(ListOf<JobView>), Examples.Page(JobRoutes.Idle))],
        Errors = [RequestError.InvalidParameter],
    };
}
