using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Jobs;

namespace ChunkUpload.Api.People;

/// <summary>DELETE /api/tenants/{name}: removes a tenant; a job removes its data.</summary>
internal static class RemoveTenant
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete(GetTenant.Path, HandleAsync).RequireAuthorization(AccessPolicy.Operator).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string name, HttpContext context, IPeopleLedger people, Credentials credentials, IJobControl jobs)
    {
        if (name == Caller.DefaultTenant)
            return Refusal.Of(RequestError.NotPermitted, "The tenant default stays; it is the operator key's.");
        if (!PersonText.IsTenantName(name) || !await people.RemoveTenantAsync(name, context.RequestAborted))
            return PeopleRoutes.NoSuchTenant;
        credentials.Forget();
        await jobs.RunAsync(JobNames.RemoveTenants, context.RequestAborted);
        return TypedResults.Accepted((string?)null);
    }

    private static EndpointDoc Doc => new(
        PeopleRoutes.Tenants, nameof(RemoveTenant), "Remove a tenant and its data",
        $"For operators. Its users and keys stop at once; the job {JobNames.RemoveTenants} removes its files, uploads, spaces and keys, "
            + "and the users who belong to no other tenant. It cannot be undone.")
    {
        Answers = [new(202, "The job removes it.")],
        Errors = [RequestError.NoSuchTenant],
    };
}
