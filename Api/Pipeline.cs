using ChunkUpload.Api.Access;
using ChunkUpload.Api.Access.Contents;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Cors;
using ChunkUpload.Api.Dav;
using ChunkUpload.Api.Docs;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Api.Limits;
using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tus;

namespace ChunkUpload.Api;

/// <summary>The order of the middleware, from the socket to the endpoint, and why each stands where it does.</summary>
internal static class Pipeline
{
    public static void Use(WebApplication app)
    {
        // Every line of the log has the id of its request.
        app.Use(RequestLog.GiveId);
        // The log of requests writes what RequestEnd, the one place where all of them end, has measured.
        RequestLog.Use(app);
        app.UseMiddleware<RequestEnd>();
        // Every answer of a stopping service closes its connection, errors included.
        app.Use(KestrelSetup.CloseWhileStopping);
        // Whatever is answered tells of HTTP/3, errors included.
        if (app.Services.GetRequiredService<HostingOptions>().Http3Urls.Length > 0)
            app.Use(KestrelSetup.TellHttp3);
        // The client's address and scheme are known before anything compares or repeats them.
        app.UseMiddleware<ProxyGate>();
        // Tickets and tokens leave the address before it is routed.
        app.UseMiddleware<ContentGate>();
        app.UseMiddleware<LinkGate>();
        // Errors need the headers, too: a page that cannot read one would take it for a lost network.
        app.UseMiddleware<CrossOrigin>();
        // The method that is meant decides about the endpoint.
        app.UseMiddleware<MethodOverride>();
        app.UseRouting();
        // Whether a body is small depends on the method that is meant.
        app.Use(KestrelSetup.LimitSmallBodies);
        // From here to the caller, a request counts as anonymous.
        app.UseMiddleware<AnonymousLimit>();
        // Exceptions of all that follows, and errors without a body, become problem+json.
        app.UseMiddleware<ErrorBoundary>();
        app.UseMiddleware<CommonHeaders>();
        // A client that is too old is refused before anything that it would misunderstand.
        app.UseMiddleware<VersionGate>();
        // Below a link there are no pages.
        app.UseMiddleware<LinkGuard>();
        // Pages need no key.
        app.UseDocs();
        app.UseStartPage();
        app.UseContractPages();
        // A client of another version learns which one is supported, without a key. Both answer OPTIONS, which has none.
        app.UseMiddleware<TusGate>();
        app.UseMiddleware<ResumableGate>();
        // WebDAV clients send a key as a password, which becomes a Bearer token before anybody asks who it is.
        app.UseMiddleware<DavGate>();
        app.UseMiddleware<PreflightAnswer>();
        // RequestCaller looks whether a request is a handshake.
        app.UseWebSockets();
        // Who asks: this machine alone, if the service is open; then the key, token or session; then the link; then the caller.
        if (app.Services.GetRequiredService<AccessOptions>().Mode == AccessMode.Open)
            app.UseMiddleware<OpenAccessGuard>();
        app.UseAuthentication();
        app.UseMiddleware<LinkCheck>();
        app.UseMiddleware<RequestCaller>();
        // Rates are those of the caller, and hold also for what is refused next.
        app.UseMiddleware<RateGate>();
        app.UseAuthorization();
    }
}
