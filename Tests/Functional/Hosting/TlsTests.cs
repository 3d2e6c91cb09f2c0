using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Api.Cli;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Hosting;

public sealed class TlsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
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
        using var client = new HttpClient(handler)
        {
            BaseAddress = service.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact
        };
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

    [Fact]
    public async Task Creates_and_keeps_a_certificate_that_clients_can_trust()
    {
        var settings = new Dictionary<string, string> { ["Host:Tls"] = "true" };
        await using var service = await TestService.StartAsync(postgres, settings);
        Assert.Equal("https", service.Address.Scheme);
        var file = Path.Combine(service.DataDirectory, "tls.pem");
        var pem = await File.ReadAllTextAsync(file);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await AskAsync(service, pem);

        settings["Host:Urls"] = service.Address.ToString().TrimEnd('/');
        settings["Data:Directory"] = service.DataDirectory;
        Assert.True(await HealthProbe.RunAsync(ServiceConfiguration.Load(new ConfigurationSources().AddCommandLine(settings))));

        await using var again = await service.RestartAsync();
        Assert.Equal(pem, await File.ReadAllTextAsync(file));
        await AskAsync(again, pem);
        await again.StopAsync();
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        var refused = await Assert.ThrowsAsync<StartRefusedException>(() => again.RestartAsync());
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);

        // Checks name, dates and signature, as a client does that trusts the certificate.
        static async Task AskAsync(TestService service, string pem)
        {
            using var root = X509Certificate2.CreateFromPem(pem);
            using var handler = new SocketsHttpHandler();
            handler.SslOptions.CertificateChainPolicy =
                new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(root);
            using var client = new HttpClient(
                handler)
            { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
            foreach (var host in new[] { "127.0.0.1", "localhost" })
            {
                using var answer = await client.GetAsync(new Uri($"https://{host}:{service.Address.Port}/health/live"));
                Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
            }
        }
    }

    [Fact]
    public async Task A_configured_certificate_replaces_the_generated_one()
    {
        var (certificate, key) = WriteCertificate();
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string,
                string>
            { ["Host:Tls"] = "true", ["Host:CertificateFile"] = certificate, ["Host:CertificateKeyFile"] = key });
        Assert.Equal("https", service.Address.Scheme);
        Assert.False(File.Exists(Path.Combine(service.DataDirectory, "tls.pem")));
    }

    [Fact]
    public async Task A_changed_certificate_is_served_with_its_chain_and_a_broken_one_is_not()
    {
        using var authority = new TestAuthority();
        var (certificate, key) = (Path.Combine(_folder, "chain.pem"), Path.Combine(_folder, "chain.key"));
        authority.WriteServer(certificate, key, "first.example");
        await using var service = await TestService.StartAsync(
            postgres,
            new Dictionary<string, string>
            {
                ["Host:Urls"] = "https://127.0.0.1:0",
                ["Host:CertificateFile"] = certificate,
                ["Host:CertificateKeyFile"] = key,
            });
        Assert.Equal("CN=first.example", await SubjectAsync());

        // The chain was sent: the client knows the root only.
        await File.WriteAllTextAsync(certificate, "-----BEGIN CERTIFICATE-----\nhalf of it");
        await Task.Delay(TimeSpan.FromSeconds(6));
        Assert.Equal("CN=first.example", await SubjectAsync());
        authority.WriteServer(certificate, key, "second.example");
        await Eventually.HoldsAsync(async () => await SubjectAsync() == "CN=second.example");

        // It is valid for a day.
        await using var connection = new NpgsqlConnection(service.ConnectionString);
        await Eventually.HoldsAsync(() => connection.ExecuteScalarAsync<bool>(
            "select exists (select from chunkupload.events where kind = 'certificate_ends')"));

        async Task<string?> SubjectAsync()
        {
            string? subject = null;
            using var handler = new SocketsHttpHandler();
            handler.SslOptions.RemoteCertificateValidationCallback = (_, given, chain, _) =>
            {
                subject = given!.Subject;
                return authority.Trusts((X509Certificate2)given, chain!);
            };
            using var client = new HttpClient(handler) { BaseAddress = service.Address };
            using var answer = await client.GetAsync(new Uri("/health/live", UriKind.Relative));
            Assert.Equal("max-age=31536000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
            return subject;
        }
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
