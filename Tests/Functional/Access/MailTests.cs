using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Events;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The service's mails: links for a new password, invitations, and alerts to operators.</summary>
public sealed partial class MailTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private MailServer _mails = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _mails = MailServer.Start();
        _service = await TestService.StartAsync(postgres, _mails.Settings(("Mail:Operators", "ops@example.org,night@example.org")));
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _mails.DisposeAsync();
    }

    [Fact]
    public async Task A_person_asks_for_a_new_password_and_chooses_it_by_the_mailed_link()
    {
        var invited = await InviteAsync("ann", "ann@example.org", sendMail: true);
        var mail = await MailAsync("ann@example.org");
        var invitation = TokenOf(mail);
        Assert.Equal(invited.Split("#link=")[1], invitation);
        using var browser = new BrowserClient(_service);
        await EnterAsync(browser, new { link = invitation, password = Password });

        using (var state = await browser.SendAsync(HttpMethod.Get, "/signin/state"))
            Assert.True((await state.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("mail").GetBoolean());
        using var other = new BrowserClient(_service);
        Assert.Equal(202, await AskAsync(other, "ANN"));
        var token = TokenOf(await MailAsync("ann@example.org", before: 1));
        await EnterAsync(other, new { link = token, password = "another long password" });
        // The link is used up, and the earlier sessions have ended.
        using var late = new BrowserClient(_service);
        using (var again = await late.PostAsync("/signin", new { link = token, password = Password }))
            Assert.Equal(401, (int)again.StatusCode);
        await Eventually.HoldsAsync(async () => await browser.SubjectAsync() is null);
        Assert.Contains("user.reset_mailed", await ActsAsync());
        Assert.DoesNotContain(_service.Log.All, line => line.Contains(token, StringComparison.Ordinal)
            || line.Contains(MailServer.Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_name_gets_the_same_answer_and_mails_are_limited()
    {
        await InviteAsync("ann", "ann@example.org");
        await InviteAsync("ben", null);
        using var browser = new BrowserClient(_service);
        foreach (var name in new[] { "nobody", "ben", "ann", "ann", "ann" })
            Assert.Equal(202, await AskAsync(browser, name));
        var marker = await InviteAsync("last", "last@example.org", sendMail: true);
        Assert.NotEmpty(marker);
        // Mails are sent in order: this is the last one.
        await MailAsync("last@example.org");
        Assert.Equal(["ann@example.org", "last@example.org"], _mails.Received.Select(mail => mail.To));
        // The address may ask ten times a minute.
        var codes = new List<int>();
        for (var i = 0; i < 20; i++)
            codes.Add(await AskAsync(browser, $"nobody{i}"));
        Assert.Contains(429, codes);
    }

    [Fact]
    public async Task The_previous_address_is_informed_of_the_new_one()
    {
        var invited = await InviteAsync("ann", "ann@example.org");
        using var browser = new BrowserClient(_service);
        await EnterAsync(browser, new { link = invited.Split("#link=")[1], password = Password });
        await browser.SubjectAsync();
        foreach (var (body, status) in new (object Body, int Status)[]
        {
            (new { email = "thief@example.org" }, 400),
            (new { email = "thief@example.org", currentPassword = "not this one" }, 400),
            (new { email = "ann@example.net", currentPassword = Password }, 200),
        })
        {
            using var answer = await browser.SendAsync(HttpMethod.Patch, "/api/me", body, request =>
            {
                request.Headers.Add("Sec-Fetch-Site", "same-origin");
                request.Headers.Add("X-CSRF-Token", browser.CsrfToken);
            });
            Assert.Equal(status, (int)answer.StatusCode);
        }

        Assert.Contains("is now ann@example.net", Plain(await MailAsync("ann@example.org")), StringComparison.Ordinal);
        Assert.Single(_mails.Received);
    }

    [Fact]
    public async Task The_link_leads_to_the_configured_address_and_ignores_the_requests_host()
    {
        await InviteAsync("ann", "ann@example.org");
        using var browser = new BrowserClient(_service);
        using (var answer = await browser.SendAsync(HttpMethod.Post, "/signin/forgotten", new { name = "ann" }, request =>
        {
            request.Headers.Host = "evil.example";
            request.Headers.Add("X-Forwarded-Host", "evil.example");
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
        }))
            Assert.Equal(202, (int)answer.StatusCode);
        var mail = await MailAsync("ann@example.org");
        Assert.Contains("https://files.example.org/signin#link=", Plain(mail), StringComparison.Ordinal);
        Assert.DoesNotContain("evil", mail.Text, StringComparison.Ordinal);
        using var foreign = await browser.SendAsync(HttpMethod.Post, "/signin/forgotten", new { name = "ann" });
        Assert.Equal(403, (int)foreign.StatusCode);
    }

    [Fact]
    public async Task A_mail_that_the_server_does_not_take_yet_is_sent_again()
    {
        _mails.RefuseNext(1);
        await InviteAsync("ann", "ann@example.org", sendMail: true);
        await MailAsync("ann@example.org");
        Assert.Contains(_service.Log.All, line => line.Contains("tried again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mail_that_waits_is_protected_and_survives_a_restart()
    {
        _mails.RefuseNext(int.MaxValue);
        var link = await InviteAsync("ann", "ann@example.org", sendMail: true);
        await Eventually.HoldsAsync(() => Task.FromResult(
            _service.Log.All.Any(line => line.Contains("tried again", StringComparison.Ordinal))));
        var content = await AskLedgerAsync<string>("select content from chunkupload.mails");
        Assert.DoesNotContain("ann@example.org", content, StringComparison.Ordinal);
        Assert.DoesNotContain(link.Split("#link=")[1], content, StringComparison.Ordinal);

        _service = await _service.RestartAsync(_mails.Settings());
        _mails.RefuseNext(0);
        _ = await AskLedgerAsync<int>("update chunkupload.work set due_at = now() where state = 'waiting'");

        Assert.Equal(link.Split("#link=")[1], TokenOf(await MailAsync("ann@example.org")));
        await NoneWaitsAsync();
    }

    [Fact]
    public async Task A_mail_that_has_expired_is_given_up()
    {
        _mails.RefuseNext(int.MaxValue);
        await InviteAsync("ann", "ann@example.org", sendMail: true);
        _ = await AskLedgerAsync<int>("update chunkupload.mails set expires_at = now()");
        await Eventually.HoldsAsync(async () =>
        {
            _ = await AskLedgerAsync<int>("update chunkupload.work set due_at = now() where state = 'waiting'");
            return _service.Log.All.Any(line => line.Contains("A mail was given up", StringComparison.Ordinal));
        });
        await NoneWaitsAsync();
        Assert.Empty(_mails.Received);
    }

    [Fact]
    public async Task A_request_for_a_new_password_waits_in_the_same_way_whether_there_is_such_a_user_or_not()
    {
        await InviteAsync("ann", "ann@example.org");
        // The mails wait behind one that is not taken.
        _mails.RefuseNext(int.MaxValue);
        using var browser = new BrowserClient(_service);
        Assert.Equal(202, await AskAsync(browser, "ann"));
        Assert.Equal(202, await AskAsync(browser, "nobody"));
        await Eventually.HoldsAsync(async () => await AskLedgerAsync<long>("select count(*) from chunkupload.mails") == 1);
        _mails.RefuseNext(0);
        _ = await AskLedgerAsync<int>("update chunkupload.work set due_at = now() where state = 'waiting'");

        _ = TokenOf(await MailAsync("ann@example.org"));

        await NoneWaitsAsync();
        // A repeated attempt makes no other link.
        Assert.Single(await ActsAsync(), act => act == "user.reset_mailed");
    }

    [Fact]
    public async Task Operators_are_told_of_trouble_once_an_hour_for_each_kind()
    {
        var events = _service.Services.GetRequiredService<IEventLedger>();
        await events.AddAsync(EventKinds.StoreDegraded, StoreName.Alone, """{"reason":"A write has failed."}""", default);
        await events.AddAsync(EventKinds.StoreDegraded, StoreName.Alone, """{"reason":"A write has failed again."}""", default);
        await events.AddAsync(EventKinds.StoreHealthy, StoreName.Alone, "{}", default);
        await events.AddAsync(EventKinds.CertificateEnds, "tls.pem", """{"file":"tls.pem","endsAt":"2026-12-01"}""", default);
        await MailAsync("night@example.org", before: 1);
        Assert.Equal(
            ["ops@example.org", "night@example.org", "ops@example.org", "night@example.org"], _mails.Received.Select(mail => mail.To));
        Assert.Contains("A write has failed.", Plain(_mails.Received[0]), StringComparison.Ordinal);
        Assert.Contains("tls.pem ends", Plain(_mails.Received[2]), StringComparison.Ordinal);
        Assert.DoesNotContain("again.", Plain(_mails.Received[1]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attempts_that_come_all_at_once_are_limited_for_the_account()
    {
        await InviteAsync("ann", null);
        var codes = await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            using var browser = new BrowserClient(_service);
            using var answer = await browser.PostAsync("/signin", new { name = "ann", password = $"guess number {i}" });
            Assert.True((int)answer.StatusCode != 429 || answer.Headers.RetryAfter is not null);
            return (int)answer.StatusCode;
        }));
        Assert.All(codes, code => Assert.True(code is 401 or 429, $"{code}"));
        // Three at once, and one more after each wait, which doubles.
        Assert.InRange(codes.Count(code => code == 401), 3, 8);
    }

    [Fact]
    public async Task A_right_sign_in_does_not_clear_the_failures_of_its_address()
    {
        using var browser = new BrowserClient(_service);
        await EnterAsync(browser, new { link = TokenOf(await InviteAsync("eve")), password = Password });
        await InviteAsync("ann", null);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(401, await TryAsync(new BrowserClient(_service), new { name = "ann", password = $"guess number {i}" }));
            // A change by a browser that is signed in needs its token.
            _ = await browser.SubjectAsync();
            if (i < 2)
                await EnterAsync(browser, new { name = "eve", password = Password });
        }

        Assert.Equal(429, await TryAsync(browser, new { name = "eve", password = Password }));
    }

    [Fact]
    public async Task A_name_that_strangers_try_locks_out_neither_its_browsers_nor_its_links()
    {
        using var browser = new BrowserClient(_service);
        await EnterAsync(browser, new { link = TokenOf(await InviteAsync("ann")), password = Password });
        var attempts = _service.Services.GetRequiredService<SignInAttempts>();
        for (var i = 0; i < 12; i++)
            attempts.Failed(SignInAttempts.KeyOf("ann"));
        // Somebody else waits; the browser that has signed in before does not, whichever way the name is written.
        using var other = new BrowserClient(_service);
        Assert.Equal(429, await TryAsync(other, new { name = "ann", password = Password }));
        _ = await browser.SubjectAsync();
        await EnterAsync(browser, new { name = " ANN", password = Password });
        _ = await browser.SubjectAsync();
        Assert.Equal(1, browser.Cookies.Keys.Count(name => name.StartsWith("cu_known_", StringComparison.Ordinal)));
        // It is known for this user only, and waits for its own failures.
        for (var i = 0; i < 12; i++)
            attempts.Failed(SignInAttempts.KeyOf("bob"));
        Assert.Equal(429, await TryAsync(browser, new { name = "bob", password = Password }));

        // The user chooses a new password by a link, in a browser that is not known.
        using (var answer = await _service.Client.PostAsync(
            $"/api/users/{(await browser.SubjectAsync())!.Split(':')[1]}/reset", null))
        {
            var link = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("link").GetString()!;
            await EnterAsync(other, new { link = TokenOf(link), password = "another long password" });
        }
    }

    private static string TokenOf(string link) => link.Split("#link=")[1];

    private static async Task<int> TryAsync(BrowserClient browser, object body)
    {
        using var answer = await browser.PostAsync("/signin", body);
        return (int)answer.StatusCode;
    }

    private async Task<string> InviteAsync(string name) => await InviteAsync(name, null);

    [Fact]
    public async Task Without_a_mail_server_nothing_is_mailed()
    {
        await using var service = await TestService.StartAsync(postgres);
        using var browser = new BrowserClient(service);
        using (var answer = await browser.PostAsync("/signin/forgotten", new { name = "ann" }))
            Assert.Equal(404, (int)answer.StatusCode);
        using var invited = await service.Client.PostAsJsonAsync(
            "/api/users", new { name = "ann", email = "ann@example.org", role = "member", sendMail = true });
        Assert.Equal(400, (int)invited.StatusCode);
        var settings = new ConfigurationSources().AddCommandLine(_mails.Settings(("Proxy:PublicUrl", ""), ("Mail:From", "nobody")));
        var errors = ServiceConfiguration.Load(settings).Errors;
        Assert.Contains(errors, error => error.Contains("Mail:From", StringComparison.Ordinal));
    }

    private async Task<string> InviteAsync(string name, string? email, bool sendMail = false)
    {
        using var answer = await _service.Client.PostAsJsonAsync("/api/users", new { name, email, role = "member", sendMail });
        var view = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return view.GetProperty("invitation").GetProperty("link").GetString()!;
    }

    private static async Task EnterAsync(BrowserClient browser, object body)
    {
        using var answer = await browser.PostAsync("/signin", body);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private static async Task<int> AskAsync(BrowserClient browser, string name)
    {
        using var answer = await browser.PostAsync("/signin/forgotten", new { name });
        return (int)answer.StatusCode;
    }

    /// <summary>Waits for a mail to an address.</summary>
    /// <param name="before">How many came before it.</param>
    private async Task<ReceivedMail> MailAsync(string to, int before = 0)
    {
        await Eventually.HoldsAsync(() => Task.FromResult(_mails.Received.Count(mail => mail.To == to) > before));
        return _mails.Received.Where(mail => mail.To == to).ElementAt(before);
    }

    private Task NoneWaitsAsync() => Eventually.HoldsAsync(async () =>
        await AskLedgerAsync<long>("select count(*) from chunkupload.mails")
        + await AskLedgerAsync<long>("select count(*) from chunkupload.work where kind = 'mail'") == 0);

    private async Task<T> AskLedgerAsync<T>(string text)
    {
        await using var source = NpgsqlDataSource.Create(_service.ConnectionString);
        await using var command = source.CreateCommand(text);
        return await command.ExecuteScalarAsync() is T answer ? answer : default!;
    }

    private async Task<IReadOnlyList<string>> ActsAsync()
    {
        var rows = await _service.Client.GetFromJsonAsync<JsonElement>("/api/audit");
        return [.. rows.GetProperty("items").EnumerateArray().Select(row => row.GetProperty("kind").GetString()!)];
    }

    private static string TokenOf(ReceivedMail mail) => Link().Match(Plain(mail)).Groups[1].Value;

    // Long lines may be folded as quoted-printable.
    private static string Plain(ReceivedMail mail) =>
        mail.Text.Replace("=\n", "", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);

    [GeneratedRegex(@"/signin#link=([0-9a-f]{64})")]
    private static partial Regex Link();
}
