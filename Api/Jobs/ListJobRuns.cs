using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Api.Jobs;

/// <summary>GET /api/jobs/{name}/history: runs that ended, the newest first. A page ends at the time at which its last run began.</summary>
internal static class ListJobRuns
{
    private static readonly Pages Pages = new("job-runs", 50, 200, CursorParts.Time);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/jobs/{name}/history", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Jobs).Document(Doc);

    private static async Task<IResult> HandleAsync(string name, HttpContext context, IJobControl control)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        if (await control.HistoryAsync(name, page.After?.Time, page.Limit, context.RequestAborted) is not { } found)
            return JobRoutes.NoSuchJob;
        var items = PageWeight.Fitting(found.Items.Select(JobRunView.Of));
        var last = items.Count > 0 && (found.More || items.Count < found.Items.Count)
            ? new PageKey(null, null, found.Items[items.Count - 1].StartedAt, default) : null;
        return JsonAnswer.Of(
            new ListOf<JobRunView>(items, last is null ? null : Cursor.Write(page.Sort, last)), ApiJson.Out.ListOfJobRunView);
    }

    private static EndpointDoc Doc => new(
        "Jobs", nameof(ListJobRuns), "List a job's runs", "Of all nodes, the newest first, for as long as Jobs:KeepHistory says.")
    {
        Query = Pages.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<JobRunView>), Examples.Page(JobRoutes.Run))],
        Errors = [RequestError.NoSuchJob],
    };
}
