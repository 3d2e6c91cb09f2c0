using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.Jobs;

/// <summary>GET /api/jobs/{name}/history: runs that ended, the newest first. A page ends at the time at which its last run began.</summary>
internal static class ListJobRuns
{
    private const int DefaultLimit = 50;
    private const int MostLimit = 200;
    private const string List = "job-runs";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/jobs/{name}/history", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Jobs).Document(Doc);

    private static async Task<IResult> HandleAsync(string name, HttpContext context, IJobControl control)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var limit = (int)(reader.Number("limit", 1, MostLimit) ?? DefaultLimit);
        DateTimeOffset? before = null;
        if (reader.Text("cursor") is { Length: > 0 } cursor)
        {
            if (Cursor.TryReadOffset(cursor, List, out var ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks)
                before = new DateTimeOffset(ticks, TimeSpan.Zero);
            else
                reader.RefuseCursor();
        }

        if (reader.Refusal is { } refusal)
            return refusal;
        if (await control.HistoryAsync(name, before, limit, context.RequestAborted) is not { } page)
            return JobRoutes.NoSuchJob;
        var next = page.More && page.Items.Count > 0 ? Cursor.WriteOffset(List, page.Items[^1].StartedAt.UtcTicks) : null;
        return JsonAnswer.Of(new ListOf<JobRunView>([.. page.Items.Select(JobRunView.Of)], next), ApiJson.Out.ListOfJobRunView);
    }

    private static EndpointDoc Doc => new(
        "Jobs", nameof(ListJobRuns), "List a job's runs", "Of all nodes, the newest first, for as long as Jobs:KeepHistory says.")
    {
        Query =
        [
            new("limit", $"1 to {MostLimit}; default {DefaultLimit}.", "50"),
            new("cursor", "nextCursor of the previous page.", "eyJzb3J0Ijoiam9iLXJ1bnMifQ"),
        ],
        Answers = [new(200, "A page.", typeof(ListOf<JobRunView>), Examples.Page(JobRoutes.Run))],
        Errors = [RequestError.NoSuchJob],
    };
}
