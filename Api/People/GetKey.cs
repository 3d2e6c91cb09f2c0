using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>GET /api/keys/{id}: returns one key.</summary>
internal static class GetKey
{
    public const string Path = "/api/keys/{id}";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(string id, HttpContext context, IPeopleLedger people)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var authority = await Authority.OfAsync(caller, people, stop);
        return await KeyRules.FindAsync(id, caller, authority, people, stop) is { } key
            ? JsonAnswer.Of(KeyView.Of(key), ApiJson.Out.KeyView)
            : KeyRules.NoSuchKey;
    }

    private static EndpointDoc Doc => new(PeopleRoutes.Keys, nameof(GetKey), "Ask about a key", "As in the list; never its secret.")
    {
        Answers = [new(200, "The key.", typeof(KeyView), KeyView.Example)],
        Errors = [RequestError.NoSuchKey],
    };
}
