using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ChunkUpload.Tests.Support;

/// <summary>A certificate valid for a day, as files for the service and as trust for a client.</summary>
internal sealed class TestCertificate : IDisposable
{
    private readonly string _folder = ServiceFolder.Create();
    private readonly string _hash;

    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=uploads.example", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        _hash = certificate.GetCertHashString();
        (CertificateFile, KeyFile) = (Path.Combine(_folder, "certificate.pem"), Path.Combine(_folder, "key.pem"));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
    }

    public string CertificateFile { get; }

    public string KeyFile { get; }

    public (string Key, string Value)[] Settings => [("Host:CertificateFile", CertificateFile), ("Host:CertificateKeyFile", KeyFile)];

    /// <summary>Uses HTTP/2 only, and sends the operator key.</summary>
    public HttpClient CreateHttp2Client(TestService service) => CreateClient(service.Address, service.Key, HttpVersion.Version20);

    /// <summary>For a bare connection that trusts only this certificate.</summary>
    public SslClientAuthenticationOptions Options(params SslApplicationProtocol[] protocols) => new()
    {
        TargetHost = "uploads.example",
        ApplicationProtocols = [.. protocols],
        RemoteCertificateValidationCallback = (_, given, _, _) => given!.GetCertHashString() == _hash,
    };

    /// <summary>Trusts only this certificate.</summary>
    public HttpClient CreateClient(Uri address, string key, Version version)
    {
        var client = new HttpClient(CreateHandler())
        {
            BaseAddress = address,
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }

    /// <summary>Trusts only this certificate, and follows neither cookies nor redirections by itself.</summary>
    public SocketsHttpHandler CreateHandler()
    {
        var handler = new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, given, _, _) => given!.GetCertHashString() == _hash;
        return handler;
    }

    public void Dispose() => ServiceFolder.Remove(_folder);
}
