using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// The self-signed certificate for TLS if the operator configures none. The service creates it at the first start, stores it, and renews it
/// a month before it expires. Clients must be configured to trust it.
/// </summary>
internal sealed class SelfSignedCertificate(HostingOptions options, IOwnerOnlyFiles files, TimeProvider time) : IStartStep, IDisposable
{
    /// <summary>The file's name in the data directory.</summary>
    private const string FileName = "tls.pem";
    private const string Remedy = "remove it if anyone else may have read it; the next start creates another";

    private static readonly TimeSpan Life = TimeSpan.FromDays(730);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private X509Certificate2? _value;

    public int Order => StartOrder.Certificate;

    public string Name => "certificate";

    public X509Certificate2 Value => _value ?? throw new InvalidOperationException("There is no certificate before the start.");

    public static string PathIn(DataOptions data) => Path.Combine(Path.GetFullPath(data.Directory), FileName);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.MakesCertificate)
            return Task.CompletedTask;
        _value = Load(files.Read(FileName, Remedy));
        if (_value is null || _value.NotAfter.ToUniversalTime() - RenewBefore < time.GetUtcNow())
        {
            files.Replace(FileName, Make());
            _value = Load(files.Read(FileName, Remedy));
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _value?.Dispose();

    private X509Certificate2? Load(string? pem)
    {
        if (pem is null)
            return null;
        try
        {
            using var read = X509Certificate2.CreateFromPem(pem, pem);
            return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
        }
        catch (CryptographicException e)
        {
            throw new StartRefusedException(
                $"{files.PathOf(FileName)} does not hold a certificate with its key: remove it; the next start creates another.", e);
        }
    }

    private string Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ChunkUpload", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in options.AllUrls.Select(url => BindingAddress.Parse(url).Host.Trim('[', ']')).Append("localhost")
            .Append("127.0.0.1").Append("::1").Distinct())
        {
            if (IPAddress.TryParse(host, out var address))
            {
                if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
                    names.AddIpAddress(address);
            }
            else if (Uri.CheckHostName(host) == UriHostNameType.Dns)
                names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        // The certificate may sign only itself.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        var now = time.GetUtcNow();
        // Valid from an hour ago, for clients whose clock is slow.
        using var certificate = request.CreateSelfSigned(now.AddHours(-1), now + Life);
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }
}
