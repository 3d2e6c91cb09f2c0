namespace ChunkUpload.Api.Jobs;

internal static class JobEndpoints
{
    public static IEndpointRouteBuilder MapJobs(this IEndpointRouteBuilder routes)
    {
        ListJobs.Map(routes);
        GetJob.Map(routes);
        RunJob.Map(routes);
        ControlJob.Map(routes);
        ListJobRuns.Map(routes);
        return routes;
    }
}
