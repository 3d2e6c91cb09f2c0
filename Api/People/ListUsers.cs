using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>GET /api/users: lists the members of the tenant, ordered by name.</summary>
internal static class ListUsers
{
    public const string Path = "/api/users";

    private static readonly Pages Pages = PeopleRoutes.PagesOf("users", CursorParts.Text);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, IPeopleLedger people)
    {
        var reader = new QueryReader(context.Request.Query, "tenant", "limit", "cursor");
        var page = Pages.Read(reader);
        var tenant = reader.Text("tenant");
        if (reader.Refusal is { } refusal)
            return refusal;
        var authority = await Authority.OfAsync(context.Caller(), people, context.RequestAborted);
        if (tenant is not null && !authority.Administers(tenant))
            return PeopleRoutes.NoSuchTenant;
        var found = await people.ListUsersAsync(
            tenant ?? (authority.IsOperator ? null : context.Caller().Tenant), page.After?.Text, page.Sought, context.RequestAborted);
        return JsonAnswer.Of(page.Of(found, user => user.Name, user => UserView.Of(user, authority)), ApiJson.Out.ListOfUserView);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.People, nameof(ListUsers), "List the users",
        "Administrators see the members of their tenant, operators all users.")
    {
        Query = [new("tenant", "Only its members.", "default"), .. Pages.Parameters],
        Answers = [new(200, "A page.", typeof(ListOf<UserView>), Examples.Page(PeopleRoutes.UserExample))],
        Errors = [RequestError.NoSuchTenant],
    };
}
