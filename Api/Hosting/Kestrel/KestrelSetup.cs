using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Core.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// The HTTP server's limits. Sizes of uploads and idle bodies are the engine's business, so Kestrel's own limits on them are off.
/// </summary>
internal static class KestrelSetup
{
    private const int Http2Window = 8 * 1024 * 1024;

    // A client on a bad network may stall for a minute while it changes cells; a dead one must not hold a download for ever.
    private static readonly MinDataRate Downloads = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromMinutes(2));

    private static readonly MinDataRate SmallBodies = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(30));

    static KestrelSetup() =>
        // A header line ends with CR LF. Accepting a bare LF is how a proxy and a server come to see different requests.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

    public static void Apply(WebApplicationBuilder builder, HostingOptions options)
    {
        var certificate = options.CertificateFile is null ? null : Certificate(options);
        if (options.AllUrls.Any(url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
            _ = builder.WebHost.UseKestrelHttpsConfiguration();
        _ = builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = name => name == HeaderNames.ContentLength ? DigitsOnly.Instance : null;
            kestrel.Limits.MaxRequestBodySize = null;
            // A process without a free descriptor can do nothing for anybody: neither open a file nor ask its database.
            kestrel.Limits.MaxConcurrentConnections = OpenFiles.Limit() is { } limit ? OpenFiles.Connections(limit) : null;
            // Who falls silent is the engine's business; who sends a byte now and then would hold a connection for ever (T184).
            kestrel.Limits.MinRequestBodyDataRate = options.MinBodyRate == 0 ? null : new(options.MinBodyRate, options.SlowBodyGrace);
            kestrel.Limits.MinResponseDataRate = Downloads;
            kestrel.Limits.KeepAliveTimeout = options.KeepAliveTimeout;
            kestrel.Limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.RequestHeadersSize;
            // The stock windows hold an upload to 25 MiB/s at 20 ms round trip; these to 175 MiB/s.
            kestrel.Limits.Http2.InitialConnectionWindowSize = Http2Window;
            kestrel.Limits.Http2.InitialStreamWindowSize = Http2Window;
            foreach (var url in options.Urls)
                Listen(kestrel, url, certificate, null);
            foreach (var url in options.Http1Urls)
                Listen(kestrel, url, certificate, HttpProtocols.Http1);
            foreach (var url in options.Http2Urls)
                Listen(kestrel, url, certificate, HttpProtocols.Http2);
        });
        if (options.Transport == HostTransport.Own)
            _ = builder.Services.AddSingleton<BufferPool>().AddSingleton<IConnectionListenerFactory, SocketTransport>();
    }

    /// <summary>
    /// A JSON call is small and must arrive: one that trickles in would hold its connection for ever, as no engine watches it.
    /// </summary>
    public static Task LimitSmallBodies(HttpContext context, RequestDelegate next)
    {
        // On HTTP/2 the rate is the connection's, and cannot be set for one request.
        if (HttpMethods.IsPost(context.Request.Method)
            && !HttpProtocol.IsHttp2(context.Request.Protocol)
            && context.Request.HasJsonContentType()
            && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = SmallBodies;
        }

        return next(context);
    }

    /// <summary>While the service stops, every HTTP/1.1 answer tells its client to connect anew: to whoever serves next.</summary>
    public static Task CloseWhileStopping(HttpContext context, RequestDelegate next)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
            context.Response.OnStarting(Close, context);
        return next(context);
    }

    private static Task Close(object state)
    {
        var context = (HttpContext)state;
        if (context.RequestServices.GetRequiredService<StoppingSignal>().Token.IsCancellationRequested)
            context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }

    /// <summary>As the framework reads addresses, which leaves no place between TLS and HTTP.</summary>
    private static void Listen(KestrelServerOptions kestrel, string url, X509Certificate2? certificate, HttpProtocols? only)
    {
        var address = BindingAddress.Parse(url);
        if (address.IsUnixPipe)
            kestrel.ListenUnixSocket(address.UnixPipePath, Set);
        else if (address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            kestrel.ListenLocalhost(address.Port, Set);
        else if (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip))
            kestrel.Listen(ip, address.Port, Set);
        else
            kestrel.ListenAnyIP(address.Port, Set);

        void Set(ListenOptions listen)
        {
            if (only is { } protocols)
                listen.Protocols = protocols;
            listen.Use(next => connection => IsReserved(kestrel, connection) ? Task.CompletedTask : next(connection));
            if (address.Scheme == "https" && certificate is not null)
                listen.UseHttps(certificate);
            else if (address.Scheme == "https")
                // Made by a start step, which has the data directory.
                listen.UseHttps(https => https.ServerCertificateSelector = (_, _) =>
                    kestrel.ApplicationServices.GetRequiredService<OwnCertificate>().Value);
            ChunkedBodyGuard.Use(listen);
            ConnectionOutput.Use(listen);
        }
    }

    // The service needs the last descriptors itself; a connection that took one is closed at once.
    private static bool IsReserved(KestrelServerOptions kestrel, ConnectionContext connection) =>
        connection.Features.Get<IConnectionSocketFeature>() is { } feature
        && kestrel.ApplicationServices.GetRequiredService<IOpenFileReserve>().Holds(feature.Socket.Handle);

    private static X509Certificate2 Certificate(HostingOptions options)
    {
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(options.CertificateFile!, options.CertificateKeyFile);
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                $"The certificate {options.CertificateFile} with the key {options.CertificateKeyFile} cannot be read: {e.Message}", e);
        }
    }
}
