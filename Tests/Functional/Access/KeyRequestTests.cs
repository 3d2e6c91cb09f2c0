using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;
using ChunkUpload.Api.Access.Devices;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Programs that ask for a key, which a person confirms in the console (RFC 8628, RFC 8252).</summary>
public sealed class KeyRequestTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Password = "correct horse battery staple";
    private const string Redirect = "http://127.0.0.1:49152/";

    private TestService _service = null!;
    private HttpClient _program = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _program = _service.CreateClient(withKey: false);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_person_confirms_the_code_and_the_program_gets_a_key_of_its_own()
    {
        using var ann = await PersonAsync("ann", "member");
        var begun = await BeginAsync(("client_id", "cu 1.4.0"), ("device_name", "laptop"), ("scope", "upload list admin"));
        var code = begun.GetProperty("user_code").GetString()!;
        Assert.Matches("^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$", code);
        Assert.EndsWith(
            $"/console/#/device?code={code}", begun.GetProperty("verification_uri_complete").GetString(), StringComparison.Ordinal);
        Assert.Equal((600, 5), (begun.GetProperty("expires_in").GetInt32(), begun.GetProperty("interval").GetInt32()));
        await TakeAsync(begun, "authorization_pending");

        // As a person types it.
        var typed = code.ToLowerInvariant().Replace('-', ' ');
        var seen = await JsonAsync(await ann.SendAsync(HttpMethod.Get, $"/api/key-requests/{typed}"), 200);
        Assert.Equal(
            ("cu 1.4.0", "laptop", "127.0.0.1", "own", false),
            (seen.GetProperty("program").GetString(), seen.GetProperty("machine").GetString(), seen.GetProperty("address").GetString(),
                seen.GetProperty("kind").GetString(), seen.GetProperty("here").GetBoolean()));
        Assert.InRange(seen.GetProperty("ageSeconds").GetInt32(), 0, 600);
        // The program does not get rights that the user does not have.
        Assert.Equal(["upload", "list"], seen.GetProperty("scopes").EnumerateArray().Select(one => one.GetString()));

        await ConfirmAsync(ann, code, new { }, 400, "password_needed");
        await ConfirmAsync(ann, code, new { days = 30, currentPassword = Password }, 200);
        await ConfirmAsync(ann, code, new { currentPassword = Password }, 404, "no_such_key_request");

        var taken = await TakeAsync(begun, null);
        Assert.Equal(("Bearer", "upload list"), (taken.GetProperty("token_type").GetString(), taken.GetProperty("scope").GetString()));
        Assert.InRange(taken.GetProperty("expires_in").GetInt64(), 29 * 86400, 30 * 86400);
        // Whoever lost the answer asks once more; the first secret ends with that.
        var again = await TakeAsync(begun, null);
        Assert.Equal(401, await StatusOfKeyAsync(taken));
        Assert.Equal(200, await StatusOfKeyAsync(again));

        var keys = await JsonAsync(await ann.SendAsync(HttpMethod.Get, "/api/keys"), 200);
        var key = Assert.Single(keys.GetProperty("items").EnumerateArray().ToList());
        Assert.Equal("cu 1.4.0 on laptop", key.GetProperty("name").GetString());
        using (var revoked = await ann.SendAsync(HttpMethod.Delete, $"/api/keys/{key.GetProperty("id").GetString()}", null, FromPage(ann)))
            Assert.True(revoked.IsSuccessStatusCode);
        await Eventually.HoldsAsync(async () => await StatusOfKeyAsync(again) == 401);
        await TakeAsync(begun, "invalid_grant");

        var audit = await JsonAsync(await _service.Client.GetAsync("/api/audit"), 200);
        var acts = audit.GetProperty("items").EnumerateArray()
            .Where(act => act.GetProperty("kind").GetString() is "key_request.confirmed" or "key.added")
            .Select(act => (act.GetProperty("kind").GetString(), act.GetProperty("subject").GetString())).ToList();
        Assert.Equal(["key.added", "key_request.confirmed"], acts.Select(act => act.Item1).Order());
        Assert.All(acts, act => Assert.Contains("user:", act.Item2, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_browser_on_the_same_machine_brings_the_answer()
    {
        using var ann = await PersonAsync("bea", "member");
        var verifier = "verifier-of-the-program-that-has-begun-this-request";
        var begun = await BeginAsync(
            ("client_id", "cu"), ("redirect_uri", Redirect), ("state", "s t&"), ("code_challenge_method", "S256"),
            ("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))));
        // Only the browser's machine gets the answer, so there is nothing to ask with.
        Assert.False(begun.TryGetProperty("device_code", out _));
        var confirmed = await ConfirmAsync(ann, begun.GetProperty("user_code").GetString()!, new { currentPassword = Password }, 200);
        var address = new Uri(confirmed.GetProperty("redirect").GetString()!);
        Assert.StartsWith(Redirect, address.AbsoluteUri, StringComparison.Ordinal);
        var fields = HttpUtility.ParseQueryString(address.Query);
        Assert.Equal("s t&", fields["state"]);

        Task<JsonElement> Take(string code, string proof, string? error) => TokenAsync(
            error, ("grant_type", "authorization_code"), ("code", code), ("code_verifier", proof), ("redirect_uri", Redirect));
        await Take(fields["code"]!, "another verifier, of somebody who saw the code", "invalid_grant");
        await Take("wrong", verifier, "invalid_grant");
        Assert.Equal(200, await StatusOfKeyAsync(await Take(fields["code"]!, verifier, null)));
        await Take(fields["code"]!, verifier, "invalid_grant");
    }

    [Theory]
    [InlineData("https://127.0.0.1:9/")]
    [InlineData("http://localhost:9/")]
    [InlineData("http://127.0.0.1.example:9/")]
    [InlineData("http://127.0.0.1:9/#x")]
    [InlineData("http://me@127.0.0.1:9/")]
    public async Task The_answer_goes_to_no_other_machine(string redirect)
    {
        using var answer = await PostAsync(
            "/oauth/device", ("client_id", "cu"), ("redirect_uri", redirect), ("code_challenge_method", "S256"),
            ("code_challenge", new string('a', 43)));
        Assert.Equal("invalid_request", (await JsonAsync(answer, 400)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_refused_request_ends()
    {
        using var ann = await PersonAsync("cid", "member");
        var begun = await BeginAsync(("client_id", "cu"));
        var code = begun.GetProperty("user_code").GetString()!;
        await JsonAsync(await ann.PostAsync($"/api/key-requests/{code}/refuse"), 200);
        await TakeAsync(begun, "access_denied");
        await ConfirmAsync(ann, code, new { currentPassword = Password }, 404, "no_such_key_request");
    }

    [Fact]
    public async Task A_code_bears_five_wrong_passwords_and_lives_ten_minutes()
    {
        using var ann = await PersonAsync("dan", "member");
        var begun = await BeginAsync(("client_id", "cu"));
        var code = begun.GetProperty("user_code").GetString()!;
        await SqlAsync("update key_requests set tries = 4 where program = 'cu' and ended is null");
        await ConfirmAsync(ann, code, new { currentPassword = "not this one" }, 400, "invalid_field");
        await ConfirmAsync(ann, code, new { currentPassword = Password }, 404, "no_such_key_request");
        await TakeAsync(begun, "access_denied");

        var late = await BeginAsync(("client_id", "cu"));
        await SqlAsync("update key_requests set expires_at = created_at where ended is null");
        await ConfirmAsync(ann, late.GetProperty("user_code").GetString()!, new { currentPassword = Password }, 404, "no_such_key_request");
        await TakeAsync(late, "expired_token");
    }

    [Fact]
    public async Task A_program_that_asks_too_often_has_to_wait()
    {
        var begun = await BeginAsync(("client_id", "cu"));
        await TakeAsync(begun, "authorization_pending");
        await TakeAsync(begun, "slow_down");
        await TokenAsync("invalid_grant", ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", "another"));
        await TokenAsync("unsupported_grant_type", ("grant_type", "password"));
        for (var asked = 0; asked < 10; asked++)
            (await PostAsync("/oauth/device", ("client_id", "cu"))).Dispose();
        using var answer = await PostAsync("/oauth/device", ("client_id", "cu"));
        Assert.Equal("rate_limited", (await JsonAsync(answer, 429)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_person_who_lost_the_access_gives_no_key_any_more()
    {
        using var ann = await PersonAsync("eve", "member");
        var begun = await BeginAsync(("client_id", "cu"));
        await ConfirmAsync(ann, begun.GetProperty("user_code").GetString()!, new { currentPassword = Password }, 200);
        await SqlAsync("update users set enabled = false where name = 'eve'");
        await TakeAsync(begun, "access_denied");
    }

    [Fact]
    public async Task The_operator_gives_a_key_of_the_tenant_and_a_key_confirms_nothing()
    {
        var begun = await BeginAsync(("client_id", "cu"));
        var code = begun.GetProperty("user_code").GetString()!;
        using (var answer = await _service.Client.GetAsync($"/api/key-requests/{code}"))
            Assert.Equal("not_permitted", (await JsonAsync(answer, 403)).GetProperty("code").GetString());
        using var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        await ConfirmAsync(browser, code, new { }, 200);
        var taken = await TakeAsync(begun, null);
        Assert.Equal("upload read delete list", taken.GetProperty("scope").GetString());
        Assert.False(taken.TryGetProperty("expires_in", out _));
    }

    [Fact]
    public async Task Operators_switch_it_off()
    {
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Access:KeyRequests"] = "false" });
        using var program = service.CreateClient(withKey: false);
        foreach (var path in (string[])["/oauth/device", "/oauth/token"])
        {
            using var answer = await program.PostAsync(path, new FormUrlEncodedContent([new("client_id", "cu")]));
            var said = (await JsonAsync(answer, 403)).GetProperty("detail").GetString();
            Assert.Contains("Access:KeyRequests", said, StringComparison.Ordinal);
        }
    }

    private async Task<BrowserClient> PersonAsync(string name, string role)
    {
        using var made = await _service.Client.PostAsync(
            "/api/users", System.Net.Http.Json.JsonContent.Create(new { name, role, password = Password }));
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        var browser = new BrowserClient(_service);
        using (var answer = await browser.PostAsync("/signin", new { name, password = Password }))
            Assert.Equal(200, (int)answer.StatusCode);
        await browser.SubjectAsync();
        return browser;
    }

    private static Action<HttpRequestMessage> FromPage(BrowserClient browser) => request =>
    {
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        request.Headers.Add("X-CSRF-Token", browser.CsrfToken);
    };

    private Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] fields) => _program.PostAsync(
        path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))));

    [Fact]
    public async Task A_few_addresses_do_not_keep_others_from_asking()
    {
        var requests = _service.Services.GetRequiredService<KeyRequests>();
        for (var i = 0; i < 20; i++)
            Assert.NotNull(await BeginFromAsync("one network"));
        Assert.Null(await BeginFromAsync("one network"));
        Assert.NotNull(await BeginFromAsync("another network"));

        Task<(KeyRequest Request, string? Device)?> BeginFromAsync(string network) =>
            requests.BeginAsync("cu", null, null, network, Scopes.Upload, null, default);
    }

    [Theory]
    [InlineData("cu\uFEFF", "cu")]
    [InlineData("c\u00ADu\u061C", "cu")]
    [InlineData("c\U000E0041u\u202E", "cu")]
    [InlineData("c\uD800u\uFE0F\u3164", "cu")]
    [InlineData("größe 日本 🎉", "größe 日本 🎉")]
    public void A_name_has_no_characters_that_hide(string sent, string shown) => Assert.Equal(shown, ShownText.Of(sent));

    private async Task<JsonElement> BeginAsync(params (string Name, string Value)[] fields)
    {
        using var answer = await PostAsync("/oauth/device", fields);
        return await JsonAsync(answer, 200);
    }

    private Task<JsonElement> TakeAsync(JsonElement begun, string? error) => TokenAsync(
        error, ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", begun.GetProperty("device_code").GetString()!));

    private async Task<JsonElement> TokenAsync(string? error, params (string Name, string Value)[] fields)
    {
        using var answer = await PostAsync("/oauth/token", fields);
        var json = await JsonAsync(answer, error is null ? 200 : 400);
        Assert.Equal(error, json.TryGetProperty("error", out var said) ? said.GetString() : null);
        return json;
    }

    private static async Task<JsonElement> ConfirmAsync(BrowserClient browser, string code, object body, int status, string? error = null)
    {
        using var answer = await browser.PostAsync($"/api/key-requests/{code}/confirm", body);
        var json = await JsonAsync(answer, status);
        Assert.Equal(error, json.TryGetProperty("code", out var said) ? said.GetString() : null);
        return json;
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    private async Task<int> StatusOfKeyAsync(JsonElement taken)
    {
        using var http = _service.CreateClient(withKey: false);
        http.DefaultRequestHeaders.Authorization = new("Bearer", taken.GetProperty("access_token").GetString());
        using var answer = await http.GetAsync("/api/keys");
        return (int)answer.StatusCode;
    }

    private async Task SqlAsync(string text)
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync(text);
    }
}
