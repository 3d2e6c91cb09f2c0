using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>
/// Configures the framework's handler: authorization code with PKCE, state and nonce bound to the browser by cookies. The scheme only
/// exists if an issuer is configured, because the handler examines every request.
/// </summary>
internal sealed class OidcScheme(OidcOptions issuer, OidcEvents events, InstanceName instance)
    : IConfigureOptions<AuthenticationOptions>, IConfigureNamedOptions<OpenIdConnectOptions>
{
    public const string Name = "Oidc";

    /// <summary>The path to which the issuer redirects browsers.</summary>
    public const string ReturnPath = "/signin/oidc";

    /// <summary>The maximum difference between the issuer's clock and that of the service.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The asymmetric signature algorithms.</summary>
    private static readonly string[] Algorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    public void Configure(AuthenticationOptions options)
    {
        if (issuer.AreOn)
            options.AddScheme<OidcHandler>(Name, null);
    }

    public void Configure(OpenIdConnectOptions options) => Configure(Name, options);

    public void Configure(string? name, OpenIdConnectOptions options)
    {
        options.SignInScheme = SessionCookie.SchemeName;
        options.Authority = issuer.Issuer;
        options.RequireHttpsMetadata = issuer.Issuer?.StartsWith("https:", StringComparison.OrdinalIgnoreCase) != false;
        options.ClientId = issuer.ClientId;
        options.ClientSecret = string.IsNullOrEmpty(issuer.ClientSecret) ? null : issuer.ClientSecret;
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.Scope.Clear();
        options.Scope.Add("openid");
        options.Scope.Add("profile");
        options.Scope.Add("email");
        options.CallbackPath = ReturnPath;
        options.RemoteSignOutPath = default;
        options.SignedOutCallbackPath = default;
        options.MapInboundClaims = false;
        options.DisableTelemetry = true;
        options.RemoteAuthenticationTimeout = IssuerSignIns.Lifetime;
        options.ProtocolValidator.NonceLifetime = IssuerSignIns.Lifetime;
        options.BackchannelTimeout = Patience;
        options.BackchannelHttpHandler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = Patience };
        options.CorrelationCookie = Cookie("cu_state_");
        options.NonceCookie = Cookie("cu_nonce_");
        options.Events = events;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = issuer.Issuer,
            ValidAudience = issuer.ClientId,
            ValidAlgorithms = Algorithms,
            ClockSkew = Skew,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            // A key with another id than the token's must not be tried.
            TryAllIssuerSigningKeys = false,
        };
    }

    // Lax, because the browser only sends Lax cookies with a navigation from the issuer's site.
    private OwnCookie Cookie(string prefix) => new()
    {
        Name = $"{prefix}{instance.Value}_",
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };
}
