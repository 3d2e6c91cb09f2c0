using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authorization;

namespace ChunkUpload.Api.Access;

/// <summary>The caller must hold this scope.</summary>
internal sealed class ScopeRequirement(Scopes scope) : AuthorizationHandler<ScopeRequirement>, IAuthorizationRequirement
{
    public Scopes Scope => scope;

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement)
    {
        if (context.User.Identity is CallerIdentity identity && identity.Caller.Scopes.HasFlag(requirement.Scope))
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}
