using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>GET /api/users/{id}: returns one user.</summary>
internal static class GetUser
{
    public const string Path = "/api/users/{id}";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, IPeopleLedger people)
    {
        var authority = await Authority.OfAsync(context.Caller(), people, context.RequestAborted);
        return await PeopleRoutes.FindAsync(id, authority, people, context.RequestAborted) is { } user
            ? JsonAnswer.Of(UserView.Of(user, authority), ApiJson.Out.UserView)
            : PeopleRoutes.NoSuchUser;
    }

    private static EndpointDoc Doc => new(PeopleRoutes.People, nameof(GetUser), "Ask about a user", "As in the list.")
    {
        Answers = [new(200, "The user.", typeof(UserView), PeopleRoutes.UserExample)],
        Errors = [RequestError.NoSuchUser],
    };
}
