using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using ChunkUpload.Client.Straight;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Kestrel at some addresses: HTTPS/1.1 for devices whose keys are expected. Its assemblies are loaded only when an agent listens.
/// </summary>
internal sealed class StraightServer : IAsyncDisposable
{
    private const int MostConnections = 64;
    private const int Tcp = 6;

    // So little waits in the system that a connection that breaks costs little. A number of Linux.
    private const int NotSentLowWater = 25;
    private const int LowWater = 256 << 10;
    private const int Buffer = 1 << 20;

    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;

    private StraightServer(WebApplication app) => _app = app;

    /// <summary>The addresses with their ports.</summary>
    public IReadOnlyList<IPEndPoint> Addresses { get; private set; } = [];

    /// <param name="expected">How many running transfers expect a key.</param>
    /// <exception cref="IOException">The computer has not all of these addresses, or a port is taken.</exception>
    public static async Task<StraightServer> StartAsync(
        IReadOnlyList<IPEndPoint> addresses, DeviceIdentity own, Func<byte[], int> expected, RequestDelegate answer,
        CancellationToken stop)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        var open = new ConcurrentDictionary<string, int>();
        _ = builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var limits = kestrel.Limits;
            limits.MaxConcurrentConnections = MostConnections;
            limits.MaxRequestBodySize = 0;
            limits.MaxRequestHeaderCount = 32;
            limits.MaxRequestHeadersTotalSize = 8 << 10;
            limits.RequestHeadersTimeout = HandshakeTimeout;
            limits.KeepAliveTimeout = Idle;
            // A receiver that reads nothing is disconnected, because its token is not renewed.
            limits.MinResponseDataRate = null;
            limits.MaxResponseBufferSize = Buffer;
            foreach (var address in addresses)
            {
                kestrel.Listen(address, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    _ = listen.UseHttps(new HttpsConnectionAdapterOptions
                    {
                        ServerCertificate = own.Certificate,
                        ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                        // Only the public key counts.
                        ClientCertificateValidation = (shown, _, _) => expected(DeviceIdentity.FingerprintOf(shown)) > 0,
                        SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                        HandshakeTimeout = HandshakeTimeout,
                    });
                    _ = listen.Use(next => connection => CountAsync(connection, next, open, expected));
                });
            }
        });
        _ = builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = Bind);
        var app = builder.Build();
        try
        {
            app.Run(answer);
            await app.StartAsync(stop);
            var found = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
            return new StraightServer(app) { Addresses = [.. found.Select(PointOf)] };
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    /// <summary>A device has as many connections as its transfers may have, also idle ones; it keeps no other device away.</summary>
    private static async Task CountAsync(
        ConnectionContext connection, ConnectionDelegate next, ConcurrentDictionary<string, int> open, Func<byte[], int> expected)
    {
        if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
            return;
        var fingerprint = DeviceIdentity.FingerprintOf(certificate);
        var key = Convert.ToHexStringLower(fingerprint);
        try
        {
            if (open.AddOrUpdate(key, 1, (_, count) => count + 1) <= StraightOffer.MostConnections * expected(fingerprint))
                await next(connection);
        }
        finally
        {
            if (open.AddOrUpdate(key, 0, (_, count) => count - 1) <= 0)
                _ = open.TryRemove(new(key, 0));
        }
    }

    private static Socket Bind(EndPoint address)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(Tcp, NotSentLowWater, BitConverter.GetBytes(LowWater));
        return socket;
    }

    private static IPEndPoint PointOf(string address)
    {
        var uri = new Uri(address);
        return new IPEndPoint(IPAddress.Parse(uri.Host.Trim('[', ']')), uri.Port);
    }
}
