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
/// The certificate of TLS connections: the operator's with its chain, read again soon after its files change, or the service's own. With
/// Host:ClientCaFile clients may present certificates of their own.
/// </summary>
internal sealed partial class TlsCertificate(
    HostingOptions options, SelfSignedCertificate own, ClientCertificates clients, IEventLedger events, TimeProvider time,
    ILogger<TlsCertificate> log)
    : PeriodicStep(TimeSpan.FromSeconds(5), time, log)
{
    private static readonly TimeSpan SayBefore = TimeSpan.FromDays(14);
    private static readonly TimeSpan SayEvery = TimeSpan.FromDays(1);

    private SslStreamCertificateContext? _context;
    private byte[] _read = [];
    private DateTimeOffset _saidAt = DateTimeOffset.MinValue;

    // After the start step that creates the self-signed certificate.
    public override int Order => StartOrder.Certificate + 1;

    public override string Name => "tls";

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.MakesCertificate)
            _context = SslStreamCertificateContext.Create(own.Value, null, offline: true);
        if (options.CertificateFile is null)
            return Task.CompletedTask;
        ReadFiles();
        return base.StartAsync(cancellationToken);
    }

    /// <summary>Reads the operator's certificate, if one is named.</summary>
    /// <exception cref="StartRefusedException">Its files cannot be read.</exception>
    public void ReadFiles()
    {
        try
        {
            if (options.CertificateFile is not null)
                Renew();
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            throw new StartRefusedException(
                $"The certificate {options.CertificateFile} with the key {options.CertificateKeyFile} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>When the operator's certificate expires; null if there is none.</summary>
    public DateTimeOffset? EndsAt => options.CertificateFile is null ? null : _context?.TargetCertificate.NotAfter.ToUniversalTime();

    public TlsHandshakeCallbackOptions Handshakes => new()
    {
        OnConnection = _ =>
        {
            var connection = new SslServerAuthenticationOptions { ServerCertificateContext = _context };
            clients.Ask(connection);
            return ValueTask.FromResult(connection);
        },
    };

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Renew())
                Renewed(Log, options.CertificateFile!, _context!.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            // The files may be half written; keep the previous certificate.
            NotRenewed(Log, options.CertificateFile!, e.Message);
        }

        await SayEndAsync(cancellationToken);
    }

    /// <summary>Notifies operators each day that the certificate will expire soon.</summary>
    private async Task SayEndAsync(CancellationToken cancellationToken)
    {
        var (now, end) = (Time.GetUtcNow(), new DateTimeOffset(_context!.TargetCertificate.NotAfter.ToUniversalTime()));
        if (end - now > SayBefore || now - _saidAt < SayEvery)
            return;
        try
        {
            var json = new JsonObject { ["file"] = options.CertificateFile, ["endsAt"] = end.ToString("O") }.ToJsonString();
            await events.AddAsync(EventKinds.CertificateEnds, options.CertificateFile!, json, cancellationToken);
            _saidAt = now;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The database is unavailable, or has not started or migrated yet: the next check tries again.
            NotTold(Log, e.Message);
        }
    }

    /// <returns>Whether the content of the files has changed.</returns>
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

    [LoggerMessage(7442, LogLevel.Information, "The certificate {File} was read again; it ends at {End}.")]
    private static partial void Renewed(ILogger log, string file, DateTime end);

    [LoggerMessage(7443, LogLevel.Warning, "The changed certificate {File} cannot be read; the previous one stays in use: {Reason}")]
    private static partial void NotRenewed(ILogger log, string file, string reason);

    [LoggerMessage(7444, LogLevel.Debug, "Operators could not be warned yet that the certificate ends: {Reason}")]
    private static partial void NotTold(ILogger log, string reason);
}
