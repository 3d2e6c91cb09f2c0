using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>GET, PATCH and DELETE of projects.</summary>
internal static class ManageProjects
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(ProjectRoutes.All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(ListDoc);
        routes.MapGet(ProjectRoutes.One, GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(GetDoc);
        routes.MapPatch(ProjectRoutes.One, ChangeAsync).RequireAuthorization(AccessPolicy.Serve).Document(ChangeDoc);
        routes.MapDelete(ProjectRoutes.One, EndAsync).RequireAuthorization(AccessPolicy.Serve).Document(EndDoc);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IProjectLedger projects, DevicePresence presence)
    {
        var query = new QueryReader(context.Request.Query);
        if (query.Refusal is not null)
            return query.Refusal;
        var found = await projects.ListAsync(context.Caller(), context.RequestAborted);
        var online = presence.Online(found.SelectMany(project => project.Folders).Select(folder => folder.Device));
        return JsonAnswer.Of(
            new ProjectsView([.. found.Select(project => ProjectView.Of(project, online))]), ProjectJson.Out.ProjectsView);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, IProjectLedger projects, DevicePresence presence) =>
        Guid.TryParse(id, out var parsed)
        && await projects.FindAsync(context.Caller(), parsed, context.RequestAborted) is { } project
            ? Answer(project, presence)
            : ProjectRoutes.Absent;

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, IValidator<ProjectChangeBody> validator, IProjectLedger projects, DevicePresence presence)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.ProjectChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (project, refusal) = await ProjectRoutes.OwnedAsync(id, context, projects);
        if (project is null)
            return refusal!;
        if (!await projects.ChangeAsync(project.Id, body.Name, body.Archived, body.Owner, context.RequestAborted))
            return Refusal.Of(RequestError.NoSuchUser, "The project is handed over only to a member who may change it.");
        return await projects.FindAsync(context.Caller(), project.Id, context.RequestAborted) is { } changed
            ? Answer(changed, presence)
            : ProjectRoutes.Absent;
    }

    private static async Task<IResult> EndAsync(string id, HttpContext context, IProjectLedger projects)
    {
        var (project, refusal) = await ProjectRoutes.OwnedAsync(id, context, projects);
        if (project is null)
            return refusal!;
        return await projects.EndAsync(project.Id, context.RequestAborted) ? TypedResults.NoContent() : ProjectRoutes.Absent;
    }

    private static JsonAnswer<ProjectView> Answer(Project project, DevicePresence presence) => JsonAnswer.Of(
        ProjectView.Of(project, presence.Online(project.Folders.Select(folder => folder.Device))), ProjectJson.Out.ProjectView);

    private static EndpointDoc ListDoc => new(
        ProjectRoutes.Tag, "ListProjects", "List the projects",
        "Those of which the caller is a member. Administrators also see that the others of the tenant exist, and nothing in them.")
    {
        Answers = [new(200, "The projects.", typeof(ProjectsView), $$"""{"projects":[{{ProjectRoutes.ProjectExample}}]}""")],
        Errors = [RequestError.InvalidParameter],
    };

    private static EndpointDoc GetDoc => new(ProjectRoutes.Tag, "GetProject", "Get a project", "With the folders that devices serve.")
    {
        Answers = [new(200, "The project.", typeof(ProjectView), ProjectRoutes.ProjectExample)],
        Errors = [RequestError.NoSuchProject],
    };

    private static EndpointDoc ChangeDoc => new(
        ProjectRoutes.Tag, "ChangeProject", "Rename, archive or hand over a project",
        "By its owner, or an administrator. Archived, it is read only and its devices are released; `archived: false` brings it back.")
    {
        Json = new(typeof(ProjectChangeBody), """{"name":"Skagen 2026","archived":true}"""),
        Answers = [new(200, "The project.", typeof(ProjectView), ProjectRoutes.ProjectExample)],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NoSuchUser],
    };

    private static EndpointDoc EndDoc => new(
        ProjectRoutes.Tag, "EndProject", "End a project",
        "By its owner, or an administrator. Its devices are released. The team space stays with its files and members.")
    {
        Answers = [new(204, "It has ended.")],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted],
    };
}
