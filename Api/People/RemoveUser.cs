using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>DELETE /api/users/{id}: removes the account; the files stay.</summary>
internal static class RemoveUser
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(GetUser.Path, HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, IPeopleLedger people, Credentials credentials)
    {
        var stop = context.RequestAborted;
        var authority = await Authority.OfAsync(context.Caller(), people, stop);
        if (await PeopleRoutes.FindAsync(id, authority, people, stop) is not { } user)
            return PeopleRoutes.NoSuchUser;
        if (!authority.Manages(user))
            return PeopleRoutes.NotManaged;
        if (context.Caller().User == user.Id)
            return PeopleRoutes.OwnAccount;
        await people.RemoveUserAsync(user.Id, stop);
        credentials.Forget();
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(RemoveUser), "Remove a user",
        "With sessions and keys. The user's files stay, and administrators of the tenant see them.")
    {
        Answers = [new(204, "It is removed.")],
        Errors = [RequestError.NoSuchUser],
    };
}
