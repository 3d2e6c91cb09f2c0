using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>Registers the sign-in through an external issuer, as AddOpenIdConnect does, but with a custom handler.</summary>
internal static class OidcRegistration
{
    public static void AddOidc(this IServiceCollection services)
    {
        services.AddSingleton<IssuerSignIns>();
        services.AddSingleton<OidcUsers>();
        services.AddSingleton<OidcEvents>();
        services.AddTransient<OidcHandler>();
        services.AddSingleton<OidcScheme>();
        services.AddSingleton<IConfigureOptions<AuthenticationOptions>>(provider => provider.GetRequiredService<OidcScheme>());
        services.AddSingleton<IConfigureOptions<OpenIdConnectOptions>>(provider => provider.GetRequiredService<OidcScheme>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<OpenIdConnectOptions>, OpenIdConnectPostConfigureOptions>());
    }
}
