using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ChunkUpload.Tests.Support;

/// <summary>A certificate of a day, as files for the service and as what a client believes.</summary>
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

    /// <summary>Speaks HTTP/2 and nothing else, and sends the operator key.</summary>
    public HttpClient CreateHttp2Client(TestService service)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, given, _, _) => given!.GetCertHashString() == _hash;
        var client = new HttpClient(handler)
        {
            BaseAddress = service.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        client.DefaultRequestHeaders.Authorization = new("Bearer", service.Key);
        return client;
    }

    public void Dispose() => ServiceFolder.Remove(_folder);
}
