using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Api.Limits;

/// <summary>DELETE /api/limits/{scope}/{id}: removes the limits, so that only the defaults apply.</summary>
internal static class RemoveLimits
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(LimitRoutes.Path, HandleAsync).RequireAuthorization(AccessPolicy.Admin).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string scope, string id, HttpContext context, ILimitLedger ledger, LimitBook book, IPeopleLedger people)
    {
        var address = await LimitRoutes.FindAsync(context, scope, id, people);
        if (address.Target is not { } target)
            return address.Refusal!;
        if (SetLimits.Refuse(address) is { } refusal)
            return refusal;
        await ledger.RemoveAsync(target, context.RequestAborted);
        await book.LoadAsync(context.RequestAborted);
        return Results.NoContent();
    }

    private static EndpointDoc Doc => new(
        LimitRoutes.Tag, nameof(RemoveLimits), "Remove the limits of a tenant, a user or a key",
        "Defaults hold from then on. Repeatable.")
    {
        Query = LimitRoutes.Query,
        Answers = [new(204, "They are gone.")],
        Errors = [RequestError.NoSuchUser, RequestError.NoSuchKey, RequestError.NoSuchTenant, RequestError.NoSuchRoute],
    };
}
