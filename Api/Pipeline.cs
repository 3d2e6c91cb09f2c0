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
using ChunkUpload.Api.Nodes;
using ChunkUpload.Api.Resumable;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tus;
using ChunkUpload.Core.Nodes;

namespace ChunkUpload.Api;

/// <summary>Configures the order of the middleware, from the socket to the endpoint.</summary>
internal static class Pipeline
{
    public static void Use(WebApplication app)
    {
        // Requests about folders of this machine that came to other nodes are answered from here on.
        var folders = app.Services.GetRequiredService<FolderRequests>();
        app.Use(folders.Begin);
        // Every line of the log has the id of its request.
        app.Use(RequestLog.GiveId);
        // The request log writes the measurements of RequestEnd, through which all requests pass.
        RequestLog.Use(app);
        app.UseMiddleware<RequestEnd>();
        // Every response of a stopping service closes its connection, including errors.
        app.Use(KestrelSetup.CloseWhileStopping);
        // Every response announces HTTP/3, including errors.
        if (app.Services.GetRequiredService<HostingOptions>().Http3Urls.Length > 0)
            app.Use(KestrelSetup.TellHttp3);
        // Determine the client's address and scheme before they are compared or repeated.
        app.UseMiddleware<ProxyGate>();
        // Remove tickets and tokens from the address before it is routed.
        app.UseMiddleware<ContentGate>();
        app.UseMiddleware<LinkGate>();
        // Errors also need these headers, because a page that cannot read an error would report a network failure.
        app.UseMiddleware<CrossOrigin>();
        // The intended method determines the endpoint.
        app.UseMiddleware<MethodOverride>();
        app.UseRouting();
        // Whether a body is small depends on the intended method.
        app.Use(KestrelSetup.LimitSmallBodies);
        // From here until authentication, a request counts as anonymous.
        app.UseMiddleware<AnonymousLimit>();
        // Exceptions of all following middleware, and errors without a body, become problem+json.
        app.UseMiddleware<ErrorBoundary>();
        app.UseMiddleware<CommonHeaders>();
        // Health and metrics only.
        if (app.Services.GetRequiredService<ClusterOptions>().Roles == NodeRoles.Work)
            app.UseMiddleware<WorkerGate>();
        // A client that is too old is refused before it gets a response that it would misinterpret.
        app.UseMiddleware<VersionGate>();
        // There are no pages below a link.
        app.UseMiddleware<LinkGuard>();
        // Pages need no key.
        app.UseDocs();
        app.UseStartPage();
        app.UseContractPages();
        // A client of another version gets the supported version without a key. Both respond to OPTIONS, which contains no key.
        app.UseMiddleware<TusGate>();
        app.UseMiddleware<ResumableGate>();
        // WebDAV clients send a key as a password, which is converted to a Bearer token before authentication.
        app.UseMiddleware<DavGate>();
        app.UseMiddleware<PreflightAnswer>();
        // RequestCaller checks whether a request is a handshake.
        app.UseWebSockets();
        // Authentication: this machine only, if the service is open; then the key, token or session; then the link; then the caller.
        if (app.Services.GetRequiredService<AccessOptions>().Mode == AccessMode.Open)
            app.UseMiddleware<OpenAccessGuard>();
        app.UseAuthentication();
        app.UseMiddleware<LinkCheck>();
        app.UseMiddleware<RequestCaller>();
        // Rates depend on the caller, and also apply to requests that are refused later.
        app.UseMiddleware<RateGate>();
        app.UseAuthorization();
        app.Use(folders.SendElsewhereAsync);
    }
}
