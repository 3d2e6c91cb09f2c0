using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>POST /api/projects: creates a project with its own team space.</summary>
internal static class AddProject
{
    private const int MostOfSubject = 1000;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(ProjectRoutes.All, HandleAsync).RequireAuthorization(AccessPolicy.Serve).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewProjectBody> validator, IProjectLedger projects, DevicePresence presence)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.NewProjectBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var caller = context.Caller();
        if (await projects.AddAsync(caller, body.Name!, caller.SeesAll ? null : MostOfSubject, context.RequestAborted) is not { } id)
        {
            return Refusal.Of(
                RequestError.TooManySpaces, $"You have {MostOfSubject} projects and team spaces, which is the most; delete one first.");
        }

        var project = await projects.FindAsync(caller, id, context.RequestAborted);
        return project is null
            ? ProjectRoutes.Absent
            : JsonAnswer.Of(
                ProjectView.Of(project, presence.Online([])), ProjectJson.Out.ProjectView, StatusCodes.Status201Created);
    }

    private static EndpointDoc Doc => new(
        ProjectRoutes.Tag, nameof(AddProject), "Make a project",
        "A team space with devices. It belongs to the one who makes it; its id is also that of the space, in which its files on the "
            + "service lie.")
    {
        Json = new(typeof(NewProjectBody), """{"name":"Skagen 2026"}"""),
        Answers = [new(201, "The project.", typeof(ProjectView), ProjectRoutes.ProjectExample)],
        Errors = [RequestError.TooManySpaces],
    };
}
