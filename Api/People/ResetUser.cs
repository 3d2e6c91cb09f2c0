using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>POST /api/users/{id}/reset: a link with which the user sets a new password.</summary>
internal static class ResetUser
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/users/{id}/reset", HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IUserLedger users, BrowserSessions sessions, TimeProvider time)
    {
        var stop = context.RequestAborted;
        var authority = await Authority.OfAsync(context.Caller(), users, stop);
        if (await PeopleRoutes.FindAsync(id, authority, users, stop) is not { } user)
            return PeopleRoutes.NoSuchUser;
        return authority.Manages(user)
            ? JsonAnswer.Of(await PeopleRoutes.NewLinkAsync(context, sessions, user, time, stop), ApiJson.Out.LinkView)
            : PeopleRoutes.NotManaged;
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ResetUser), "Make a link for a new password",
        "Valid once and for seven days. The password of before holds until the link is used; that ends the user's sessions.")
    {
        Path = PeopleRoutes.Id,
        Answers = [new(200, "The link.", typeof(LinkView), PeopleRoutes.LinkExample)],
        Fails = PeopleRoutes.Fails,
        Refuses = [RequestError.NoSuchUser],
    };
}
