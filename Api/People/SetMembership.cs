using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using FluentValidation;

namespace ChunkUpload.Api.People;

internal sealed record RoleBody
{
    /// <summary>guest, viewer, member or admin.</summary>
    public string? Role { get; init; }
}

internal sealed class RoleValidator : AbstractValidator<RoleBody>
{
    public RoleValidator() =>
        RuleFor(body => body.Role).Must(role => Roles.Of(role) is not null).OverridePropertyName("role")
            .WithMessage("role must be guest, viewer, member or admin.");
}

/// <summary>PUT /api/users/{id}/memberships/{tenant}: gives a user a role in a tenant.</summary>
internal static class SetMembership
{
    public const string Route = "/api/users/{id}/memberships/{tenant}";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut(Route, HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, string tenant, HttpContext context, IValidator<RoleBody> validator, IPeopleLedger people, Credentials credentials)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.RoleBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var stop = context.RequestAborted;
        var authority = await Authority.OfAsync(context.Caller(), people, stop);
        if (await PeopleRoutes.FindAsync(id, authority, people, stop) is not { } user)
            return PeopleRoutes.NoSuchUser;
        if (!PersonText.IsTenantName(tenant) || !authority.Administers(tenant)
            || await people.FindTenantAsync(tenant, stop) is not { RemovedAt: null })
            return PeopleRoutes.NoSuchTenant;
        var (role, was) = (Roles.Of(body.Role)!.Value, user.RoleIn(tenant));
        if (!authority.MayGrant(role) || (was is { } held && !authority.MayGrant(held)))
            return PeopleRoutes.NotGranted;
        if (context.Caller().User == user.Id && was == Role.Admin && role != Role.Admin)
            return PeopleRoutes.OwnAccount;
        await people.SetRoleAsync(user.Id, tenant, role, stop);
        credentials.Forget();
        return await people.FindUserAsync(user.Id, stop) is { } changed
            ? JsonAnswer.Of(UserView.Of(changed, authority), ApiJson.Out.UserView)
            : PeopleRoutes.NoSuchUser;
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(SetMembership), "Give a role in a tenant",
        "A caller can grant only its own rights. A user may belong to several tenants; administrators add those whom they see.")
    {
        Json = new(typeof(RoleBody), """{"role":"admin"}"""),
        Answers = [new(200, "The user.", typeof(UserView), PeopleRoutes.UserExample)],
        Errors = [RequestError.NoSuchUser, RequestError.NoSuchTenant],
    };
}
