using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using Microsoft.AspNetCore.Authentication;

namespace ChunkUpload.Api;

/// <summary>Redirects visitors of / to the console or to its sign-in, and serves the files in wwwroot.</summary>
internal static partial class StartPage
{
    private const string FileName = "start.html";
    private const string ConsolePath = "/console/";
    private const string ConsoleDocument = ConsolePath + "index.html";

    // The names of these files have a digest of their content: see wwwroot/build/pack.mjs.
    private const string PackedPath = ConsolePath + "packed";

    private const string Html = "text/html";

    // An image of this type may contain scripts, which run if it is opened directly.
    private const string Picture = "image/svg+xml";

    // Relative to the document, because a proxy may add a prefix.
    private const string Preload = "<../signin/state>; rel=preload; as=fetch; crossorigin, <../api/me>; rel=preload; as=fetch; crossorigin";

    // The page contains this path; for a visitor on the service's own machine it is replaced by the actual path.
    private const string KeyFile = "data/operator.key";
    private const string KeyOfShell = "$(cat " + KeyFile + ")";

    private const string Pages = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // The console shows images and videos of the tree and thumbnails of local files, and computes hashes in a worker. Frames load no
    // address: the page creates them from the bytes of a PDF (parts/viewer.js).
    private const string Console =
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; "
            + "frame-src blob:; manifest-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // The style sheet of Uppy's dashboard embeds images, and the dashboard shows local files as blobs.
    private const string Examples = Pages + "; img-src 'self' data: blob:";

    private static readonly string[] SignsOfProxy = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"];

    public static void UseStartPage(this WebApplication app)
    {
        var local = new Lazy<byte[]?>(() => LocalPage(app));
        var files = new PageFiles(app.Environment);
        app.UseWhen(
            context => context.GetEndpoint() is null
                && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)),
            pages => pages
                .Use(next => context => context.Request.Path == "/" ? EnterAsync(context) : next(context))
                .Use(next => context => IsLocalVisit(context) && local.Value is { } page ? SendAsync(context, page) : next(context))
                .UseDefaultFiles()
                .Use(next => async context =>
                {
                    if (await files.FindAsync(context.Request.Path, context.RequestAborted) is not { } file)
                    {
                        await next(context);
                        return;
                    }

                    SetHeaders(context, file.Type);
                    if (context.Request.Path.Value is ConsoleDocument)
                        await PreloadAsync(context);
                    await file.Bytes.SendAsync(context, file.Type);
                }));
    }

    private static async Task EnterAsync(HttpContext context)
    {
        // This runs before the authorization of the API.
        if ((await context.AuthenticateAsync()).Succeeded)
            OperatorPage.GoTo(context, ConsolePath);
        else
            OperatorPage.GoToSignIn(context, $"?return={Uri.EscapeDataString(ConsolePath)}");
    }

    /// <summary>
    /// Preloads the first requests of the console, only for signed-in visitors: for others the second request would be refused, which
    /// browsers show as an error.
    /// </summary>
    private static async Task PreloadAsync(HttpContext context)
    {
        if ((await context.AuthenticateAsync()).Succeeded)
            context.Response.Headers.Link = Preload;
    }

    private static string PolicyOf(PathString path) =>
        path.StartsWithSegments("/examples") ? Examples
        : path.StartsWithSegments("/console") || path.StartsWithSegments("/client") ? Console
        : Pages;

    /// <summary>
    /// Returns whether the visitor is on this machine. Only local visitors see the actual path, because it would reveal details of the
    /// machine to others.
    /// </summary>
    private static bool IsLocalVisit(HttpContext context) =>
        context.Request.Path.Value is "/" + FileName
        && context.Connection.RemoteIpAddress is { } visitor && IPAddress.IsLoopback(visitor)
        && UnauthenticatedAccessPolicy.IsLoopbackName(context.Request.Host.Host)
        && !SignsOfProxy.Any(context.Request.Headers.ContainsKey);

    /// <summary>Returns the page for local visitors; null if the service needs no key.</summary>
    private static byte[]? LocalPage(WebApplication app)
    {
        if (app.Services.GetRequiredService<AccessOptions>().Mode == AccessMode.Open)
            return null;
        var path = app.Services.GetRequiredService<IOperatorKeyFile>().Path;
        using var file = new StreamReader(app.Environment.WebRootFileProvider.GetFileInfo(FileName).CreateReadStream());
        return Encoding.UTF8.GetBytes(file.ReadToEnd()
            .Replace(KeyOfShell, WebUtility.HtmlEncode($"$(cat {Banner.Quoted(path)})"), StringComparison.Ordinal)
            .Replace(KeyFile, WebUtility.HtmlEncode(path), StringComparison.Ordinal));
    }

    private static Task SendAsync(HttpContext context, byte[] page)
    {
        SetHeaders(context, Html);
        context.Response.ContentType = Html + "; charset=utf-8";
        context.Response.ContentLength = page.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(page, context.RequestAborted).AsTask();
    }

    /// <summary>
    /// Sets the headers. A content security policy only applies to documents and workers, so it is not sent with other files.
    /// </summary>
    private static void SetHeaders(HttpContext context, string type)
    {
        var path = context.Request.Path;
        var headers = context.Response.Headers;
        if (type.StartsWith(Html, StringComparison.Ordinal) || type == Picture || Workers.IsMatch(path.Value!))
            headers.ContentSecurityPolicy = PolicyOf(path);
        headers.CacheControl = path.StartsWithSegments(PackedPath) ? "public, max-age=31536000, immutable" : "no-cache";
    }

    // Also matches those of the packed console, with a digest in their names.
    [GeneratedRegex(@"/(sw|hash-worker(-[0-9a-f]+)?)\.js\z")]
    private static partial Regex Workers { get; }
}
