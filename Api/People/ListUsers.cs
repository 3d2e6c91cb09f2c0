using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>GET /api/users: the members of the tenant, in the order of their names.</summary>
internal static class ListUsers
{
    public const string Path = "/api/users";

    private const string Sort = "users";

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, IUserLedger users)
    {
        var reader = new QueryReader(context.Request.Query, "tenant", "limit", "cursor");
        var limit = (int)(reader.Number("limit", 1, PeopleRoutes.MostLimit) ?? PeopleRoutes.DefaultLimit);
        var tenant = reader.Text("tenant");
        string? after = null;
        if (reader.Text("cursor") is { Length: > 0 } cursor)
        {
            if (Cursor.TryReadName(cursor, Sort, out var name, out _))
                after = name;
            else
                reader.RefuseCursor();
        }

        if (reader.Refusal is { } refusal)
            return refusal;
        var authority = await Authority.OfAsync(context.Caller(), users, context.RequestAborted);
        if (tenant is not null && !authority.Administers(tenant))
            return PeopleRoutes.NoSuchTenant;
        var found = await users.ListAsync(
            tenant ?? (authority.IsOperator ? null : context.Caller().Tenant), after, limit + 1, context.RequestAborted);
        var next = found.Count > limit ? Cursor.WriteName(Sort, found[limit - 1].Name, 0) : null;
        return JsonAnswer.Of(
            new ListOf<UserView>([.. found.Take(limit).Select(user => UserView.Of(user, authority))], next), ApiJson.Out.ListOfUserView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ListUsers), "List the users",
        "Administrators see the members of their tenant, operators all users.")
    {
        Query = [new("tenant", "Only its members.", "default"), .. PeopleRoutes.Pages],
        Answers = [new(200, "A page.", typeof(ListOf<UserView>), Examples.Page(PeopleRoutes.UserExample))],
        Errors = [RequestError.NoSuchTenant],
    };
}
