using System.Collections.Concurrent;
using Microsoft.AspNetCore.StaticFiles;

namespace ChunkUpload.Api.Docs;

/// <summary>Serves the documents at /docs without a key, because they are public.</summary>
internal static class DocsPages
{
    private const string Root = "/docs";

    // The search is the only script.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'";

    /// <summary>The documents that were built with this program.</summary>
    public static DocSite Site(string webRoot) => new(Path.Combine(AppContext.BaseDirectory, "documents"), webRoot);

    public static void UseDocs(this WebApplication app)
    {
        var types = new FileExtensionContentTypeProvider { Mappings = { [".conf"] = "text/plain", [".cfg"] = "text/plain" } };
        var site = new Lazy<DocSite>(() => Site(app.Environment.WebRootPath));
        var files = new ConcurrentDictionary<string, SharedBytes>();
        app.UseWhen(
            context => context.GetEndpoint() is null && context.Request.Path.StartsWithSegments(Root)
                && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)),
            pages => pages.Use(next => async context =>
            {
                if (context.Request.Path == Root && !context.Request.Path.Value!.EndsWith('/'))
                {
                    // Relative: a proxy may put a prefix before all of it.
                    context.Response.Redirect("docs/");
                    return;
                }

                var path = context.Request.Path.Value![(Root.Length + 1)..];
                if (path.Length == 0)
                    path = DocPaths.Index;
                if (!files.TryGetValue(path, out var file) && site.Value.Find(path) is { } bytes)
                    file = files.GetOrAdd(path, new SharedBytes(bytes));
                if (file is null || !types.TryGetContentType(path, out var type))
                {
                    await next(context);
                    return;
                }

                if (type is "text/html" or "image/svg+xml")
                    context.Response.Headers.ContentSecurityPolicy = Policy;
                await file.SendAsync(context, type.StartsWith("text/", StringComparison.Ordinal) ? type + "; charset=utf-8" : type);
            }));
    }
}
