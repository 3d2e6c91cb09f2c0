using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Client certificates in place of keys: which are accepted, for which user or key, and for how long.</summary>
public sealed class ClientCertificateTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _authority.Write(_folder["clients.pem"]);
        _service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Host:Tls"] = "true", ["Host:ClientCaFile"] = _folder["clients.pem"] });
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_certificate_acts_as_the_user_that_it_names_until_that_user_is_disabled()
    {
        var ann = await new TestPeople(_service).UserAsync("ann", Role.Member);
        using var certificate = _authority.Client("CN=Ann, O=default");
        using var client = Client(certificate);
        var me = await JsonAsync(client, "/api/me");
        Assert.Equal(ann.Subject, me.GetProperty("subject").GetString());
        Assert.Equal("certificate", me.GetProperty("credential").GetString());
        using (var put = await client.PutAsync(At("/api/files/a.txt"), new StringContent("hers")))
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/api/networks"));

        await _service.Services.GetRequiredService<IPeopleLedger>().ChangeUserAsync(ann.Id, null, null, null, enabled: false, default);
        await Eventually.HoldsAsync(async () => await StatusAsync(client, "/api/me") == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_certificate_acts_as_the_key_that_it_names_until_that_key_is_revoked()
    {
        var people = _service.Services.GetRequiredService<IPeopleLedger>();
        var (secret, shown) = KeySecret.New();
        var key = new ApiKey(
            Guid.NewGuid(), Caller.DefaultTenant, null, "camera", shown, Scopes.Upload, "operator", default, null, null, null);
        await people.AddKeyAsync(key, KeySecret.Hash(secret), default);
        using var certificate = _authority.Client($"CN=key:{key.Id:n}");
        using var client = Client(certificate);
        using (var put = await client.PutAsync(At("/api/files/a.txt"), new StringContent("seen")))
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(client, "/api/files"));
        using var elsewhere = _authority.Client($"CN=key:{key.Id:n}, O=acme");
        using var foreign = Client(elsewhere);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(foreign, "/api/me"));

        Assert.True(await people.RevokeKeyAsync(Caller.DefaultTenant, key.Id, default));
        await Eventually.HoldsAsync(async () => await StatusAsync(client, "/api/me") == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_key_counts_before_a_certificate_and_without_either_there_is_no_way_in()
    {
        await new TestPeople(_service).UserAsync("bob", Role.Member);
        using var certificate = _authority.Client("CN=bob");
        using var client = Client(certificate);
        client.DefaultRequestHeaders.Authorization = new("Bearer", _service.Key);
        Assert.Equal("operator", (await JsonAsync(client, "/api/me")).GetProperty("subject").GetString());
        client.DefaultRequestHeaders.Authorization = new("Bearer", "cu_wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/api/me"));
        using var none = Client(null);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(none, "/api/me"));
        using var live = await none.GetAsync(At("/health/live"));
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        // With HSTS a browser would later refuse the service's self-signed certificate and offer no exception.
        Assert.False(live.Headers.Contains("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("CN=nobody")]
    [InlineData("CN=cyd, O=elsewhere")]
    [InlineData("O=default")]
    [InlineData("CN=cyd, CN=dan")]
    public async Task A_certificate_without_a_known_user_is_rejected(string subject)
    {
        var people = new TestPeople(_service);
        if (!await HasAsync("cyd"))
            await people.UserAsync("cyd", Role.Member);
        using var certificate = _authority.Client(subject);
        using var client = Client(certificate);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/api/me"));
    }

    [Fact]
    public async Task A_page_cannot_act_with_the_certificate_of_its_browser()
    {
        await new TestPeople(_service).UserAsync("eve", Role.Member);
        using var certificate = _authority.Client("CN=eve");
        (string, string)[] pages = [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "none")];
        foreach (var (name, value) in pages)
        {
            using var client = Client(certificate);
            client.DefaultRequestHeaders.Add(name, value);
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, "/api/me"));
        }
    }

    [Fact]
    public async Task Foreign_server_and_expired_certificates_end_the_handshake()
    {
        await new TestPeople(_service).UserAsync("fay", Role.Member);
        using var others = new TestAuthority();
        using var foreign = others.Client("CN=fay");
        using var server = _authority.Client("CN=fay", isForServers: true);
        using var ended = _authority.Client("CN=fay", hasEnded: true);
        foreach (var certificate in new[] { foreign, server, ended })
        {
            using var client = Client(certificate);
            await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(At("/health/live")));
        }
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", "clients.pem", "needs TLS")]
    [InlineData("https://127.0.0.1:0", "missing.pem", "cannot be read")]
    public async Task A_client_authority_without_TLS_or_that_cannot_be_read_refuses_the_start(string url, string file, string sentence)
    {
        var settings = new Dictionary<string, string>
        {
            ["Host:Urls"] = url,
            ["Host:Tls"] = url.StartsWith("https", StringComparison.Ordinal) ? "true" : "false",
            ["Host:ClientCaFile"] = _folder[file],
        };
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => TestService.StartAsync(postgres, settings));
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    private async Task<bool> HasAsync(string name) =>
        await _service.Services.GetRequiredService<IPeopleLedger>().FindSecretsAsync(name, default) is not null;

    private HttpClient Client(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, given, _, _) => given!.Subject == "CN=ChunkUpload";
        // Shown even where the server names other authorities.
        if (certificate is not null)
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        return new HttpClient(handler) { BaseAddress = _service.Address };
    }

    private static async Task<JsonElement> JsonAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(At(path));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(At(path));
        return answer.StatusCode;
    }

    private static Uri At(string path) => new(path, UriKind.Relative);
}
