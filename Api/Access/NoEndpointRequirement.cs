using Microsoft.AspNetCore.Authorization;

namespace ChunkUpload.Api.Access;

/// <summary>
/// For requests that no endpoint has a policy for: a caller may learn that the address does not exist or does not take the method. An endpoint
/// that forgot to name what it requires is denied to everyone.
/// </summary>
internal sealed class NoEndpointRequirement : AuthorizationHandler<NoEndpointRequirement>, IAuthorizationRequirement
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, NoEndpointRequirement requirement)
    {
        // The framework's own endpoints for 405 and 415 have no route.
        if (context is { User.Identity: CallerIdentity, Resource: HttpContext http } && http.GetEndpoint() is not RouteEndpoint)
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
