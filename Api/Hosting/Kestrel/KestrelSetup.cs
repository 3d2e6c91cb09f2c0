using System.Net;
using ChunkUpload.Api.Hosting.Transport;
using ChunkUpload.Core.Hosting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Hosting;

/// <summary>Configures Kestrel. The engine limits upload sizes and idle bodies itself, so Kestrel's limits on them are off.</summary>
internal static class KestrelSetup
{
    private const int Http2Window = 8 * 1024 * 1024;
    private const int AddressSize = 32 * 1024;

    // A client may stall for a minute while it changes mobile cells, but a dead one must not keep a download open for ever.
    private static readonly MinDataRate Downloads = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromMinutes(2));

    private static readonly MinDataRate SmallBodies = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(30));

    static KestrelSetup() =>
        // A header line ends with CR LF. If a server accepts a bare LF and a proxy does not, they see different requests.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

    public static void Apply(WebApplicationBuilder builder, HostingOptions options)
    {
        if (options.AllUrls.Any(url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
            _ = builder.WebHost.UseKestrelHttpsConfiguration();
        _ = builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = name => name == HeaderNames.ContentLength ? DigitsOnlyEncoding.Instance : null;
            kestrel.Limits.MaxRequestBodySize = null;
            // Without a free descriptor the process can neither open a file nor connect to its database.
            kestrel.Limits.MaxConcurrentConnections = OpenFiles.Limit() is { } limit ? OpenFiles.Connections(limit) : null;
            // The engine ends silent bodies. This limit ends a body that sends single bytes to keep its connection open for ever (T184).
            kestrel.Limits.MinRequestBodyDataRate = options.MinBodyRate == 0 ? null : new(options.MinBodyRate, options.SlowBodyGrace);
            kestrel.Limits.MinResponseDataRate = Downloads;
            kestrel.Limits.KeepAliveTimeout = options.KeepAliveTimeout;
            kestrel.Limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.RequestHeadersSize;
            // A path of 4,096 bytes takes 12,288 characters when each byte is percent-encoded, and a cursor may follow it.
            kestrel.Limits.MaxRequestLineSize = AddressSize;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = AddressSize;
            kestrel.Limits.Http3.MaxRequestHeaderFieldSize = AddressSize;
            // The default windows limit an upload to 25 MiB/s at a round trip of 20 ms; these allow 175 MiB/s.
            kestrel.Limits.Http2.InitialConnectionWindowSize = Http2Window;
            kestrel.Limits.Http2.InitialStreamWindowSize = Http2Window;
            foreach (var url in options.Urls)
                Listen(kestrel, url, null);
            foreach (var url in options.Http1Urls)
                Listen(kestrel, url, HttpProtocols.Http1);
            foreach (var url in options.Http2Urls)
                Listen(kestrel, url, HttpProtocols.Http2);
            foreach (var url in options.Http3Urls)
                Listen(kestrel, url, HttpProtocols.Http3);
        });
        // QUIC has a separate transport.
        if (options.Http3Urls.Length > 0)
            _ = builder.WebHost.UseQuic();
        if (options.Transport == HostTransport.Own)
            _ = builder.Services.AddSingleton<BufferPool>().AddSingleton<IConnectionListenerFactory, SocketTransport>();
    }

    /// <summary>
    /// Limits how slowly a small body may arrive. The engine does not monitor these bodies, and a very slow one would keep its connection
    /// open for ever.
    /// </summary>
    public static Task LimitSmallBodies(HttpContext context, RequestDelegate next)
    {
        // On HTTP/2 and HTTP/3 the rate belongs to the connection and cannot be set for one request.
        if (HasSmallBody(context.Request)
            && !SharesConnection(context)
            && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = SmallBodies;
        }

        return next(context);
    }

    /// <summary>
    /// While the service stops, closes HTTP/1.1 connections after their answer, so that clients connect to the next instance.
    /// </summary>
    public static Task CloseWhileStopping(HttpContext context, RequestDelegate next)
    {
        if (!SharesConnection(context))
            context.Response.OnStarting(Close, context);
        return next(context);
    }

    /// <summary>Announces HTTP/3 on the same host to clients of a TLS connection, unless a proxy terminates TLS.</summary>
    public static Task TellHttp3(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<ITlsHandshakeFeature>() is not null && !HttpProtocol.IsHttp3(context.Request.Protocol))
            context.Response.Headers.AltSvc = context.RequestServices.GetRequiredService<HostingOptions>().AlternativeServices;
        return next(context);
    }

    // JSON, and the XML of WebDAV.
    private static bool HasSmallBody(HttpRequest request) => request.Method is "PROPFIND" or "PROPPATCH" or "LOCK"
        || ((HttpMethods.IsPost(request.Method) || HttpMethods.IsPatch(request.Method)) && request.HasJsonContentType());

    private static bool SharesConnection(HttpContext context) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) || HttpProtocol.IsHttp3(context.Request.Protocol);

    private static Task Close(object state)
    {
        var context = (HttpContext)state;
        if (context.RequestServices.GetRequiredService<StoppingSignal>().Token.IsCancellationRequested)
            context.Response.Headers.Connection = "close";
        return Task.CompletedTask;
    }

    /// <summary>Parses addresses as ASP.NET Core does. Its own code offers no hook between TLS and HTTP.</summary>
    private static void Listen(KestrelServerOptions kestrel, string url, HttpProtocols? only)
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
            if (address.Scheme == "https")
                // A connection over QUIC is encrypted by its transport, with the same certificate.
                listen.UseHttps(kestrel.ApplicationServices.GetRequiredService<TlsCertificate>().Handshakes);
            ChunkedBodyGuard.Use(listen);
            ConnectionOutput.Use(listen);
        }
    }

    // The last descriptors are reserved for the service; a connection that took one is closed at once.
    private static bool IsReserved(KestrelServerOptions kestrel, ConnectionContext connection) =>
        connection.Features.Get<IConnectionSocketFeature>() is { } feature
        && kestrel.ApplicationServices.GetRequiredService<IOpenFileReserve>().Holds(feature.Socket.Handle);
}
