using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>DELETE /api/sign-ins/{id}: signs a browser out.</summary>
internal static class EndSignIn
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/api/sign-ins/{id}", HandleAsync).RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IPeopleLedger people, IBrowserSessionLedger sessions, Credentials credentials)
    {
        var (user, refusal) = await ListSignIns.UserOfAsync(context, people);
        if (refusal is not null)
            return refusal;
        if (!PeopleRoutes.TryReadId(id, out var session) || !await sessions.RevokeAsync(session, user, context.RequestAborted))
            return Refusal.Of(RequestError.NoSuchSignIn, "There is no such session, or it has ended. GET /api/sign-ins lists them.");
        credentials.Forget();
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(EndSignIn), "Sign a browser out", "Takes effect at once, also for copies of its cookie.")
    {
        Query = ListSignIns.Query,
        Answers = [new(204, "It has ended.")],
        Errors = [RequestError.NoSuchSignIn, RequestError.NoSuchUser],
    };
}
