using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Api.People;

/// <summary>GET /api/keys: lists keys, the newest first.</summary>
internal static class ListKeys
{
    public const string Path = "/api/keys";

    private static readonly Pages Pages = PeopleRoutes.PagesOf("keys", CursorParts.Id);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Self).Document(Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, IPeopleLedger people, Activities activities)
    {
        var reader = new QueryReader(context.Request.Query, "tenant", "limit", "cursor");
        var page = Pages.Read(reader);
        var named = reader.Text("tenant");
        if (reader.Refusal is { } refusal)
            return refusal;
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var authority = await Authority.OfAsync(caller, people, stop);
        var tenant = named ?? caller.Tenant;
        if (tenant != caller.Tenant && !authority.Administers(tenant))
            return PeopleRoutes.NoSuchTenant;
        var found = authority.Administers(tenant) || caller.User is not null
            ? await people.ListKeysAsync(tenant, authority.Administers(tenant) ? null : caller.User, page.Id, page.Sought, stop)
            : await OwnAsync(caller, people, stop);
        var activityOf = await activities.OfAsync([.. found.Take(page.Limit).Select(KeyView.SubjectOf)], stop);
        return JsonAnswer.Of(
            page.Of(found, key => key.Id, key => KeyView.Of(key) with { Activity = activityOf(KeyView.SubjectOf(key)) }),
            ApiJson.Out.ListOfKeyView);
    }

    // A key of the tenant that is not an administrator only sees itself.
    private static async Task<IReadOnlyList<ApiKey>> OwnAsync(Caller caller, IPeopleLedger people, CancellationToken cancellationToken) =>
        caller.Credential.Kind == CredentialKind.ApiKey && Guid.TryParse(caller.Credential.Id, out var id)
            && await people.FindKeyAsync(caller.Tenant, id, cancellationToken) is { } own
            ? [own]
            : [];

    private static EndpointDoc Doc => new(
        PeopleRoutes.Keys, nameof(ListKeys), "List the keys",
        "Users see their own, administrators all of the tenant, also those that were revoked.")
    {
        Query = [new("tenant", "Of another tenant, for its administrators and for operators.", "default"), .. Pages.Parameters],
        Answers = [new(200, "A page.", typeof(ListOf<KeyView>), Examples.Page(KeyView.Example))],
        Errors = [RequestError.NoSuchTenant],
    };
}
