namespace ChunkUpload.Api;

/// <summary>The page at / and what it needs, for everybody: whatever lies in wwwroot is public.</summary>
internal static class StartPage
{
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
                        headers.ContentSecurityPolicy =
                            "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
                        headers.CacheControl = "no-cache";
                    },
                }));
    }
}
