using ChunkUpload.Core.Uploads;
using Hangfire;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Hangfire's dashboard. The endpoint's own policy protects it, so the dashboard has no filters. Its pages send the service's antiforgery
/// token with each change. It is built at its first request, because most processes never serve it.
/// </summary>
internal static class JobsDashboard
{
    private const string Path = "/hangfire";

    // Its pages have style attributes and an empty icon in a data: address, and no inline script.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src "
            + "'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    // Hangfire itself answers 405 to a GET of an address that changes something.
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder routes)
    {
        var dashboard = new Lazy<RequestDelegate>(() => Build(routes.ServiceProvider));
        return routes.MapMethods(Path + "/{**path}", Methods, context => AnswerAsync(dashboard.Value, context));
    }

    private static async Task AnswerAsync(RequestDelegate dashboard, HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        try
        {
            await dashboard(context);
        }
        catch (Exception exception) when (HangfireErrors.IsTransient(exception))
        {
            throw new LedgerUnavailableException("The jobs' database does not answer: " + exception.Message, exception);
        }
    }

    private static RequestDelegate Build(IServiceProvider services) => new ApplicationBuilder(services)
        .UsePathBase(Path)
        .UseMiddleware<AspNetCoreDashboardMiddleware>(
            services.GetRequiredService<HangfireStorage>().Storage, Options, DashboardRoutes.Routes, true)
        .Build();

    private static DashboardOptions Options => new()
    {
        Authorization = [],
        AppPath = "/",
        DashboardTitle = "ChunkUpload jobs",
        DisplayStorageConnectionString = false,
        StatsPollingInterval = 5000,
    };
}
