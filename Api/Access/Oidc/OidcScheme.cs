using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>
/// Configures the framework's handler: authorization code with PKCE, state and nonce bound to the browser by cookies. The scheme exists
/// only with an issuer, as the handler looks at every request.
/// </summary>
internal sealed class OidcScheme(OidcOptions issuer, OidcEvents events, InstanceName instance)
    : IConfigureOptions<AuthenticationOptions>, IConfigureNamedOptions<OpenIdConnectOptions>
{
    public const string Name = "Oidc";

    /// <summary>Where the issuer sends browsers back to.</summary>
    public const string ReturnPath = "/signin/oidc";

    /// <summary>How far the issuer's clock may be from ours.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Those with a key that only the issuer has.</summary>
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

    // Lax: the issuer's page sends the browser back by a link, with which such cookies come.
    private OwnCookie Cookie(string prefix) => new()
    {
        Name = $"{prefix}{instance.Value}_",
        HttpOnly = true,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };
}
