namespace ChunkUpload.Api;

/// <summary>The page at / and what it needs, for everybody: whatever lies in wwwroot is public.</summary>
internal static class StartPage
{
    private const string Pages = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // The style sheet of Uppy's dashboard carries its pictures in it, and it shows files that are still the browser's.
    private const string Examples = Pages + "; img-src 'self' data: blob:";

    public static void UseStartPage(this WebApplication app)
    {
        app.UseWhen(
            context => context.GetEndpoint() is null && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)),
            pages => pages
                .UseDefaultFiles()
                .UseStaticFiles(new StaticFileOptions
                {
                    OnPrepareResponse = file =>
                    {
                        var headers = file.Context.Response.Headers;
                        headers.ContentSecurityPolicy = file.Context.Request.Path.StartsWithSegments("/examples") ? Examples : Pages;
                        headers.CacheControl = "no-cache";
                    },
                }));
    }
}
