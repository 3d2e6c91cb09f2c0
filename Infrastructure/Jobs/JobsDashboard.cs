using System.Collections.Concurrent;
using System.Globalization;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Jobs;
using Hangfire;
using Hangfire.Dashboard;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// Hangfire's dashboard. The endpoint's own policy protects it, so the dashboard has no filters. In a browser its pages send the service's
/// antiforgery token with each change. It is created at its first request, because most processes never serve it.
/// </summary>
internal static class JobsDashboard
{
    private const string Path = "/hangfire";

    // Its pages have style attributes and an empty icon in a data: address, and no inline script.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src "
            + "'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head, HttpMethods.Post];

    /// <param name="prefixOf">Returns the path prefix that a proxy adds; empty without one.</param>
    /// <param name="refuseRun">Handles requests if <see cref="JobsOptions.Enabled"/> is off.</param>
    public static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder routes, Func<HttpRequest, string> prefixOf, RequestDelegate refuseRun)
    {
        var runs = routes.ServiceProvider.GetRequiredService<JobsOptions>().Enabled;
        var dashboards = new ConcurrentDictionary<(string Prefix, bool ByBrowser), RequestDelegate>();
        return routes.MapMethods(Path + "/{**path}", Methods, context =>
        {
            if (!runs && context.Request.Path.StartsWithSegments(Path + "/recurring/trigger"))
                return refuseRun(context);
            var key = (Prefix: prefixOf(context.Request), ByBrowser: IsByBrowser(context));
            context.Request.PathBase = PathString.FromUriComponent(key.Prefix);
            return AnswerAsync(dashboards.GetOrAdd(key, _ => Build(routes.ServiceProvider, Options(key.Prefix, key.ByBrowser))), context);
        });
    }

    private static async Task AnswerAsync(RequestDelegate dashboard, HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        // Hangfire reads the form of some changes before the method; without jobs in it, nothing changes.
        var isPost = HttpMethods.IsPost(context.Request.Method);
        if (!isPost || !context.Request.HasFormContentType)
            context.Features.Set<IFormFeature>(new FormFeature(FormCollection.Empty));
        if (await FormAsync(context) is not { } form)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (!HasOnlyJobs(context, form))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        try
        {
            await dashboard(context);
            // Some addresses of changes reject the empty form, others the method.
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

    // Browsers send these credentials automatically, so only these need a token. Hangfire's pages only contain it where Hangfire checks it.
    private static bool IsByBrowser(HttpContext context) =>
        context.Features.Get<Caller>()?.Credential.Kind is CredentialKind.Session or CredentialKind.Certificate;

    /// <returns>Null if the form is malformed, incomplete or too large. Later reads return the same form.</returns>
    private static async Task<IFormCollection?> FormAsync(HttpContext context)
    {
        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        // A form that ends too early is a plain IOException; a connection that breaks is one of its subclasses.
        catch (Exception e) when (e is InvalidDataException or NotSupportedException || e.GetType() == typeof(IOException))
        {
            return null;
        }
    }

    /// <summary>
    /// Returns whether all job ids in the path and the form are valid, because Hangfire fails on ids that are not numbers and on some
    /// unknown names.
    /// </summary>
    private static bool HasOnlyJobs(HttpContext context, IFormCollection form)
    {
        var path = context.Request.Path;
        if (path.StartsWithSegments(Path + "/recurring"))
        {
            var jobs = context.RequestServices.GetServices<IMaintenanceJob>().Select(job => job.Name);
            return form["jobs[]"].All(name => jobs.Contains(name));
        }

        if (!path.StartsWithSegments(Path + "/jobs", out var action))
            return true;
        IEnumerable<string?> ids = action.StartsWithSegments("/details", out var id)
            || action.StartsWithSegments("/actions/requeue", out id) || action.StartsWithSegments("/actions/delete", out id)
            ? [id.Value?.TrimStart('/')]
            : form["jobs[]"];
        return ids.All(id => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }

    private static RequestDelegate Build(IServiceProvider services, DashboardOptions options) => new ApplicationBuilder(services)
        .UsePathBase(Path)
        .UseMiddleware<AspNetCoreDashboardMiddleware>(
            services.GetRequiredService<HangfireStorage>().Storage, options, DashboardRoutes.Routes, true)
        .Build();

    private static DashboardOptions Options(string prefix, bool byBrowser) => new()
    {
        Authorization = [],
        AppPath = prefix + "/",
        DashboardTitle = "ChunkUpload jobs",
        DisplayStorageConnectionString = false,
        IgnoreAntiforgeryToken = !byBrowser,
        StatsPollingInterval = 5000,
    };
}
