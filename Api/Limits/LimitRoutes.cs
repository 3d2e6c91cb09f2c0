using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.People;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Limits;

/// <summary>Shared parts of the limit endpoints.</summary>
internal static class LimitRoutes
{
    public const string Tag = "Limits";
    public const string WholeService = "all";
    public const string Path = "/api/limits/{scope}/{id}";

    public static IReadOnlyList<EndpointDoc.Parameter> Query { get; } =
        [new("tenant", "For operators: the tenant in which the user or the key is; the caller's, if left out.", "default")];

    public static void MapLimits(this IEndpointRouteBuilder routes)
    {
        GetLimits.Map(routes);
        GetLimitRow.Map(routes);
        SetLimits.Map(routes);
        RemoveLimits.Map(routes);
    }

    /// <summary>Finds the target of a row if the caller may see it: operators see all rows, admins those of their tenants.</summary>
    public static async Task<LimitAddress> FindAsync(HttpContext context, string scope, string id, IPeopleLedger people)
    {
        var (caller, stop) = (context.Caller(), context.RequestAborted);
        var authority = await Authority.OfAsync(caller, people, stop);
        var reader = new QueryReader(context.Request.Query, "tenant");
        var tenant = reader.Text("tenant") is { Length: > 0 } named ? named : caller.Tenant;
        if (reader.Refusal is { } refusal)
            return new(refusal);
        switch (LimitScopes.Parse(scope))
        {
            case LimitScope.Default when authority.IsOperator && LimitScopes.Parse(id) is { } kind
                and not (LimitScope.Default or LimitScope.Service):
                return new(LimitTarget.DefaultOf(kind), id, false, authority);
            case LimitScope.Service when authority.IsOperator && id == WholeService:
                return new(LimitTarget.Service, id, false, authority);
            case LimitScope.Tenant when authority.Administers(id) && await people.FindTenantAsync(id, stop) is not null:
                return new(LimitTarget.OfTenant(id), id, true, authority);
            case LimitScope.User when authority.Administers(tenant) && PeopleRoutes.TryReadId(id, out var user)
                && await people.FindUserAsync(user, stop) is { } found && (found.RoleIn(tenant) is not null || found.IsOperator):
                return new(LimitTarget.OfSubject(tenant, found.Subject)!, id, true, authority);
            case LimitScope.Key when authority.Administers(tenant) && PeopleRoutes.TryReadId(id, out var key)
                && await people.FindKeyAsync(tenant, key, stop) is { } one:
                return new(LimitTarget.OfSubject(tenant, Caller.KeySubject(key))!, id, one.User is null, authority);
            case LimitScope.User:
                return new(PeopleRoutes.NoSuchUser);
            case LimitScope.Key:
                return new(Refusal.Of(RequestError.NoSuchKey, "There is no key with this id whose limits you may see."));
            case LimitScope.Tenant:
                return new(PeopleRoutes.NoSuchTenant);
            default:
                return new(Refusal.Of(RequestError.NoSuchRoute, "Limits are of a tenant, user or key; operators also set default/tenant, "
                    + "default/user, default/key, default/session, default/address, default/upload and service/all."));
        }
    }
}

/// <summary>The target of a row of limits, or why the request is refused.</summary>
/// <param name="Counts">Whether stored bytes, files and open uploads are counted for it.</param>
internal sealed record LimitAddress(LimitTarget? Target, string Id, bool Counts, Authority? Authority)
{
    public LimitAddress(Refusal refusal)
        : this(null, "", false, null) => Refusal = refusal;

    public Refusal? Refusal { get; }
}
