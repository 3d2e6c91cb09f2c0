using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record UserChangeBody
{
    public string? DisplayName { get; init; }

    /// <summary>The e-mail address; empty to remove it. Change your own at /api/me.</summary>
    public string? Email { get; init; }

    /// <summary>
    /// False ends the user's sessions, links for a new password and running requests within two seconds; keys are disabled until it is true
    /// again.
    /// </summary>
    public bool? Enabled { get; init; }

    /// <summary>Only operators change it.</summary>
    public bool? IsOperator { get; init; }
}

internal sealed class UserChangeValidator : AbstractValidator<UserChangeBody>
{
    public UserChangeValidator()
    {
        RuleFor(body => body.DisplayName).MustBeTitle("displayName", needed: false);
        RuleFor(body => body.Email).MustBeEmail();
    }
}

/// <summary>PATCH /api/users/{id}: changes the fields that are present.</summary>
internal static class ChangeUser
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(GetUser.Path, HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IValidator<UserChangeBody> validator, IPeopleLedger people, Credentials credentials)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.UserChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var stop = context.RequestAborted;
        var authority = await Authority.OfAsync(context.Caller(), people, stop);
        if (await PeopleRoutes.FindAsync(id, authority, people, stop) is not { } user)
            return PeopleRoutes.NoSuchUser;
        if (!authority.Manages(user))
            return PeopleRoutes.NotManaged;
        if (body.IsOperator is not null && !authority.GrantsAll)
            return PeopleRoutes.NotGranted;
        if (context.Caller().User == user.Id && (body.Enabled == false || body.IsOperator == false))
            return PeopleRoutes.OwnAccount;
        if (context.Caller().User == user.Id && body.Email is { } email && email != (user.Email ?? ""))
            return PeopleRoutes.OwnSignIn;
        await people.ChangeUserAsync(user.Id, body.DisplayName, body.Email, body.IsOperator, body.Enabled, stop);
        credentials.Forget();
        return await people.FindUserAsync(user.Id, stop) is { } changed
            ? JsonAnswer.Of(UserView.Of(changed, authority), ApiJson.Out.UserView)
            : PeopleRoutes.NoSuchUser;
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ChangeUser), "Change a user",
        "An administrator changes users of whom all memberships are in the administrator's tenants. A disabled user stops within two "
            + "seconds: what the user's running uploads have sent is kept.")
    {
        Json = new(typeof(UserChangeBody), """{"enabled":false}"""),
        Answers = [new(200, "The user.", typeof(UserView), PeopleRoutes.UserExample)],
        Errors = [RequestError.NoSuchUser],
    };
}
