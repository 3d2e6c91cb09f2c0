using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>DELETE /api/users/{id}/memberships/{tenant}: removes the user from the tenant.</summary>
internal static class EndMembership
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(SetMembership.Route, HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, string tenant, HttpContext context, IPeopleLedger people, Credentials credentials)
    {
        var stop = context.RequestAborted;
        var authority = await Authority.OfAsync(context.Caller(), people, stop);
        if (await PeopleRoutes.FindAsync(id, authority, people, stop) is not { } user)
            return PeopleRoutes.NoSuchUser;
        if (!authority.Administers(tenant) || user.RoleIn(tenant) is not { } role)
            return PeopleRoutes.NoSuchTenant;
        if (!authority.MayGrant(role))
            return PeopleRoutes.NotGranted;
        if (context.Caller().User == user.Id && !authority.IsOperator)
            return PeopleRoutes.OwnAccount;
        await people.SetRoleAsync(user.Id, tenant, null, stop);
        credentials.Forget();
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(EndMembership), "End a membership",
        "The user's keys for the tenant are revoked, and the user leaves its team spaces.")
    {
        Answers = [new(204, "It has ended.")],
        Errors = [RequestError.NoSuchUser, RequestError.NoSuchTenant],
    };
}
