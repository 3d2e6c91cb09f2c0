using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>GET /api/tenants/{name}: returns one tenant.</summary>
internal static class GetTenant
{
    public const string Path = "/api/tenants/{name}";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(string name, HttpContext context, IPeopleLedger people)
    {
        var authority = await Authority.OfAsync(context.Caller(), people, context.RequestAborted);
        return PersonText.IsTenantName(name) && authority.Administers(name)
            && await people.FindTenantAsync(name, context.RequestAborted) is { } tenant
            ? JsonAnswer.Of(TenantView.Of(tenant), ApiJson.Out.TenantView)
            : PeopleRoutes.NoSuchTenant;
    }

    private static EndpointDoc Doc => new(PeopleRoutes.Tenants, nameof(GetTenant), "Ask about a tenant", "As in the list.")
    {
        Answers = [new(200, "The tenant.", typeof(TenantView), TenantView.Example)],
        Errors = [RequestError.NoSuchTenant],
    };
}
