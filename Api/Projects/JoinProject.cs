using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Projects;
using FluentValidation;

namespace ChunkUpload.Api.Projects;

/// <summary>POST /api/projects/join and /api/projects/join/offer: accept an invitation, and describe it.</summary>
internal static class JoinProject
{
    private const string Path = ProjectRoutes.All + "/join";

    /// <summary>The maximum number of requests of one user per minute.</summary>
    private const int PerMinute = 30;

    private const string Body = """{"token":"7Kq2mX9dVtR47Kq2mX9dVtR47Kq2mX9dVtR47Kq2mX9"}""";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path, JoinAsync).RequireAuthorization(AccessPolicy.Projects).Document(JoinDoc);
        routes.MapPost(Path + "/offer", LookAsync).RequireAuthorization(AccessPolicy.Projects).Document(LookDoc);
    }

    private static async Task<IResult> JoinAsync(
        HttpContext context, IValidator<InvitationTokenBody> validator, IInvitationLedger invitations, IProjectLedger projects,
        DevicePresence presence, RateBook rates, ProjectOptions options)
    {
        var (token, refusal) = await TokenAsync(context, validator, rates);
        if (token is null)
            return refusal!;
        var caller = context.Caller();
        // The project as the caller sees it in its tenant.
        return await invitations.JoinAsync(caller, token, LetsGuestsIn(caller, options), context.RequestAborted) is { } joined
            && await projects.FindAsync(
                caller.Tenant == joined.Tenant
                    ? caller : caller with { Tenant = joined.Tenant, Scopes = Role.Guest.Grants(), SeesAll = false },
                joined.Project, context.RequestAborted) is { } project
            ? JsonAnswer.Of(
                ProjectView.Of(project, presence.Online(project.Folders.Select(folder => folder.Device))), ProjectJson.Out.ProjectView)
            : NotValid;
    }

    private static async Task<IResult> LookAsync(
        HttpContext context, IValidator<InvitationTokenBody> validator, IInvitationLedger invitations, RateBook rates,
        ProjectOptions options)
    {
        var (token, refusal) = await TokenAsync(context, validator, rates);
        if (token is null)
            return refusal!;
        var caller = context.Caller();
        return await invitations.FindAsync(caller, token, LetsGuestsIn(caller, options), context.RequestAborted) is { } offer
            ? JsonAnswer.Of(
                new OfferView(
                    offer.Project, offer.Name, offer.InvitedBy, offer.CanChange, offer.ExpiresAt, offer.IsMember, offer.Tenant,
                    offer.AsGuest),
                ProjectJson.Out.OfferView)
            : NotValid;
    }

    /// <summary>A key belongs to its tenant; only a browser session can switch to that of the project.</summary>
    private static bool LetsGuestsIn(Caller caller, ProjectOptions options) => options.Guests && caller.ApiKey is null;

    private static async Task<(byte[]? Token, IResult? Refusal)> TokenAsync(
        HttpContext context, IValidator<InvitationTokenBody> validator, RateBook rates)
    {
        var read = await JsonBody.ReadAsync(context, ProjectJson.In.InvitationTokenBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return (null, read.Refusal!);
        var caller = context.Caller();
        if (caller.User is null)
            return (null, Refusal.Of(RequestError.NotPermitted, "Only a user joins a project: sign in, or use a key of yours."));
        if (rates.TryTake(new LimitTarget(LimitScope.Key, "", $"join {caller.Subject}"), "invitations", PerMinute) is { } wait)
        {
            return (null, Refusal.Of(new RequestFailure(RequestError.RateLimited, "Too many invitations were tried. Wait a moment.")
            {
                RetryAfter = wait,
            }));
        }

        return LinkToken.IsWellFormed(body.Token) ? (LinkToken.Hash(body.Token!), null) : (null, NotValid);
    }

    private static Refusal NotValid { get; } = Refusal.Of(
        RequestError.NoSuchInvitation, "The invitation has expired, was used or ended, or is for another tenant. Ask for a new one.");

    private static EndpointDoc JoinDoc => new(
        ProjectRoutes.Tag, nameof(JoinProject), "Join a project",
        "By an invitation, as a user of the project's tenant; where `Projects:Guests` is on, users of other tenants join in a browser as "
            + "guests, who see their projects alone. Who was removed needs an invitation that is newer than that.")
    {
        Json = new(typeof(InvitationTokenBody), Body),
        Answers = [new(200, "The project.", typeof(ProjectView), ProjectRoutes.ProjectExample)],
        Errors = [RequestError.NotPermitted, RequestError.NoSuchInvitation, RequestError.RateLimited],
    };

    private static EndpointDoc LookDoc => new(
        ProjectRoutes.Tag, "GetInvitationOffer", "Show an invitation", "The project and who invites, before one joins.")
    {
        Json = new(typeof(InvitationTokenBody), Body),
        Answers =
        [
            new(200, "The offer.", typeof(OfferView), $$"""
                {"project_id":"{{ProjectRoutes.ExampleId}}","name":"Skagen 2026","invited_by":"Mara Lindqvist","can_change":true,
                 "expires_at":"2026-01-22T09:30:00.000Z","is_member":false,"tenant":"default","as_guest":false}
                """),
        ],
        Errors = [RequestError.NotPermitted, RequestError.NoSuchInvitation, RequestError.RateLimited],
    };
}
