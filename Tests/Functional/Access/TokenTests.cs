using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Tokens of an external issuer: which are accepted, and whose rights they carry.</summary>
public sealed class TokenTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Secret = "a secret that both sides know, long enough";

    private TokenIssuer _issuer = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _issuer = await TokenIssuer.StartAsync();
        _service = await TestService.StartAsync(postgres, Settings());
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task A_valid_token_has_the_rights_of_its_subject_only()
    {
        var ann = _issuer.Sign(_issuer.Claims());
        var (status, body) = await PutAsync(ann, "a.txt");
        Assert.Equal(201, status);
        var id = JsonElement.Parse(body).GetProperty("id").GetString();
        Assert.Equal(200, await StatusAsync(ann, $"/api/files/{id}"));
        Assert.Equal(404, await StatusAsync(_issuer.Sign(_issuer.Claims("bob")), $"/api/files/{id}"));
        // A subject named like the operator is an ordinary subject of the issuer.
        var posing = _issuer.Sign(_issuer.Claims("operator"));
        Assert.Equal(404, await StatusAsync(posing, $"/api/files/{id}"));
        Assert.Equal(403, await StatusAsync(posing, "/api/networks"));
        var rows = await _service.Client.GetFromJsonAsync<JsonElement>($"/api/audit?target={id}");
        Assert.All(
            rows.GetProperty("items").EnumerateArray(),
            row => Assert.Equal($"oidc:{_issuer.Address}:ann", row.GetProperty("subject").GetString()));
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("without an end")]
    [InlineData("not yet valid")]
    [InlineData("for another audience")]
    [InlineData("of another issuer")]
    [InlineData("without a subject")]
    [InlineData("of a foreign tenant")]
    [InlineData("unsigned")]
    [InlineData("tampered with")]
    [InlineData("of another key")]
    [InlineData("of an unknown key")]
    [InlineData("signed with the public key as a secret")]
    [InlineData("signed with a secret")]
    [InlineData("cut")]
    [InlineData("garbage")]
    [InlineData("empty parts")]
    public async Task A_wrong_token_is_refused(string fault)
    {
        var claims = _issuer.Claims();
        using var other = RSA.Create(2048);
        var (name, value) = fault switch
        {
            "expired" => ("exp", (JsonNode?)TimeProvider.System.GetUtcNow().AddMinutes(-2).ToUnixTimeSeconds()),
            "without an end" => ("exp", null),
            "not yet valid" => ("nbf", TimeProvider.System.GetUtcNow().AddMinutes(2).ToUnixTimeSeconds()),
            "for another audience" => ("aud", "others"),
            "of another issuer" => ("iss", "https://example.org"),
            "without a subject" => ("sub", null),
            "of a foreign tenant" => ("tenant", "acme"),
            _ => ("jti", "1"),
        };
        if (value is null)
            claims.Remove(name);
        else
            claims[name] = value;
        var good = _issuer.Sign(_issuer.Claims());
        var token = fault switch
        {
            "unsigned" => TokenIssuer.Unsigned(claims),
            "tampered with" => $"{good.Split('.')[0]}.{_issuer.Sign(_issuer.Claims("bob")).Split('.')[1]}.{good.Split('.')[2]}",
            "of another key" => _issuer.Sign(claims, key: other),
            "of an unknown key" => _issuer.Sign(claims, "no such key", other),
            "signed with the public key as a secret" => _issuer.SignShared(claims),
            "signed with a secret" => _issuer.SignShared(claims, Encoding.UTF8.GetBytes(Secret)),
            "cut" => good[..^10],
            "garbage" => "a.b.c",
            "empty parts" => "..",
            _ => _issuer.Sign(claims),
        };
        Assert.Equal(201, (await PutAsync(good, "good.txt")).Status);
        var (status, body) = await PutAsync(token, "x.txt");
        Assert.Equal(401, status);
        Assert.Equal("invalid_key", JsonElement.Parse(body).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Scopes_are_those_that_are_claimed_within_those_that_are_configured()
    {
        var claims = _issuer.Claims();
        claims["scope"] = new JsonArray("read", "list", "operate", "admin");
        var token = _issuer.Sign(claims);
        Assert.Equal(200, await StatusAsync(token, "/api/files"));
        Assert.Equal(403, (await PutAsync(token, "x.txt")).Status);
        Assert.Equal(403, await StatusAsync(token, "/api/networks"));
        Assert.Equal(403, await StatusAsync(token, "/api/audit"));
    }

    [Fact]
    public async Task A_token_makes_no_link_that_would_outlive_it()
    {
        using var client = ClientOf(_issuer.Sign(_issuer.Claims()));
        Assert.Equal("token", (await client.GetFromJsonAsync<JsonElement>("/api/me")).GetProperty("credential").GetString());
        using var answer = await client.PostAsJsonAsync("/api/links", new { kind = "upload" });
        Assert.Equal(403, (int)answer.StatusCode);
        Assert.Equal("not_permitted", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_new_key_of_the_issuer_is_fetched()
    {
        Assert.Equal(201, (await PutAsync(_issuer.Sign(_issuer.Claims()), "a.txt")).Status);
        Assert.Equal(1, _issuer.Asked);
        var old = _issuer.Sign(_issuer.Claims());
        Assert.Equal(201, (await PutAsync(old, "a.txt")).Status);
        Assert.Equal(1, _issuer.Asked);
        _issuer.NewKey();
        await Eventually.HoldsAsync(async () => (await PutAsync(_issuer.Sign(_issuer.Claims()), "b.txt")).Status == 201);
        Assert.Equal(2, _issuer.Asked);
    }

    [Fact]
    public async Task A_suspended_tenant_ends_its_tokens()
    {
        var people = _service.Services.GetRequiredService<IPeopleLedger>();
        await people.AddTenantAsync("beta", "Beta", default);
        var claims = _issuer.Claims();
        claims["tenant"] = "beta";
        var token = _issuer.Sign(claims);
        Assert.Equal(201, (await PutAsync(token, "a.txt")).Status);
        await people.ChangeTenantAsync("beta", null, suspended: true, default);
        await Eventually.HoldsAsync(async () => await StatusAsync(token, "/api/files") == 401);
    }

    [Fact]
    public async Task An_issuer_that_is_away_is_no_wrong_token()
    {
        await using var away = await TokenIssuer.StartAsync();
        var settings = Settings(away);
        var token = away.Sign(away.Claims());
        await away.DisposeAsync();
        await using var service = await TestService.StartAsync(postgres, settings);
        using var client = service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.GetAsync("/api/files");
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Equal("issuer_unavailable", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("file")]
    [InlineData("secret")]
    [InlineData("address")]
    public async Task Keys_come_from_a_file_or_an_address_of_their_own_or_are_shared(string source)
    {
        var settings = Settings();
        using var folder = new TempFolder();
        switch (source)
        {
            case "file":
                settings["Tokens:KeysFile"] = Path.Combine(folder.Path, "keys.json");
                await File.WriteAllTextAsync(settings["Tokens:KeysFile"], _issuer.Keys);
                break;
            case "address":
                settings["Tokens:KeysUrl"] = _issuer.Address + "/keys";
                break;
            default:
                settings["Tokens:Secret"] = Secret;
                break;
        }

        await using var service = await TestService.StartAsync(postgres, settings);
        var shared = _issuer.SignShared(_issuer.Claims(), Encoding.UTF8.GetBytes(Secret));
        var signed = _issuer.Sign(_issuer.Claims());
        using var client = service.CreateClient(withKey: false);
        foreach (var (token, good) in new[] { (signed, source != "secret"), (shared, source == "secret") })
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var answer = await client.GetAsync("/api/files");
            Assert.Equal(good ? 200 : 401, (int)answer.StatusCode);
        }
    }

    private Dictionary<string, string> Settings(TokenIssuer? issuer = null) => new()
    {
        ["Tokens:Issuer"] = (issuer ?? _issuer).Address,
        ["Tokens:Audience"] = "uploads",
        ["Tokens:Tenants"] = "default,beta",
    };

    private async Task<(int Status, string Body)> PutAsync(string token, string name)
    {
        using var client = ClientOf(token);
        using var answer = await client.PutAsync($"/api/files/{name}", new StringContent("x"));
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<int> StatusAsync(string token, string path)
    {
        using var client = ClientOf(token);
        using var answer = await client.GetAsync(path);
        return (int)answer.StatusCode;
    }

    private HttpClient ClientOf(string token)
    {
        var client = _service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }
}
