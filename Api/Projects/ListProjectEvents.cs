using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>GET /api/projects/{id}/project_events: lists the events after a number.</summary>
internal static class ListProjectEvents
{
    private const int Most = 500;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(ProjectRoutes.One + "/project_events", HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects)
            .Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, IProjectLedger projects)
    {
        var query = new QueryReader(context.Request.Query, "since");
        var since = query.Number("since", 0, long.MaxValue) ?? 0;
        if (query.Refusal is not null)
            return query.Refusal;
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var oldest = await projects.OldestEventAsync(project.Id, context.RequestAborted) ?? project.Sequence + 1;
        // A client from an older backup may be ahead of the service.
        if (since + 1 < oldest || since > project.Sequence)
        {
            return Refusal.Of(new RequestFailure(
                RequestError.Resync,
                "The events after this number are not kept. Read the whole list again, and continue from its sequence.")
            {
                Sequence = project.Sequence,
            });
        }

        var events = await projects.EventsAsync(project.Id, since, Most, context.RequestAborted);
        return JsonAnswer.Of(
            new ProjectEventsView(PageWeight.Fitting(events.Select(View)), project.Sequence), ProjectJson.Out.ProjectEventsView);
    }

    private static ProjectEventView View(ProjectEvent one)
    {
        using var data = JsonDocument.Parse(one.Data);
        return new ProjectEventView(one.Sequence, one.Type, one.Device, one.Subject, data.RootElement.Clone(), one.CreatedAt);
    }

    private static EndpointDoc Doc => new(
        ProjectRoutes.Tag, nameof(ListProjectEvents), "List what has happened in a project",
        $"For members: at most {Most} events after a number, and at most 1 MiB, in their order. If the last one is before `sequence`, ask "
            + "again for those after it. A batch of changes is one event, with its first 100 changes. Events are kept for 30 days; for "
            + "older numbers the answer is 409 `resync`.")
    {
        Query = [new("since", "The number of the last event that is known; 0 if left out.", "41") { IsNumber = true }],
        Answers =
        [
            new(200, "The events.", typeof(ProjectEventsView), $$"""
                {"events":[{"sequence":42,"type":"files_changed","device_id":"{{ProjectRoutes.ExampleId}}",
                 "by":"user:8f14e45fceea167a5a36dedd4bea2543","data":{"added":1,"updated":0,"removed":0,"snapshot":false,
                 "changes":[{"type":"file_added","path":"/line-14/a.xtf","size":73400320}]},"created_at":"2026-01-15T09:30:12.500Z"}],
                 "sequence":42}
                """),
        ],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.InvalidParameter, RequestError.Resync],
    };
}
