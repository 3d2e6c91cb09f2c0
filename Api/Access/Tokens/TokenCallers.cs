using System.Security.Claims;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Access.Tokens;

/// <summary>Converts a token of an external issuer to a caller: <c>oidc:{issuer}:{sub}</c>, in one of the configured tenants.</summary>
internal sealed class TokenCallers(
    TokenOptions tokens, IOptionsMonitor<JwtBearerOptions> scheme, Credentials credentials, TimeProvider time)
{
    private const int LongestSubject = 255;

    /// <summary>How long a request may continue after its token expires.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    /// <summary>Returns whether a Bearer token has the three parts of a signed JWT, and an external issuer is configured.</summary>
    public bool Handles(ReadOnlySpan<char> token) => tokens.AreOn && token.Count('.') == 2;

    /// <returns>Null if the token is not valid here.</returns>
    /// <exception cref="IssuerUnavailableException">The issuer's keys cannot be read.</exception>
    public async Task<Caller?> AuthenticateAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(TokenScheme.Name);
        if (!result.Succeeded)
        {
            await RequireKeysAsync(context.RequestAborted);
            return null;
        }

        if (CallerOf(result.Principal) is not { } caller || !await credentials.IsActiveAsync(caller.Tenant, context.RequestAborted))
            return null;
        var ends = result.Properties?.ExpiresUtc + Grace;
        context.Features.Set(new CallerRecheck(
            context.Request.Headers.Authorization.ToString(),
            async cancel => !(time.GetUtcNow() >= ends) && await credentials.IsActiveAsync(caller.Tenant, cancel) ? caller : null));
        return caller;
    }

    /// <summary>Throws if the issuer's keys cannot be read, because the framework's handler would report the token as invalid.</summary>
    private async Task RequireKeysAsync(CancellationToken cancellationToken)
    {
        if (scheme.Get(TokenScheme.Name).ConfigurationManager is not { } keys)
            return;
        try
        {
            await keys.GetConfigurationAsync(cancellationToken);
        }
        catch (InvalidOperationException reason)
        {
            throw new IssuerUnavailableException(reason);
        }
    }

    private Caller? CallerOf(ClaimsPrincipal token)
    {
        if (token.FindFirstValue("sub") is not { Length: > 0 and <= LongestSubject } subject || subject.Any(char.IsControl))
            return null;
        var tenant = token.FindFirstValue(tokens.TenantClaim) ?? (tokens.Tenants is [var only] ? only : null);
        if (tenant is null || !tokens.Tenants.Contains(tenant, StringComparer.Ordinal))
            return null;
        // Scopes of other services may be in the token too.
        var words = token.FindAll(tokens.ScopeClaim)
            .SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(ScopeNames.All.Contains).ToList();
        var scopes = (ScopeNames.Parse(words) ?? Scopes.None) & tokens.Most;
        return new Caller(tenant, $"oidc:{tokens.Issuer}:{subject}")
        {
            Scopes = scopes,
            SeesAll = scopes.HasFlag(Scopes.Admin),
            Credential = new Credential(CredentialKind.Token, token.FindFirstValue("jti")),
        };
    }
}
