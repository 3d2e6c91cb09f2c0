using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Limits;

/// <summary>GET /api/limits/{scope}/{id}: returns the limits of a tenant, a user or a key, and the usage.</summary>
internal static class GetLimitRow
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(LimitRoutes.Path, HandleAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string scope, string id, HttpContext context, ILimitLedger ledger, IPeopleLedger people)
    {
        var address = await LimitRoutes.FindAsync(context, scope, id, people);
        return address.Target is null ? address.Refusal! : await ViewAsync(address, ledger, context.RequestAborted);
    }

    public static async Task<IResult> ViewAsync(LimitAddress address, ILimitLedger ledger, CancellationToken stop)
    {
        var target = address.Target!;
        var values = (await ledger.AllAsync(stop)).GetValueOrDefault(target) ?? new LimitValues();
        var view = new LimitRowView
        {
            Scope = target.Scope.Word(),
            Tenant = target.Tenant.Length == 0 ? null : target.Tenant,
            Id = address.Id,
            Limits = LimitsBody.Of(values),
            Used = address.Counts ? await ledger.UsageAsync(target.Tenant, target.Id, stop) : null,
        };
        return JsonAnswer.Of(view, ApiJson.Out.LimitRowView);
    }

    private static EndpointDoc Doc => new(
        LimitRoutes.Tag, nameof(GetLimitRow), "Ask for the limits of a tenant, a user or a key",
        "What was set for it, without defaults, and what its uploads take up. Admins see their tenant, operators all.")
    {
        Query = LimitRoutes.Query,
        Answers = [new(200, "The limits.", typeof(LimitRowView), LimitRowView.Example)],
        Errors = [RequestError.NoSuchUser, RequestError.NoSuchKey, RequestError.NoSuchTenant, RequestError.NoSuchRoute],
    };
}
