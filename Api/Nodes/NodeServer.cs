using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChunkUpload.Api.Nodes;

/// <summary>
/// Listens for the other nodes, apart from the addresses for clients, and records where. Its certificate is made at each start; the ledger
/// has the digest by which others know it.
/// </summary>
internal sealed class NodeServer(
    ClusterOptions options, INodeLedger ledger, NodeSettings settings, NodeAnswers answers, ILoggerFactory logs, TimeProvider time)
    : IStartStep, IAsyncDisposable
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Life = TimeSpan.FromDays(3650);

    private WebApplication? _app;
    private X509Certificate2? _certificate;

    // After the keys, before the background work.
    public int Order => StartOrder.Access + 60;

    public string Name => "node endpoint";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.IsAlone)
            return;
        _certificate = Make();
        var port = await ListenAsync(_certificate, cancellationToken);
        var listen = options.ListenPoint;
        var address = options.Address is { Length: > 0 } given ? given : new IPEndPoint(listen.Address, port).ToString();
        if (!await ledger.JoinAsync(
            options.Node!, address, SHA256.HashData(_certificate.RawData), settings.Digests(), cancellationToken))
        {
            throw NodeJoin.Taken(options.Node!);
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _app, null) is { } app)
        {
            using var now = new CancellationTokenSource(TimeSpan.Zero);
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }

        _certificate?.Dispose();
        _certificate = null;
    }

    private async Task<int> ListenAsync(X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        _ = builder.Services.AddSingleton(logs);
        _ = builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = NodeAnswers.MostBytes;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(options.ListenPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                _ = listen.UseHttps(certificate, https =>
                {
                    https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                    https.HandshakeTimeout = HandshakeTimeout;
                });
            });
        });
        var app = builder.Build();
        try
        {
            app.Run(answers.AnswerAsync);
            await app.StartAsync(cancellationToken);
        }
        catch (Exception reason) when (reason is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new StartRefusedException(
                $"Other nodes cannot ask this one at Cluster:Listen {options.Listen}: {reason.Message.TrimEnd('.')}.", reason);
        }

        _app = app;
        var found = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new Uri(found).Port;
    }

    private X509Certificate2 Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ChunkUpload node", key, HashAlgorithmName.SHA256);
        var now = time.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now + Life);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
