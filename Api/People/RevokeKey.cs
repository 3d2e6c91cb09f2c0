using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>DELETE /api/keys/{id}: revokes a key. It stays in the list.</summary>
internal static class RevokeKey
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(GetKey.Path, HandleAsync).RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, HttpContext context, IPeopleLedger people, Credentials credentials)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var authority = await Authority.OfAsync(caller, people, stop);
        if (await KeyRules.FindAsync(id, caller, authority, people, stop) is not { } key)
            return KeyRules.NoSuchKey;
        if (!KeyRules.MayRevoke(caller, authority, key))
            return KeyRules.NotYours;
        await people.RevokeKeyAsync(key.Tenant, key.Id, stop);
        credentials.Forget();
        return TypedResults.NoContent();
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.Keys, nameof(RevokeKey), "Revoke a key",
        "At once and for good: requests that run with it are aborted within two seconds, and what they have sent is kept. "
            + "Links and keys that were made with it end, too.")
    {
        Answers = [new(204, "It is revoked.")],
        Errors = [RequestError.NoSuchKey],
    };
}
