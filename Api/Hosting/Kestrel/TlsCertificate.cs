using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// What TLS connections are served with: the operator's certificate with its chain, read again soon after its files change, or the
/// service's own. With Host:ClientCaFile clients may show certificates of their own.
/// </summary>
internal sealed partial class TlsCertificate(
    HostingOptions options, SelfSignedCertificate own, ClientCertificates clients, IEventLedger events, TimeProvider time,
    ILogger<TlsCertificate> log)
    : IStartStep, IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SayBefore = TimeSpan.FromDays(14);
    private static readonly TimeSpan SayEvery = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;
    private SslStreamCertificateContext? _context;
    private byte[] _read = [];
    private DateTimeOffset _saidAt = DateTimeOffset.MinValue;

    // Behind the certificate that the service makes.
    public int Order => StartOrder.Certificate + 1;

    public string Name => "tls";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.MakesCertificate)
            _context = SslStreamCertificateContext.Create(own.Value, null, offline: true);
        if (options.CertificateFile is null)
            return Task.CompletedTask;
        try
        {
            Renew();
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw new StartRefusedException(
                $"The certificate {options.CertificateFile} with the key {options.CertificateKeyFile} cannot be read: {e.Message}", e);
        }

        _watching = Task.Run(() => WatchAsync(_stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _watching;
    }

    public void Dispose() => _stop.Dispose();

    public TlsHandshakeCallbackOptions Handshakes => new()
    {
        OnConnection = _ =>
        {
            var connection = new SslServerAuthenticationOptions { ServerCertificateContext = _context };
            clients.Ask(connection);
            return ValueTask.FromResult(connection);
        },
    };

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                try
                {
                    if (Renew())
                        Renewed(options.CertificateFile!, _context!.TargetCertificate.NotAfter.ToUniversalTime());
                }
                catch (Exception e) when (IsUnreadable(e))
                {
                    // The files may be written just now; the certificate before goes on.
                    NotRenewed(options.CertificateFile!, e.Message);
                }

                await SayEndAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    /// <summary>Tells operators each day that the certificate will end soon.</summary>
    private async Task SayEndAsync(CancellationToken cancellationToken)
    {
        var (now, end) = (time.GetUtcNow(), new DateTimeOffset(_context!.TargetCertificate.NotAfter.ToUniversalTime()));
        if (end - now > SayBefore || now - _saidAt < SayEvery)
            return;
        try
        {
            var json = new JsonObject { ["file"] = options.CertificateFile, ["endsAt"] = end.ToString("O") }.ToJsonString();
            await events.AddAsync("certificate_ends", json, cancellationToken);
            _saidAt = now;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The database is away, or has not started or migrated yet: the next look says it.
            NotTold(e.Message);
        }
    }

    /// <returns>Whether the files have another content than before.</returns>
    private bool Renew()
    {
        var chain = File.ReadAllText(options.CertificateFile!);
        var key = File.ReadAllText(options.CertificateKeyFile!);
        var read = SHA256.HashData(Encoding.UTF8.GetBytes(chain + "\n" + key));
        if (read.AsSpan().SequenceEqual(_read))
            return false;
        using var pem = X509Certificate2.CreateFromPem(chain, key);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(chain);
        _context = SslStreamCertificateContext.Create(
            X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null), [.. all.Skip(1)], offline: true);
        _read = read;
        return true;
    }

    private static bool IsUnreadable(Exception e) => e is CryptographicException or IOException or UnauthorizedAccessException;

    [LoggerMessage(7431, LogLevel.Information, "The certificate {File} was read again; it ends at {End}.")]
    private partial void Renewed(string file, DateTime end);

    [LoggerMessage(7432, LogLevel.Warning, "The changed certificate {File} cannot be read; the one before goes on: {Reason}")]
    private partial void NotRenewed(string file, string reason);

    [LoggerMessage(7433, LogLevel.Debug, "Operators could not be told yet that the certificate ends: {Reason}")]
    private partial void NotTold(string reason);
}
