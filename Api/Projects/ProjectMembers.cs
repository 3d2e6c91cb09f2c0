using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>Manages the members of a project, which are those of its space.</summary>
internal static class ProjectMembers
{
    private const string All = ProjectRoutes.One + "/members";
    private const string One = All + "/{subject}";
    private const string Example =
        """{"members":[{"subject":"user:8f14e45fceea167a5a36dedd4bea2543","name":"Mara Lindqvist","can_change":true}]}""";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(ListDoc);
        routes.MapPut(One, SetAsync).RequireAuthorization(AccessPolicy.Serve).Document(SetDoc);
        routes.MapDelete(One, RemoveAsync).RequireAuthorization(AccessPolicy.Projects).Document(RemoveDoc);
    }

    private static async Task<IResult> ListAsync(string id, HttpContext context, IProjectLedger projects, ISpaceLedger spaces)
    {
        var (project, refusal) = await ProjectRoutes.MemberAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var members = await spaces.MembersAsync(new EntryId(project.Id), context.RequestAborted);
        return JsonAnswer.Of(
            new ProjectMembersView([.. members.Select(one => new ProjectMemberView(one.Subject, one.Name, one.CanChange))]),
            ProjectJson.Out.ProjectMembersView);
    }

    private static async Task<IResult> SetAsync(
        string id, string subject, HttpContext context, IValidator<ProjectMemberChangeBody> validator, IProjectLedger projects,
        ISpaceLedger spaces)
    {
        var read = await JsonBody.ReadAsync(
            context, ProjectJson.In.ProjectMemberChangeBody, validator, new ProjectMemberChangeBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (project, refusal) = await ProjectRoutes.OwnedAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var canChange = body.CanChange ?? false;
        if (subject == project.Owner && !canChange)
            return OwnerStays;
        return SubjectId.Parse(subject) is { } member
            && await spaces.SetMemberAsync(new EntryId(project.Id), member, canChange, context.RequestAborted)
            ? TypedResults.NoContent()
            : NoSuchMember;
    }

    private static async Task<IResult> RemoveAsync(
        string id, string subject, HttpContext context, IProjectLedger projects, ISpaceLedger spaces)
    {
        if (!Guid.TryParse(id, out var parsed)
            || await projects.FindAsync(context.Caller(), parsed, context.RequestAborted) is not { } project)
            return ProjectRoutes.Absent;
        // Every member may leave.
        if (!ProjectRoutes.Owns(context.Caller(), project) && subject != context.Caller().Subject)
            return ProjectRoutes.OwnerOnly;
        if (subject == project.Owner)
            return OwnerStays;
        return SubjectId.Parse(subject) is { } member
            && await spaces.RemoveMemberAsync(new EntryId(project.Id), member, context.RequestAborted)
            ? TypedResults.NoContent()
            : NoSuchMember;
    }

    private static Refusal OwnerStays { get; } = Refusal.Of(
        RequestError.NotPermitted, "The project belongs to this member, who keeps the right to change it. Hand the project over first.");

    private static Refusal NoSuchMember { get; } = Refusal.Of(
        RequestError.NoSuchUser, "There is no such user or key of the tenant among those who can be, or are, members.");

    private static EndpointDoc ListDoc => new(ProjectRoutes.Tag, "ListProjectMembers", "List a project's members", "For its members.")
    {
        Answers = [new(200, "The members.", typeof(ProjectMembersView), Example)],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted],
    };

    private static EndpointDoc SetDoc => new(
        ProjectRoutes.Tag, "SetProjectMember", "Add a member to a project",
        "For its owner, or an administrator. A member reads, or also changes files and serves folders.")
    {
        Json = new(typeof(ProjectMemberChangeBody), """{"can_change":true}""", Required: false),
        Answers = [new(204, "It is a member.")],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NoSuchUser],
    };

    private static EndpointDoc RemoveDoc => new(
        ProjectRoutes.Tag, "RemoveProjectMember", "End a membership",
        "By the member, the owner, or an administrator. What the member's devices serve there is released at once.")
    {
        Answers = [new(204, "It is no longer a member.")],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NoSuchUser],
    };
}
