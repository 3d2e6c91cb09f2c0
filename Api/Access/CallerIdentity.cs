using System.Security.Claims;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authentication;

namespace ChunkUpload.Api.Access;

/// <summary>
/// Wraps the caller as an ASP.NET Core identity. The claims separate antiforgery tokens of different callers and sessions.
/// </summary>
internal sealed class CallerIdentity(Caller caller) : ClaimsIdentity(
    [
        new Claim(ClaimTypes.NameIdentifier, $"{caller.Credential.Kind}:{caller.Credential.Id}:{caller.Tenant}:{caller.Subject}"),
        new Claim(DefaultNameClaimType, caller.Subject),
    ],
    nameof(CallerIdentity))
{
    public Caller Caller => caller;

    public override ClaimsIdentity Clone() => new CallerIdentity(caller);

    public static AuthenticationTicket Ticket(Caller caller, string scheme, AuthenticationProperties? properties = null) =>
        new(new ClaimsPrincipal(new CallerIdentity(caller)), properties, scheme);
}
