using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hosting;

[Collection(PostgresCollection.Name)]
public sealed class TlsTests(PostgresFixture postgres) : IDisposable
{
    private readonly string _folder = ServiceFolder.Create();

    [Fact]
    public async Task Serves_https_over_http2_with_the_given_certificate_and_finds_itself_healthy()
    {
        var (certificate, key) = WriteCertificate();
        var settings = new Dictionary<string, string>
        {
            ["Host:Urls"] = "https://127.0.0.1:0",
            ["Host:CertificateFile"] = certificate,
            ["Host:CertificateKeyFile"] = key,
        };
        await using var service = await TestService.StartAsync(postgres, settings);
        var expected = X509CertificateLoader.LoadCertificateFromFile(certificate).GetCertHashString();
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, given, _, _) => given!.GetCertHashString() == expected;
        using var client = new HttpClient(handler) { BaseAddress = service.Address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(HttpVersion.Version20, answer.Version);
        settings["Host:Urls"] = service.Address.ToString().TrimEnd('/');
        Assert.True(await HealthProbe.RunAsync(ServiceConfiguration.Load(new ConfigurationSources().AddCommandLine(settings))));
    }

    [Fact]
    public async Task Refuses_a_certificate_that_cannot_be_read_with_a_sentence()
    {
        var (certificate, _) = WriteCertificate();
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => TestService.StartAsync(postgres, new Dictionary<string, string>
        {
            ["Host:Urls"] = "https://127.0.0.1:0",
            ["Host:CertificateFile"] = certificate,
            ["Host:CertificateKeyFile"] = certificate,
        }));
        Assert.Contains(certificate, refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => ServiceFolder.Remove(_folder);

    private (string Certificate, string Key) WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=uploads.example", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var files = (Path.Combine(_folder, "certificate.pem"), Path.Combine(_folder, "key.pem"));
        File.WriteAllText(files.Item1, certificate.ExportCertificatePem());
        File.WriteAllText(files.Item2, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
