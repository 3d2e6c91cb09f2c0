using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>GET /api/tenants: lists the tenants that the caller administers.</summary>
internal static class ListTenants
{
    public const string Path = "/api/tenants";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, IPeopleLedger people)
    {
        if (new QueryReader(context.Request.Query).Refusal is { } refusal)
            return refusal;
        var authority = await Authority.OfAsync(context.Caller(), people, context.RequestAborted);
        var found = await people.ListTenantsAsync(context.RequestAborted);
        return JsonAnswer.Of(
            new ListOf<TenantView>([.. found.Where(tenant => authority.Administers(tenant.Name)).Select(TenantView.Of)], null),
            ApiJson.Out.ListOfTenantView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.Tenants, nameof(ListTenants), "List the tenants", "Operators see all, administrators their own.")
    {
        Answers = [new(200, "The tenants, by name.", typeof(ListOf<TenantView>), Examples.Page(TenantView.Example))],
        Errors = [RequestError.InvalidParameter],
    };
}
