using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>The invitations of a project, for its owner.</summary>
internal static class ProjectInvitations
{
    private const string All = ProjectRoutes.One + "/invitations";
    private const string One = All + "/{invitation}";
    private const int DefaultDays = 7;
    private const int Most = 100;

    private const string Example = $$"""
        {"id":"{{ProjectRoutes.ExampleId}}","can_change":true,"uses":0,"most_uses":1,"created_at":"2026-01-15T09:30:00.000Z",
         "expires_at":"2026-01-22T09:30:00.000Z"}
        """;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(All, ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Projects).Document(ListDoc);
        routes.MapPost(All, AddAsync).RequireAuthorization(AccessPolicy.Serve).Document(AddDoc);
        routes.MapDelete(One, EndAsync).RequireAuthorization(AccessPolicy.Serve).Document(EndDoc);
    }

    private static async Task<IResult> ListAsync(string id, HttpContext context, IProjectLedger projects, IInvitationLedger invitations)
    {
        var (project, refusal) = await ProjectRoutes.OwnedAsync(id, context, projects);
        if (project is null)
            return refusal!;
        var found = await invitations.ListAsync(project.Id, context.RequestAborted);
        return JsonAnswer.Of(
            new InvitationsView([.. found.Select(one => InvitationView.Of(one))]), ProjectJson.Out.InvitationsView);
    }

    private static async Task<IResult> AddAsync(
        string id, HttpContext context, IValidator<NewInvitationBody> validator, IProjectLedger projects, IInvitationLedger invitations,
        TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(
            context, ProjectJson.In.NewInvitationBody, validator, new NewInvitationBody(), context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (project, refusal) = await ProjectRoutes.OwnedAsync(id, context, projects);
        if (project is null)
            return refusal!;
        if (project.ArchivedAt is not null)
            return Refusal.Of(RequestError.ProjectArchived, "The project is archived, and read only until it is brought back.");
        var now = time.GetUtcNow();
        var token = LinkToken.New();
        var invitation = new ProjectInvitation(
            Guid.NewGuid(), project.Id, context.Caller().Subject, body.CanChange ?? true, 0, body.Uses ?? 1, now,
            now.AddDays(body.Days ?? DefaultDays));
        if (!await invitations.AddAsync(invitation, LinkToken.Hash(token), Most, context.RequestAborted))
            return Refusal.Of(RequestError.TooManyInvitations, $"The project has {Most} valid invitations; end one of them first.");
        // The fragment is never sent to the service, so no log contains the token.
        var link = PublicAddress.Of(context.Request, $"/console/#/projects/join/{token}");
        return JsonAnswer.Of(InvitationView.Of(invitation, link), ProjectJson.Out.InvitationView, StatusCodes.Status201Created);
    }

    private static async Task<IResult> EndAsync(
        string id, string invitation, HttpContext context, IProjectLedger projects, IInvitationLedger invitations)
    {
        var (project, refusal) = await ProjectRoutes.OwnedAsync(id, context, projects);
        if (project is null)
            return refusal!;
        return Guid.TryParse(invitation, out var parsed) && await invitations.EndAsync(project.Id, parsed, context.RequestAborted)
            ? TypedResults.NoContent()
            : Refusal.Of(RequestError.NoSuchInvitation, "The project has no invitation with this id that is still valid.");
    }

    private static EndpointDoc ListDoc => new(
        ProjectRoutes.Tag, "ListInvitations", "List the invitations of a project", "For its owner, or an administrator: the valid ones.")
    {
        Answers = [new(200, "The invitations.", typeof(InvitationsView), $$"""{"invitations":[{{Example}}]}""")],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted],
    };

    private static EndpointDoc AddDoc => new(
        ProjectRoutes.Tag, "AddInvitation", "Invite to a project",
        "By its owner, or an administrator. Only this answer has the link, whose fragment has the token. It ends with the right of the "
            + "one who made it.")
    {
        Json = new(typeof(NewInvitationBody), """{"can_change":true,"days":7,"uses":1}""", Required: false),
        Answers =
        [
            new(201, "The invitation.", typeof(InvitationView), $$"""
                {"id":"{{ProjectRoutes.ExampleId}}","can_change":true,"uses":0,"most_uses":1,"created_at":"2026-01-15T09:30:00.000Z",
                 "expires_at":"2026-01-22T09:30:00.000Z",
                 "link":"https://files.example/console/#/projects/join/7Kq2mX9dVtR47Kq2mX9dVtR47Kq2mX9dVtR47Kq2mX9"}
                """),
        ],
        Errors =
        [
            RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.ProjectArchived, RequestError.TooManyInvitations,
        ],
    };

    private static EndpointDoc EndDoc => new(
        ProjectRoutes.Tag, "EndInvitation", "End an invitation", "Users who have joined by it stay members.")
    {
        Answers = [new(204, "It has ended.")],
        Errors = [RequestError.NoSuchProject, RequestError.NotPermitted, RequestError.NoSuchInvitation],
    };
}
