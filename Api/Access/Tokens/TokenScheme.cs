using System.Text;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace ChunkUpload.Api.Access.Tokens;

/// <summary>Configures the framework's handler for the tokens of an external issuer.</summary>
internal sealed class TokenScheme(TokenOptions tokens) : IConfigureNamedOptions<JwtBearerOptions>
{
    public const string Name = "Token";

    /// <summary>The maximum difference between the issuer's clock and that of the service.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    public void Configure(JwtBearerOptions options) => Configure(Name, options);

    public void Configure(string? name, JwtBearerOptions options)
    {
        options.MapInboundClaims = false;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = tokens.Issuer,
            ValidAudience = tokens.Audience,
            ValidAlgorithms = tokens.Algorithms,
            ClockSkew = Skew,
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            // A key with another id than the token's must not be tried.
            TryAllIssuerSigningKeys = false,
        };
        options.RefreshOnIssuerKeyNotFound = true;
        if (!tokens.AreOn)
            return;
        if (!string.IsNullOrEmpty(tokens.Secret))
        {
            options.TokenValidationParameters.TryAllIssuerSigningKeys = true;
            options.TokenValidationParameters.IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(tokens.Secret));
        }
        else if (!string.IsNullOrEmpty(tokens.KeysFile))
        {
            options.TokenValidationParameters.IssuerSigningKeys = new JsonWebKeySet(File.ReadAllText(tokens.KeysFile)).GetSigningKeys();
        }
        else if (!string.IsNullOrEmpty(tokens.KeysUrl))
        {
            options.ConfigurationManager = new ConfigurationManager<OpenIdConnectConfiguration>(
                tokens.KeysUrl, new KeySetRetriever(), new HttpDocumentRetriever { RequireHttps = false });
        }
        else
        {
            options.Authority = tokens.Issuer;
            // TokenOptions lets http through on this machine only.
            options.RequireHttpsMetadata = false;
        }
    }

    /// <summary>Reads only the keys, for an issuer without a discovery document.</summary>
    private sealed class KeySetRetriever : IConfigurationRetriever<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(
            string address, IDocumentRetriever retriever, CancellationToken cancel)
        {
            var configuration = new OpenIdConnectConfiguration
            {
                JsonWebKeySet = new JsonWebKeySet(
                await retriever.GetDocumentAsync(address, cancel))
            };
            foreach (var key in configuration.JsonWebKeySet.GetSigningKeys())
                configuration.SigningKeys.Add(key);
            return configuration;
        }
    }
}
