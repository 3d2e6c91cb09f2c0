using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Mail;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record NewUserBody
{
    /// <summary>The name for signing in, which is unique and never changes.</summary>
    public string? Name { get; init; }

    /// <summary>The display name; the name if missing.</summary>
    public string? DisplayName { get; init; }

    public string? Email { get; init; }

    /// <summary>guest, viewer, member or admin of the tenant.</summary>
    public string? Role { get; init; }

    /// <summary>The tenant; the caller's tenant if missing.</summary>
    public string? Tenant { get; init; }

    /// <summary>The password; if missing, the response contains a link with which the user chooses one.</summary>
    public string? Password { get; init; }

    /// <summary>Whether the invitation is also mailed to the user's address; requires Mail:Host.</summary>
    public bool? SendMail { get; init; }

    /// <summary>Whether the user may do everything in every tenant; only operators grant that.</summary>
    public bool? IsOperator { get; init; }
}

internal sealed class NewUserValidator : AbstractValidator<NewUserBody>
{
    public NewUserValidator(MailOptions mail)
    {
        RuleFor(body => body.Name).Must(PersonText.IsUserName).OverridePropertyName("name").WithMessage(PersonText.UserNameRule);
        RuleFor(body => body.DisplayName).MustBeTitle("displayName", needed: false);
        RuleFor(body => body.Email).MustBeEmail();
        RuleFor(body => body.Role).Must((body, role) => Roles.Of(role) is not null || (role is null && body.IsOperator == true))
            .OverridePropertyName("role").WithMessage("role must be guest, viewer, member or admin.");
        RuleFor(body => body.Tenant).Must(PersonText.IsTenantName).When(body => body.Tenant is not null)
            .OverridePropertyName("tenant").WithMessage("tenant must be the name of a tenant.");
        RuleFor(body => body.Password).MustBePassword();
        RuleFor(body => body.SendMail).Must((body, send) => send != true || (mail.AreOn && body is { Email.Length: > 0, Password: null }))
            .OverridePropertyName("sendMail")
            .WithMessage("sendMail needs a mail server (Mail:Host), the user's email, and no password.");
    }
}

/// <param name="Invitation">Null if the request contained a password.</param>
internal sealed record InvitedUserView(UserView User, LinkView? Invitation);

/// <summary>POST /api/users: creates a user and the link for choosing a password.</summary>
internal static class AddUser
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(ListUsers.Path, HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        HttpContext context, IValidator<NewUserBody> validator, IPeopleLedger people, BrowserSessions sessions,
        Passwords passwords, MailQueue mails, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.NewUserBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var stop = context.RequestAborted;
        var authority = await Authority.OfAsync(context.Caller(), people, stop);
        var tenant = body.Tenant ?? context.Caller().Tenant;
        if (!authority.Administers(tenant) || await people.FindTenantAsync(tenant, stop) is not { RemovedAt: null })
            return PeopleRoutes.NoSuchTenant;
        var isOperator = body.IsOperator == true;
        var role = Roles.Of(body.Role);
        if ((isOperator && !authority.GrantsAll) || (role is { } granted && !authority.MayGrant(granted)))
            return PeopleRoutes.NotGranted;

        var name = SignInCheck.Folded(body.Name!);
        var user = new User(
            Guid.NewGuid(), name, body.DisplayName ?? name, body.Email is { Length: > 0 } email ? email : null, body.Password is not null,
            isOperator, Enabled: true, HasSecondFactor: false, time.GetUtcNow(), SignedInAt: null,
            role is { } mine ? [new Membership(tenant, mine)] : []);
        if (!await people.AddUserAsync(user, body.Password is { } password ? passwords.Hash(password) : null, stop))
            return Refusal.Of(RequestError.NameInUse, $"A user with the name {name} exists already. Choose another name.");
        var link = body.Password is null ? await PeopleRoutes.NewLinkAsync(context, sessions, user, time, stop) : null;
        if (body.SendMail == true)
        {
            var invitation = ResetPassword.MailOf(user, link!.Link, BrowserSessions.InvitationLifetime, invited: true);
            await mails.AddAsync(invitation, BrowserSessions.InvitationLifetime, stop);
        }

        context.Response.Headers.Location = PublicAddress.PathOf(context.Request, $"{ListUsers.Path}/{user.Id:n}");
        return JsonAnswer.Of(
            new InvitedUserView(UserView.Of(user, authority), link), ApiJson.Out.InvitedUserView, StatusCodes.Status201Created);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(AddUser), "Add a user",
        """
        Without a password the answer has an invitation: an address that is valid once and for seven days, with which the user chooses a
        password. Give it only to that user; `sendMail` mails it to the user.

            curl -X POST -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \
              -d '{"name":"ann","displayName":"Ann Lee","role":"member"}' http://127.0.0.1:8080/api/users
        """)
    {
        Json = new(typeof(NewUserBody), """{"name":"ann","displayName":"Ann Lee","email":"ann@example.org","role":"member"}"""),
        Answers =
        [
            new(201, "The user.", typeof(InvitedUserView),
                $$"""{"user":{{PeopleRoutes.UserExample}},"invitation":{{PeopleRoutes.LinkExample}}}""")
            { Headers = [new("Location", "The user.", $"/api/users/{Examples.Id}")] },
        ],
        Errors = [RequestError.NameInUse, RequestError.NoSuchTenant],
    };
}
