using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.People;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using FluentValidation;

namespace ChunkUpload.Api.Limits;

/// <summary>PUT /api/limits/{scope}/{id}: replaces the limits of a tenant, a user or a key, or a default.</summary>
internal static class SetLimits
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPut(LimitRoutes.Path, HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string scope, string id, HttpContext context, IValidator<LimitsBody> validator, ILimitLedger ledger, LimitBook book,
        IUserLedger users, IKeyLedger keys, ITenantLedger tenants)
    {
        var stop = context.RequestAborted;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.LimitsBody, validator, null, stop);
        if (read.Value is not { } body)
            return read.Refusal!;
        var address = await LimitRoutes.FindAsync(context, scope, id, users, keys, tenants);
        if (address.Target is not { } target)
            return address.Refusal!;
        if (Refuse(address) is { } refusal)
            return refusal;
        var values = body.ToValues();
        if (Faults(values, address, await ledger.AllAsync(stop)) is { Count: > 0 } faults)
        {
            return Refusal.Of(new RequestFailure(RequestError.InvalidField, faults.First().Value[0]) { Errors = faults });
        }

        await ledger.SetAsync(target, values, stop);
        await book.LoadAsync(stop);
        return await GetLimitRow.ViewAsync(address, ledger, stop);
    }

    /// <summary>Admins set limits within their tenant; the tenant's own are the operator's.</summary>
    public static Refusal? Refuse(LimitAddress address) => address.Target!.Scope == LimitScope.Tenant && !address.Authority!.IsOperator
        ? Refusal.Of(RequestError.NotPermitted, "Only operators set the limits of a tenant.")
        : null;

    private static Dictionary<string, string[]> Faults(
        LimitValues values, LimitAddress address, IReadOnlyDictionary<LimitTarget, LimitValues> rows)
    {
        var faults = new Dictionary<string, string[]>();
        var target = address.Target!;
        var ofTenant = address.Authority!.IsOperator ? null : rows.GetValueOrDefault(LimitTarget.OfTenant(target.Tenant));
        foreach (var name in LimitNames.All)
        {
            var value = LimitNames.Of(values, name);
            if (value is not null && target == LimitTarget.DefaultOf(LimitScope.Address) && !LimitNames.Rates.Contains(name))
                faults[name] = [$"{name} is not counted by address."];
            else if (value is not null && LimitNames.Counted.Contains(name) && !address.Counts && target.Scope == LimitScope.Key)
                faults[name] = [$"{name} is counted for the user whose key this is; limit the user."];
            else if (value is not null && (target == LimitTarget.Service || target == LimitTarget.DefaultOf(LimitScope.Upload)))
                faults[name] = [$"{name} is no limit of the service or of each upload; these have bandwidths only."];
            else if (ofTenant is not null && value > LimitNames.Of(ofTenant, name))
                faults[name] = [$"{name} can be at most {LimitNames.Of(ofTenant, name)}, which the tenant has."];
        }

        foreach (var (name, direction) in LimitNames.Bandwidths)
        {
            if (LimitNames.Of(values, direction) is not null && target == LimitTarget.DefaultOf(LimitScope.Address))
                faults[name] = [$"{name} is not limited by address."];
        }

        return faults;
    }

    private static EndpointDoc Doc => new(
        LimitRoutes.Tag, nameof(SetLimits), "Limit a tenant, a user or a key",
        """
        Replaces what was set: what is left out is not limited. It holds for new requests within two seconds, bandwidths also for running
        transfers. Operators set all limits, the defaults, and the bandwidth of the whole service (service/all) and of each upload by itself
        (default/upload); admins set those of users and keys in their tenant, within the tenant's. What is there already stays, also when it
        is more than the new limit.

            curl -X PUT -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"storedBytes":1073741824}' \
                http://127.0.0.1:8080/api/limits/tenant/default
        """)
    {
        Path = LimitRoutes.PathParameters,
        Query = LimitRoutes.Query,
        Json = new(typeof(LimitsBody), LimitsBody.Example),
        Answers = [new(200, "The limits.", typeof(LimitRowView), LimitRowView.Example)],
        Fails = PeopleRoutes.Fails,
        Refuses =
        [
            .. PeopleRoutes.BodyFaults, RequestError.NotPermitted, RequestError.NoSuchUser, RequestError.NoSuchKey,
            RequestError.NoSuchTenant, RequestError.NoSuchRoute,
        ],
    };
}
