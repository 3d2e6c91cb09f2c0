using ChunkUpload.Core.Hosting;
using Microsoft.AspNetCore.Authentication;

namespace ChunkUpload.Api.Access;

/// <summary>Who asks, and what each endpoint requires.</summary>
internal static class AccessRegistration
{
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddSingleton<OperatorKey>();
        services.AddSingleton<IStartStep, AccessStart>();
        services.AddAuthentication(OperatorKeyHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, OperatorKeyHandler>(OperatorKeyHandler.SchemeName, null);
        services.AddAuthorization(AccessPolicy.Register);
        return services;
    }

    /// <summary>After routing, so that the endpoint is known.</summary>
    public static void UseAccess(this WebApplication app)
    {
        if (app.Services.GetRequiredService<AccessOptions>().Mode == AccessMode.Open)
            app.UseMiddleware<OpenAccessGuard>();
        app.UseAuthentication();
        app.UseMiddleware<RequestCaller>();
        app.UseAuthorization();
    }
}
