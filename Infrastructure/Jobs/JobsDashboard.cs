using System.Collections.Concurrent;
using System.Globalization;
using ChunkUpload.Core.Uploads;
using Hangfire;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
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

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    /// <param name="prefixOf">The path that a proxy puts before the service's own addresses; empty without one.</param>
    public static IEndpointConventionBuilder Map(IEndpointRouteBuilder routes, Func<HttpRequest, string> prefixOf)
    {
        var dashboards = new ConcurrentDictionary<string, RequestDelegate>(StringComparer.Ordinal);
        return routes.MapMethods(Path + "/{**path}", Methods, context =>
        {
            var prefix = prefixOf(context.Request);
            context.Request.PathBase = PathString.FromUriComponent(prefix);
            return AnswerAsync(dashboards.GetOrAdd(prefix, _ => Build(routes.ServiceProvider, prefix)), context);
        });
    }

    private static async Task AnswerAsync(RequestDelegate dashboard, HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        // Hangfire reads the form of some changes before the method; without jobs in it, nothing changes.
        var isPost = HttpMethods.IsPost(context.Request.Method);
        if (!isPost || !context.Request.HasFormContentType)
            context.Features.Set<IFormFeature>(new FormFeature(FormCollection.Empty));
        if (!(await JobIdsAsync(context.Request)).All(id => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            await dashboard(context);
            // Some addresses of changes complain about the empty form, others about the method.
            if (!isPost && !context.Response.HasStarted && context.Response.StatusCode
                is StatusCodes.Status405MethodNotAllowed or StatusCodes.Status422UnprocessableEntity)
            {
                context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
                context.Response.Headers.Allow = HttpMethods.Post;
            }
        }
        catch (Exception exception) when (HangfireErrors.IsTransient(exception))
        {
            throw new LedgerUnavailableException("The jobs' database does not answer: " + exception.Message, exception);
        }
    }

    /// <summary>The ids of jobs in the path or the form. Hangfire fails on one that is no number.</summary>
    private static async Task<IEnumerable<string?>> JobIdsAsync(HttpRequest request)
    {
        if (!request.Path.StartsWithSegments(Path + "/jobs", out var action))
            return [];
        if (action.StartsWithSegments("/details", out var id)
            || action.StartsWithSegments("/actions/requeue", out id) || action.StartsWithSegments("/actions/delete", out id))
        {
            return [id.Value?.TrimStart('/')];
        }

        return (await request.ReadFormAsync(request.HttpContext.RequestAborted))["jobs[]"];
    }

    private static RequestDelegate Build(IServiceProvider services, string prefix) => new ApplicationBuilder(services)
        .UsePathBase(Path)
        .UseMiddleware<AspNetCoreDashboardMiddleware>(
            services.GetRequiredService<HangfireStorage>().Storage, Options(prefix), DashboardRoutes.Routes, true)
        .Build();

    private static DashboardOptions Options(string prefix) => new()
    {
        Authorization = [],
        AppPath = prefix + "/",
        DashboardTitle = "ChunkUpload jobs",
        DisplayStorageConnectionString = false,
        StatsPollingInterval = 5000,
    };
}
