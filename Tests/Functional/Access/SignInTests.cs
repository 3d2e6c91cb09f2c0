using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The operator key or a one-time link becomes the cookie of a session that is stored in the ledger.</summary>
[Collection(ApiCollection.Name)]
public sealed class SignInTests(ApiFixture fixture)
{
    [Fact]
    public async Task The_key_becomes_a_cookie_that_no_script_and_no_other_site_can_use()
    {
        using var browser = new BrowserClient(fixture.Service);
        using var answer = await browser.PostAsync("/signin", new { key = fixture.Service.Key });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single().ToLowerInvariant();
        Assert.Contains("; httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("; samesite=lax", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("; secure", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain(fixture.Service.Key, cookie, StringComparison.Ordinal);
        Assert.Equal("cu_session_" + fixture.Service.Services.GetRequiredService<InstanceName>().Value, browser.SessionCookie);
        Assert.Equal(200, await browser.StatusAsync("/api/files"));
    }

    [Fact]
    public async Task The_cookie_is_secure_where_clients_speak_tls()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Proxy:PublicUrl"] = "https://files.example.org/upload" });
        using var browser = new BrowserClient(service);
        using var answer = await browser.SendAsync(
            HttpMethod.Post, "/signin", new { key = service.Key }, request => request.Headers.Add("Origin", "https://files.example.org"));
        Assert.Contains("; secure", answer.Headers.GetValues("Set-Cookie").Single().ToLowerInvariant(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/hangfire", "/hangfire")]
    [InlineData("/hangfire/jobs?from=2", "/hangfire/jobs?from=2")]
    [InlineData(null, "/")]
    [InlineData("", "/")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("//evil.example/", "/")]
    [InlineData("/\\evil.example/", "/")]
    [InlineData("/\tx", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("hangfire", "/")]
    public async Task The_browser_continues_to_an_address_of_this_service_only(string? wanted, string expected)
    {
        using var browser = new BrowserClient(fixture.Service);
        using var answer =
            await browser.PostAsync("/signin", new Dictionary<string, string?> { ["key"] = fixture.Service.Key, ["return"] = wanted });
        Assert.Equal(expected, (await ApiClient.JsonAsync(answer, HttpStatusCode.OK)).GetProperty("return").GetString());
    }

    [Fact]
    public async Task Signing_out_ends_the_session_also_for_a_copy_of_the_cookie()
    {
        using var browser = new BrowserClient(fixture.Service);
        await browser.SignInAsync();
        var (name, copy) = (browser.SessionCookie, browser.Cookies[browser.SessionCookie]);
        using (var answer = await browser.PostAsync("/signout"))
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.DoesNotContain(name, browser.Cookies.Keys);
        browser.Cookies[name] = copy;
        using var refused = await browser.SendAsync(HttpMethod.Get, "/api/files");
        await ApiClient.ProblemAsync(refused, HttpStatusCode.Unauthorized, "session_ended");
    }

    [Fact]
    public async Task A_sign_in_begins_a_session_of_its_own_and_ends_the_one_before()
    {
        using var browser = new BrowserClient(fixture.Service);
        await browser.SignInAsync();
        // An attacker has a copy of the cookie, or has planted it in this browser.
        using var other = new BrowserClient(fixture.Service);
        other.Cookies[browser.SessionCookie] = browser.Cookies[browser.SessionCookie];
        Assert.Equal(200, await other.StatusAsync("/api/files"));
        await browser.SignInAsync();
        Assert.NotEqual(other.Cookies[browser.SessionCookie], browser.Cookies[browser.SessionCookie]);
        Assert.Equal(200, await browser.StatusAsync("/api/files"));
        Assert.Equal(401, await other.StatusAsync("/api/files"));
    }

    [Fact]
    public async Task A_cookie_that_was_changed_is_no_session()
    {
        using var browser = new BrowserClient(fixture.Service);
        await browser.SignInAsync();
        var cookie = browser.Cookies[browser.SessionCookie];
        foreach (var changed in new[] { cookie[..^4] + "AAAA", cookie[..20], "x", new string('A', 5000) })
        {
            browser.Cookies[browser.SessionCookie] = changed;
            Assert.Equal(401, await browser.StatusAsync("/api/files"));
        }
    }

    [Fact]
    public async Task No_GET_changes_a_session()
    {
        using var browser = new BrowserClient(fixture.Service);
        await browser.SignInAsync();
        Assert.Equal(405, await browser.StatusAsync("/signout"));
        using (await browser.SendAsync(HttpMethod.Get, "/signin"))
            Assert.Equal("operator", await browser.SubjectAsync());
    }

    [Fact]
    public async Task A_link_signs_one_browser_in()
    {
        var sessions = fixture.Service.Services.GetRequiredService<BrowserSessions>();
        var token = await sessions.NewLinkAsync(CancellationToken.None);
        using var first = new BrowserClient(fixture.Service);
        using (var answer = await first.PostAsync("/signin", new { link = token }))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(200, await first.StatusAsync("/api/files"));
        using var second = new BrowserClient(fixture.Service);
        using (var answer = await second.PostAsync("/signin", new { link = token }))
            await ApiClient.ProblemAsync(answer, HttpStatusCode.Unauthorized, "link_ended");
        using (var answer = await second.PostAsync("/signin", new { link = token, key = fixture.Service.Key }))
            await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "invalid_field");
    }

    [Fact]
    public async Task Links_and_sessions_expire()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        var clock = new ShiftedTime();
        await using var service = await TestService.StartAsync(postgres, replace: services => services.AddSingleton<TimeProvider>(clock));
        var token = await service.Services.GetRequiredService<BrowserSessions>().NewLinkAsync(CancellationToken.None);
        using var browser = new BrowserClient(service);
        await browser.SignInAsync();
        clock.Shift += BrowserSessions.LinkLifetime;
        using (var late = await new BrowserClient(service).PostAsync("/signin", new { link = token }))
            await ApiClient.ProblemAsync(late, HttpStatusCode.Unauthorized, "link_ended");
        clock.Shift += BrowserSessions.IdleTime - TimeSpan.FromHours(1);
        Assert.Equal(200, await browser.StatusAsync("/api/files"));
        clock.Shift += BrowserSessions.IdleTime - TimeSpan.FromHours(1);
        Assert.Equal(200, await browser.StatusAsync("/api/files"));
        clock.Shift += BrowserSessions.IdleTime;
        Assert.Equal(401, await browser.StatusAsync("/api/files"));
    }

    [Fact]
    public async Task Failed_sign_ins_make_their_address_wait()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres);
        using var browser = new BrowserClient(service);
        for (var i = 0; i < 3; i++)
        {
            using var wrong = await browser.PostAsync("/signin", new { key = "cu_op_wrong" });
            await ApiClient.ProblemAsync(wrong, HttpStatusCode.Unauthorized, "invalid_key");
        }

        using var refused = await browser.PostAsync("/signin", new { key = service.Key });
        var problem = await ApiClient.ProblemAsync(refused, HttpStatusCode.TooManyRequests, "too_many_attempts");
        Assert.InRange(problem.GetProperty("retryAfterMs").GetInt64(), 1, 1000);
        Assert.NotNull(refused.Headers.RetryAfter);
        // A key in a header does not depend on the cookie.
        using var answer = await service.Client.GetAsync(ApiClient.At("/api/files"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_session_outlives_a_restart_and_needs_the_secret_beside_the_key()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres);
        using var before = new BrowserClient(service);
        await before.SignInAsync();
        await using var again = await service.RestartAsync();
        using var after = new BrowserClient(again);
        foreach (var (name, value) in before.Cookies)
            after.Cookies[name] = value;
        Assert.Equal("operator", await after.SubjectAsync());
        await again.StopAsync();

        var secret = Path.Combine(again.DataDirectory, "cookie.key");
        var text = await File.ReadAllTextAsync(secret);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(secret));
        File.Delete(secret);
        Assert.Contains("is missing", (await Assert.ThrowsAnyAsync<StartRefusedException>(() => again.RestartAsync())).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(secret));
        await File.WriteAllTextAsync(secret, Convert.ToBase64String(new byte[32]));
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("another service's", (await Assert.ThrowsAnyAsync<StartRefusedException>(() => again.RestartAsync())).Message,
            StringComparison.Ordinal);
        await File.WriteAllTextAsync(secret, text);
        await using var restored = await again.RestartAsync();
    }

    [Fact]
    public async Task A_reset_signs_every_browser_out()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres);
        using var browser = new BrowserClient(service);
        await browser.SignInAsync();
        // The keys that protect second factors stay.
        var ledger = service.Services.GetRequiredService<IBrowserSessionLedger>();
        Assert.Equal(SessionsReset.KeysKept, await ledger.ResetAsync(CancellationToken.None));
        Assert.NotEqual(0, await ProtectionKeysAsync(service));
        // Another process may have done that: the service learns of it within a second.
        await Eventually.HoldsAsync(async () => await browser.StatusAsync("/api/files") == 401);
        Assert.Equal(401, await browser.StatusAsync("/api/files"));

        // A running service continues to protect secrets with the keys that it has unwrapped.
        File.Delete(Path.Combine(service.DataDirectory, "cookie.key"));
        Assert.Equal(SessionsReset.KeysInUse, await ledger.ResetAsync(CancellationToken.None));
        Assert.NotEqual(0, await ProtectionKeysAsync(service));
    }

    [Fact]
    public async Task A_session_of_the_operator_key_ends_when_the_key_is_replaced()
    {
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        await using var service = await TestService.StartAsync(postgres);
        using (var made = await service.Client.PostAsJsonAsync(
            "/api/users", new { name = "ann", role = "member", password = "correct horse battery" }))
            Assert.Equal(201, (int)made.StatusCode);
        using var holder = new BrowserClient(service);
        await holder.SignInAsync();
        using var ann = new BrowserClient(service);
        using (var signedIn = await ann.PostAsync("/signin", new { name = "ann", password = "correct horse battery" }))
            Assert.Equal(200, (int)signedIn.StatusCode);
        await service.StopAsync();
        File.Delete(service.KeyFile);
        await using var again = await service.RestartAsync();
        foreach (var (browser, status) in new[] { (holder, 401), (ann, 200) })
        {
            using var later = new BrowserClient(again);
            foreach (var (name, value) in browser.Cookies)
                later.Cookies[name] = value;
            Assert.Equal(status, await later.StatusAsync("/api/files"));
        }
    }

    private static async Task<long> ProtectionKeysAsync(TestService service)
    {
        await using var connection = new NpgsqlConnection(service.ConnectionString);
        return await connection.ExecuteScalarAsync<long>("select count(*) from data_protection_keys");
    }

    [Theory]
    [InlineData("GET", "text/html,*/*", false, "/signin?return=%2Fhangfire%2Fjobs%3Ffrom%3D2")]
    [InlineData("GET", "*/*", false, null)]
    [InlineData("POST", "text/html", false, null)]
    [InlineData("GET", "text/html", true, null)]
    public void A_visit_of_an_operators_page_goes_to_the_sign_in_page_first(string method, string accept, bool key, string? address)
    {
        var context = new DefaultHttpContext();
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new OperatorPage()), null));
        context.Request.Method = method;
        context.Request.Path = "/hangfire/jobs";
        context.Request.QueryString = new QueryString("?from=2");
        context.Request.Headers.Accept = accept;
        if (key)
            context.Request.Headers.Authorization = "Bearer wrong";
        Assert.Equal(address is not null, OperatorPage.GoesToSignIn(context));
        Assert.Equal(address ?? "", context.Response.Headers.Location.ToString());
    }

    [Fact]
    public async Task The_page_needs_no_key_and_loads_nothing_from_elsewhere()
    {
        using var browser = new BrowserClient(fixture.Service);
        using var answer = await browser.SendAsync(HttpMethod.Get, "/signin");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.StartsWith("default-src 'none';", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotMatch(@"\s(on[a-z]+|style)=""", page);
        Assert.DoesNotMatch(@"<script(?![^>]*\bsrc=)", page);
        foreach (var file in new[] { "signin.css", "signin.js", "favicon.svg" })
        {
            Assert.Contains($"\"{file}\"", page, StringComparison.Ordinal);
            Assert.Equal(200, await browser.StatusAsync("/" + file));
        }
    }

    [Fact]
    public async Task The_page_with_a_slash_behind_it_is_the_page_without()
    {
        using var browser = new BrowserClient(fixture.Service);
        using var answer = await browser.SendAsync(HttpMethod.Get, "/signin/?return=%2Fhangfire");
        Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
        Assert.Equal("/signin?return=%2Fhangfire", answer.Headers.Location!.OriginalString);
    }
}
