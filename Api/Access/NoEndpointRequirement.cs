using Microsoft.AspNetCore.Authorization;

namespace ChunkUpload.Api.Access;

/// <summary>
/// The policy of requests without an endpoint: a caller may learn that an address does not exist or does not allow the method. An endpoint
/// without a policy is denied to everyone.
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
