using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Web;
using ChunkUpload.Emulators.Content;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Faults, clock, journal, sign-in and tokens, which all emulators share.</summary>
public sealed partial class DriveControlTests : IAsyncLifetime
{
    private const string Redirect = "http://127.0.0.1:1/callback";
    private const string Scope = "https://www.googleapis.com/auth/drive";

    private DriveRig _rig = null!;

    public async Task InitializeAsync() => _rig = await DriveRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task A_status_hits_the_requests_that_it_is_for()
    {
        var headers = new Dictionary<string, string> { ["Retry-After"] = "7" };
        await _rig.SendAsync("POST", "/_control/fault", new
        {
            match = new { method = "GET", pathRegex = "/about", nth = 2, times = 2 },
            action = new { kind = "status", code = 403, reason = "rateLimitExceeded", headers },
        });
        const string about = "/drive/v3/about?fields=user";
        await _rig.GetAsync(about);
        Assert.Equal("rateLimitExceeded", DriveRig.Reason(await _rig.GetAsync(about, HttpStatusCode.Forbidden)));
        await _rig.GetAsync(about, HttpStatusCode.Forbidden);
        await _rig.GetAsync(about);
        Assert.Equal([200, 403, 403, 200], _rig.Emulator.Journal.Entries.Select(entry => entry.Status));
        Assert.Equal("7", _rig.Emulator.Journal.Entries[1].Response["Retry-After"]);
        Assert.Equal(("about.get", DriveRig.Ann), (_rig.Emulator.Journal.Entries[0].Operation, _rig.Emulator.Journal.Entries[0].Account));
        await _rig.SendAsync("POST", "/_control/fault", new { action = new { kind = "burn" } }, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_request_is_held_before_it_is_acted_on_and_its_reply_afterwards()
    {
        var before = _rig.Emulator.Faults.Add(new FaultMatch { Method = "POST" }, FaultAction.Hold());
        var create = _rig.SendAsync("POST", DriveRig.Files, new { name = "held" });
        await before.Reached;
        Assert.Empty(await _rig.NamesAsync("trashed=false"));
        before.Release();
        await create;

        var reply = _rig.Emulator.Faults.Add(new FaultMatch { Method = "POST" }, FaultAction.HoldReply());
        create = _rig.SendAsync("POST", DriveRig.Files, new { name = "acted" });
        await reply.Reached;
        while (!(await _rig.NamesAsync("trashed=false")).Contains("acted"))
            await Task.Yield();
        Assert.False(create.IsCompleted);
        reply.Release();
        await create;
    }

    [Theory]
    [InlineData("""{"kind":"ignoreRange"}""", 200, 1000)]
    [InlineData("""{"kind":"truncateRange","bytes":10}""", 206, 10)]
    [InlineData("""{"kind":"corruptByte","offset":5}""", 206, 100)]
    [InlineData("""{"kind":"throttle","bytesPerSec":100000}""", 206, 100)]
    public async Task Answers_are_bent(string action, int status, int length)
    {
        var ids = await _rig.SeedAsync(new { items = new[] { new { name = "a", size = 1000, generator = "digest" } } });
        await _rig.SendAsync("POST", "/_control/fault", new
        {
            match = new { pathRegex = "alt=media" },
            action = JsonDocument.Parse(action).RootElement,
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{DriveRig.Files}/{ids["a"]}?alt=media");
        request.Headers.Range = new RangeHeaderValue(0, 99);
        using var answer = await _rig.Client.SendAsync(request);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal((status, length), ((int)answer.StatusCode, bytes.Length));
        var expected = DriveRig.Data(length);
        if (action.Contains("corrupt", StringComparison.Ordinal))
            expected[5] ^= 0xFF;
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public async Task A_download_breaks_off_in_the_middle()
    {
        var ids = await _rig.SeedAsync(new { items = new[] { new { name = "a", size = 5_000_000 } } });
        _rig.Emulator.Faults.Add(new FaultMatch { PathRegex = "alt=media" }, FaultAction.ResetAfter(1_000_000));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _rig.Client.GetByteArrayAsync($"{DriveRig.Files}/{ids["a"]}?alt=media"));
        Assert.Equal(5_000_000, (await _rig.Client.GetByteArrayAsync($"{DriveRig.Files}/{ids["a"]}?alt=media")).Length);
        Assert.Equal([1_000_000, 5_000_000], _rig.Emulator.Journal.Entries.Select(entry => entry.Sent));
        Assert.Equal([true, false], _rig.Emulator.Journal.Entries.Select(entry => entry.Aborted));
    }

    [Fact]
    public async Task Units_of_a_minute_end_and_come_back()
    {
        _rig.Emulator.Switches.Set("unitsPerMinute", 250L);
        await _rig.GetAsync(DriveRig.Files);
        await _rig.GetAsync(DriveRig.Files);
        Assert.Equal("userRateLimitExceeded", DriveRig.Reason(await _rig.GetAsync(DriveRig.Files, HttpStatusCode.Forbidden)));
        _rig.As("ben");
        await _rig.GetAsync(DriveRig.Files);
        _rig.As("ann");
        _rig.Emulator.Switches.Set("throttleStatus", 429L);
        Assert.Equal("rateLimitExceeded", DriveRig.Reason(await _rig.GetAsync(DriveRig.Files, HttpStatusCode.TooManyRequests)));
        _rig.Emulator.Clock.Advance(TimeSpan.FromMinutes(1));
        await _rig.GetAsync(DriveRig.Files);
    }

    [Fact]
    public async Task A_person_agrees_and_the_code_gives_tokens_once()
    {
        var (page, code, verifier) = await SignInAsync();
        Assert.Contains("wants to use your files", page, StringComparison.Ordinal);
        Assert.Equal("invalid_grant", Error(await ExchangeAsync(code, "another", 400)));
        (_, code, verifier) = await SignInAsync();
        var tokens = await ExchangeAsync(code, verifier);
        Assert.Equal((3599, Scope), (tokens.GetProperty("expires_in").GetInt32(), tokens.GetProperty("scope").GetString()));
        Use(tokens);
        var about = await _rig.GetAsync("/drive/v3/about?fields=user");
        Assert.Equal(DriveRig.Ben, about.GetProperty("user").GetProperty("emailAddress").GetString());

        _rig.Emulator.Clock.Advance(TimeSpan.FromHours(1));
        var expired = await _rig.GetAsync("/drive/v3/about?fields=user", HttpStatusCode.Unauthorized);
        Assert.Equal("authError", DriveRig.Reason(expired));
        var refresh = tokens.GetProperty("refresh_token").GetString()!;
        var renewed = await RefreshAsync(refresh);
        Assert.False(renewed.TryGetProperty("refresh_token", out _));
        Use(renewed);
        await _rig.GetAsync("/drive/v3/about?fields=user");

        // The second use of the code ends what the first one gave.
        await ExchangeAsync(code, verifier, 400);
        await _rig.GetAsync("/drive/v3/about?fields=user", HttpStatusCode.Unauthorized);
        Assert.Equal("invalid_grant", Error(await RefreshAsync(refresh, 400)));
    }

    [Fact]
    public async Task Refresh_tokens_rotate_die_and_are_revoked()
    {
        var refresh = (await SignedInAsync()).GetProperty("refresh_token").GetString()!;
        _rig.Emulator.Switches.Set("rotateRefreshTokens", true);
        var second = (await RefreshAsync(refresh)).GetProperty("refresh_token").GetString()!;
        Assert.NotEqual(refresh, second);
        await RefreshAsync(refresh);
        _rig.Emulator.Switches.Set("oldRefreshTokensDie", true);
        var tokens = await RefreshAsync(refresh);
        Assert.Equal("invalid_grant", Error(await RefreshAsync(refresh, 400)));
        Use(tokens);
        await _rig.SendAsync("POST", "/_control/fault", new { action = new { kind = "revokeToken" } }, HttpStatusCode.NoContent);
        await _rig.GetAsync("/drive/v3/about?fields=user", HttpStatusCode.Unauthorized);
        Use(await RefreshAsync(second));
        _rig.Emulator.Switches.Set("invalidGrant", true);
        await RefreshAsync(second, 400);
        _rig.Emulator.Switches.Set("invalidGrant", false);
        using var revoked = await _rig.Client.PostAsync("/revoke", Form(("token", tokens.GetProperty("refresh_token").GetString()!)));
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        await _rig.GetAsync("/drive/v3/about?fields=user", HttpStatusCode.Unauthorized);
        await RefreshAsync(second, 400);
    }

    [Fact]
    public async Task A_person_may_refuse_or_leave_scopes_out()
    {
        var refused = await DecideAsync("deny", Scope);
        Assert.Equal(("access_denied", "the state"), (refused["error"], refused["state"]));
        const string asked = Scope + " " + Scope + ".readonly";
        var (page, code, verifier) = await SignInAsync(asked, agreed: Scope + ".readonly");
        Assert.Equal(2, ScopeBoxes().Count(page));
        Use(await ExchangeAsync(code, verifier));
        await _rig.GetAsync(DriveRig.Files);
        var write = await _rig.SendAsync("POST", DriveRig.Files, new { name = "a" }, HttpStatusCode.Forbidden);
        Assert.Equal("insufficientPermissions", DriveRig.Reason(write));
    }

    [Fact]
    public async Task A_reset_forgets_everything()
    {
        await _rig.SeedAsync(new { items = new[] { new { name = "a", text = "" } } });
        _rig.Emulator.Switches.Set("incompleteSearch", true);
        _rig.Emulator.Clock.Advance(TimeSpan.FromDays(9));
        await _rig.SendAsync("POST", "/_control/reset", new { }, HttpStatusCode.NoContent);
        Assert.Empty(await _rig.NamesAsync("trashed=false"));
        Assert.False(_rig.Emulator.Switches.IsOn("incompleteSearch"));
        Assert.Single(_rig.Emulator.Journal.Entries);
    }

    [Theory]
    [InlineData(161, "cb109e6f938190a05a51e5f669092044df65b20d68a272e10a95159900a79dc8")]
    [InlineData(1_000_000, "1248ea53851f6898fb1832987c650d9563270577c7f4e47ce67e32f27ee99887")]
    public void Generated_content_is_that_of_the_vectors_at_any_offset(int length, string digest)
    {
        var bytes = DriveRig.Data(length);
        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        foreach (ByteGenerator generator in (ByteGenerator[])[new DigestGenerator(), new MixGenerator(7)])
        {
            var whole = generator.Bytes(0, length);
            Assert.Equal(whole[13..150], generator.Bytes(13, 137));
            Assert.Equal(whole[16..24], generator.Bytes(16, 8));
        }
    }

    private async Task<JsonElement> SignedInAsync()
    {
        var (_, code, verifier) = await SignInAsync();
        return await ExchangeAsync(code, verifier);
    }

    private async Task<(string Page, string Code, string Verifier)> SignInAsync(string scope = Scope, string agreed = Scope)
    {
        var verifier = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var challenge = System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var page = await _rig.Client.GetStringAsync(Authorize(scope) + $"&code_challenge={challenge}&code_challenge_method=S256");
        var back = await PostPageAsync(page, "allow", agreed);
        Assert.Equal("the state", back["state"]);
        return (page, back["code"]!, verifier);
    }

    private async Task<System.Collections.Specialized.NameValueCollection> DecideAsync(string decision, string scope) =>
        await PostPageAsync(await _rig.Client.GetStringAsync(Authorize(scope)), decision, scope);

    private async Task<System.Collections.Specialized.NameValueCollection> PostPageAsync(string page, string decision, string scope)
    {
        using var answer = await _rig.Client.PostAsync("/o/oauth2/v2/auth", Form(
            ("request", RequestField().Match(page).Groups[1].Value), ("account", DriveRig.Ben), ("scope", scope), ("decision", decision)));
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.StartsWith(Redirect, answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        return HttpUtility.ParseQueryString(answer.Headers.Location.Query);
    }

    private static string Authorize(string scope) =>
        $"/o/oauth2/v2/auth?client_id=tests&redirect_uri={Uri.EscapeDataString(Redirect)}&response_type=code"
        + $"&scope={Uri.EscapeDataString(scope)}&state=the%20state&access_type=offline&prompt=consent";

    private Task<JsonElement> ExchangeAsync(string code, string verifier, int status = 200) => TokenAsync(
        status, ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Redirect), ("code_verifier", verifier));

    private Task<JsonElement> RefreshAsync(string token, int status = 200) =>
        TokenAsync(status, ("grant_type", "refresh_token"), ("refresh_token", token));

    private async Task<JsonElement> TokenAsync(int status, params (string Name, string Value)[] values)
    {
        using var answer = await _rig.Client.PostAsync("/token", Form([.. values, ("client_id", "tests"), ("client_secret", "secret")]));
        Assert.Equal(status, (int)answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    private static string Error(JsonElement body) => body.GetProperty("error").GetString()!;

    private void Use(JsonElement tokens) => _rig.Client.DefaultRequestHeaders.Authorization =
        new AuthenticationHeaderValue("Bearer", tokens.GetProperty("access_token").GetString());

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] values) =>
        new(values.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));

    [GeneratedRegex("name=\"request\" value=\"([^\"]+)\"")]
    private static partial Regex RequestField();

    [GeneratedRegex("type=\"checkbox\" name=\"scope\"")]
    private static partial Regex ScopeBoxes();
}
