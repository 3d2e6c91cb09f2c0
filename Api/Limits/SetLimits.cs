using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
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
        IPeopleLedger people)
    {
        var stop = context.RequestAborted;
        var read = await JsonBody.ReadAsync(context, ApiJson.In.LimitsBody, validator, null, stop);
        if (read.Value is not { } body)
            return read.Refusal!;
        var address = await LimitRoutes.FindAsync(context, scope, id, people);
        if (address.Target is not { } target)
            return address.Refusal!;
        if (Refuse(address) is { } refusal)
            return refusal;
        var values = body.ToValues();
        var ofTenant = address.Authority!.IsOperator
            ? null
            : (await ledger.AllAsync(stop)).GetValueOrDefault(LimitTarget.OfTenant(target.Tenant));
        if (LimitRules.Faults(values, target, address.Counts, ofTenant) is { Count: > 0 } faults)
        {
            return Refusal.Of(new RequestFailure(RequestError.InvalidField, faults.First().Value[0]) { Errors = faults });
        }

        await ledger.SetAsync(target, values, stop);
        await book.LoadAsync(stop);
        return await GetLimitRow.ViewAsync(address, ledger, stop);
    }

    /// <summary>Admins set limits within their tenant; those of the tenant itself are set by operators.</summary>
    public static Refusal? Refuse(LimitAddress address) => address.Target!.Scope == LimitScope.Tenant && !address.Authority!.IsOperator
        ? Refusal.Of(RequestError.NotPermitted, "Only operators set the limits of a tenant.")
        : null;

    private static EndpointDoc Doc => new(
        LimitRoutes.Tag, nameof(SetLimits), "Limit a tenant, a user or a key",
        """
        Replaces what was set: what is left out is not limited. It holds for new requests within two seconds, bandwidths also for running
        uploads and downloads. Operators set all limits, the defaults, and the bandwidth of the whole service (service/all) and of each
        upload by itself (default/upload); admins set those of users and keys in their tenant, within the tenant's. What is there already
        stays, also when it is more than the new limit.

            curl -X PUT -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"storedBytes":1073741824}' \
                http://127.0.0.1:8080/api/limits/tenant/default
        """)
    {
        Query = LimitRoutes.Query,
        Json = new(typeof(LimitsBody), LimitsBody.Example),
        Answers = [new(200, "The limits.", typeof(LimitRowView), LimitRowView.Example)],
        Errors = [RequestError.NoSuchUser, RequestError.NoSuchKey, RequestError.NoSuchTenant, RequestError.NoSuchRoute],
    };
}
