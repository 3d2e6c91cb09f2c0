using ChunkUpload.Api.Access.Contents;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Access.Oidc;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Mail;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Api.Access;

/// <summary>Configures authentication and authorization.</summary>
internal static class AccessRegistration
{
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<OperatorKey>();
        services.AddSingleton<IStartStep, AccessStart>();
        services.AddSingleton<BrowserSessions>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<KeyRequests>();
        services.AddSingleton<AccessWatch>();
        services.AddSingleton<IStartStep>(provider => provider.GetRequiredService<AccessWatch>());
        services.AddSingleton<RateBook>();
        services.AddSingleton<RunningCallers>();
        services.AddSingleton<Passwords>();
        services.AddSingleton<KnownPeople>();
        services.AddSingleton<TokenCallers>();
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, TokenScheme>();
        services.AddSingleton<SecondFactors>();
        services.AddOidc();
        services.AddHttpContextAccessor();
        services.AddSingleton<SessionTickets>();
        services.AddSingleton<SessionCookie>();
        services.AddSingleton<IConfigureOptions<CookieAuthenticationOptions>>(provider => provider.GetRequiredService<SessionCookie>());
        services.AddSingleton<IConfigureOptions<AntiforgeryOptions>>(provider => provider.GetRequiredService<SessionCookie>());
        services.AddSingleton<SignInAttempts>();
        services.AddSingleton<KnownBrowsers>();
        services.AddSingleton<PasswordResetThrottle>();
        services.AddSingleton<IMailWriter, ResetMailWriter>();
        services.AddSingleton<SignInCheck>();
        services.AddSingleton<Reauthentication>();
        services.AddSingleton<ContentOrigin>();
        services.AddSingleton<LinkPassword>();
        services.AddDataProtection().SetApplicationName("ChunkUpload");
        services.AddAntiforgery();
        services.AddAuthentication(KeyHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, KeyHandler>(KeyHandler.SchemeName, null)
            .AddCookie(SessionCookie.SchemeName)
            .AddCookie(SessionCookie.StartScheme)
            .AddJwtBearer(TokenScheme.Name, _ => { });
        services.AddAuthorization(AccessPolicy.Register);
        return services;
    }
}
