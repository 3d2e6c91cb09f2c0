using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Web;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Sign-in to the pages through an external issuer: which accounts are admitted, and how hostile answers are refused.</summary>
public sealed partial class OidcTests : IClassFixture<PostgresFixture>, IClassFixture<OidcFixture>
{
    private const string Password = "correct horse battery";

    private static int _people;

    private readonly PostgresFixture _postgres;
    private readonly OidcProvider _issuer;
    private readonly TestService _service;

    public OidcTests(PostgresFixture postgres, OidcFixture fixture)
    {
        (_postgres, _issuer, _service) = (postgres, fixture.Issuer, fixture.Service);
        // Failed attempts of another test must not delay this one.
        _service.Services.GetRequiredService<SignInAttempts>().Succeeded(SignInAttempts.KeyOf(IPAddress.Loopback));
        _issuer.Reset();
    }

    [Fact]
    public async Task The_sign_in_page_names_the_issuer()
    {
        using var browser = new BrowserClient(_service);
        using var answer = await browser.SendAsync(HttpMethod.Get, "/signin/state");
        var state = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("Example Login", state.GetProperty("issuer").GetString());
    }

    [Fact]
    public async Task A_user_links_an_account_and_signs_in_with_it()
    {
        using var browser = await SignedInAsync("ann");
        var subject = await browser.SubjectAsync();
        Assert.Equal("/console/#/access/account", await ReturnAsync(
            browser, await BeginAsync(browser, Linking("/console/#/access/account"))));
        Assert.Equal(subject, await browser.SubjectAsync());

        using var other = new BrowserClient(_service);
        Assert.Equal("/console/", await ReturnAsync(other, await BeginAsync(other, new { @return = "/console/" })));
        Assert.Equal(subject, await other.SubjectAsync());
        Assert.Null(_issuer.Fault);

        // Signing out ends the session here.
        await LeaveAsync(other);
        Assert.Null(await other.SubjectAsync());

        Assert.Equal(
            ["signed_in", "user.account_linked", "signed_in"],
            (await AuditAsync(subject!)).Select(row => row.Kind).Where(kind => kind is "signed_in" or "user.account_linked"));
    }

    [Fact]
    public async Task An_unknown_account_is_refused_even_with_a_known_address()
    {
        using (await SignedInAsync("ann"))
        {
        }

        _issuer.Profile["email"] = "ann@example.org";
        _issuer.Profile["email_verified"] = true;
        using var browser = new BrowserClient(_service);
        Assert.Equal("not_linked", await FaultAsync(browser, await BeginAsync(browser)));
        Assert.Null(await browser.SubjectAsync());
        var row = (await AuditAsync("anonymous"))[0];
        Assert.Equal("sign_in_failed", row.Kind);
        Assert.Contains("\"not_linked\"", row.Data, StringComparison.Ordinal);
        Assert.Contains(_issuer.Subject, row.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_of_another_user_is_not_linked_again()
    {
        using (var ann = await SignedInAsync("ann"))
            await ReturnAsync(ann, await BeginAsync(ann, Linking()));
        using var bob = await SignedInAsync("bob");
        Assert.Equal("linked_elsewhere", await FaultAsync(bob, await BeginAsync(bob, Linking())));
        using var invited = new BrowserClient(_service);
        var link = await InviteAsync("carl");
        Assert.Equal("linked_elsewhere", await FaultAsync(invited, await BeginAsync(invited, new { link })));
        // The invitation is still good.
        using var accepted = await invited.PostAsync("/signin", new { link, password = Password });
        Assert.Equal(200, (int)accepted.StatusCode);
    }

    [Fact]
    public async Task An_invitation_is_accepted_once_with_an_account()
    {
        var link = await InviteAsync("ann");
        using var browser = new BrowserClient(_service);
        var address = await BeginAsync(browser, new { link });
        Assert.Equal("/", await ReturnAsync(browser, address));
        Assert.StartsWith("user:", await browser.SubjectAsync(), StringComparison.Ordinal);

        _issuer.Subject = "another";
        using var late = new BrowserClient(_service);
        using (var answer = await late.PostAsync("/signin/issuer", new { link }))
            Assert.Equal("link_ended", await CodeAsync(answer));
        // The only way to sign in cannot be removed.
        var account = Assert.Single(await LinkedAsync(browser));
        using var refused = await SendAsync(browser, HttpMethod.Delete, $"/api/me/linked-accounts/{account}");
        Assert.Equal("last_way_in", await CodeAsync(refused));
    }

    [Fact]
    public async Task A_user_with_a_password_unlinks_the_account()
    {
        using var browser = await SignedInAsync("ann");
        await ReturnAsync(browser, await BeginAsync(browser, Linking()));
        var account = Assert.Single(await LinkedAsync(browser));
        using var bob = await SignedInAsync("bob");
        using (var foreign = await SendAsync(bob, HttpMethod.Delete, $"/api/me/linked-accounts/{account}"))
            Assert.Equal("no_such_account", await CodeAsync(foreign));
        using (var removed = await SendAsync(browser, HttpMethod.Delete, $"/api/me/linked-accounts/{account}"))
            Assert.Equal(204, (int)removed.StatusCode);
        Assert.Empty(await LinkedAsync(browser));
        using var other = new BrowserClient(_service);
        Assert.Equal("not_linked", await FaultAsync(other, await BeginAsync(other)));
    }

    [Fact]
    public async Task Users_are_made_for_all_accounts_where_the_operator_wants_it()
    {
        await using var service = await TestService.StartAsync(
            _postgres, _issuer.Settings(("Oidc:Unknown", "Create"), ("Oidc:Role", "viewer")));
        var subjects = new List<string?>();
        foreach (var account in new[] { "0001", "0002", "0001" })
        {
            _issuer.Subject = account;
            using var browser = new BrowserClient(service);
            await ReturnAsync(browser, await BeginAsync(browser));
            subjects.Add(await browser.SubjectAsync());
            using var me = await browser.SendAsync(HttpMethod.Get, "/api/me");
            var view = await me.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal("viewer", view.GetProperty("role").GetString());
            Assert.StartsWith("ann", view.GetProperty("name").GetString(), StringComparison.Ordinal);
            Assert.Equal("Ann Lee", view.GetProperty("displayName").GetString());
        }

        Assert.Equal(subjects[0], subjects[2]);
        Assert.NotEqual(subjects[0], subjects[1]);
    }

    [Fact]
    public async Task An_account_that_comes_twice_at_once_gets_one_user()
    {
        await using var service = await TestService.StartAsync(_postgres, _issuer.Settings(("Oidc:Unknown", "Create")));
        var browsers = Enumerable.Range(0, 6).Select(_ => new BrowserClient(service)).ToList();
        var addresses = new List<string>();
        foreach (var browser in browsers)
            addresses.Add(await BeginAsync(browser));
        await Task.WhenAll(browsers.Zip(addresses, ReturnAsync));
        var subjects = await Task.WhenAll(browsers.Select(browser => browser.SubjectAsync()));
        Assert.Single(subjects.Distinct());
        await using var connection = new NpgsqlConnection(service.ConnectionString);
        Assert.Equal(1, await connection.ExecuteScalarAsync<int>("select count(*) from chunkupload.users"));
        browsers.ForEach(browser => browser.Dispose());
    }

    [Fact]
    public async Task A_disabled_user_does_not_enter()
    {
        using var browser = await SignedInAsync("ann");
        await ReturnAsync(browser, await BeginAsync(browser, Linking()));
        var id = Guid.ParseExact((await browser.SubjectAsync())!.Split(':')[1], "N");
        await _service.Services.GetRequiredService<IPeopleLedger>().ChangeUserAsync(id, null, null, null, enabled: false, default);
        using var other = new BrowserClient(_service);
        Assert.Equal("disabled", await FaultAsync(other, await BeginAsync(other)));
        Assert.Null(await other.SubjectAsync());
    }

    [Theory]
    [InlineData("replayed")]
    [InlineData("in another browser")]
    [InlineData("expired")]
    [InlineData("with a changed state")]
    [InlineData("without a state")]
    [InlineData("from another issuer")]
    [InlineData("with a code that was used")]
    [InlineData("with another nonce")]
    [InlineData("without a nonce")]
    [InlineData("with a token of another issuer")]
    [InlineData("with a token for another client")]
    [InlineData("with a token that has ended")]
    [InlineData("with a token of another key")]
    [InlineData("without a subject")]
    public async Task A_hostile_answer_begins_no_session(string fault)
    {
        using (var ann = await SignedInAsync("ann"))
            await ReturnAsync(ann, await BeginAsync(ann, Linking()));
        using var browser = new BrowserClient(_service);
        using var other = new BrowserClient(_service);
        using var key = RSA.Create(2048);
        var good = _issuer.Approve(await BeginAsync(browser));
        var (target, address) = (browser, good);
        var expected = "failed";
        switch (fault)
        {
            case "replayed":
                var kept = browser.Cookies.ToList();
                Assert.Equal("/", (await GoAsync(browser, good)).Location);
                await LeaveAsync(browser);
                kept.ForEach(cookie => browser.Cookies[cookie.Key] = cookie.Value);
                expected = "ended";
                break;
            case "in another browser":
                (target, expected) = (other, "ended");
                break;
            case "expired":
                await using (var connection = new NpgsqlConnection(_service.ConnectionString))
                    await connection.ExecuteAsync("update chunkupload.issuer_states set expires_at = now() - interval '1 s'");
                expected = "ended";
                break;
            case "with a changed state":
                (address, expected) = (good[..^8] + "AAAAAAAA", "ended");
                break;
            case "without a state":
                (address, expected) = (good[..good.IndexOf("&state", StringComparison.Ordinal)], "ended");
                break;
            case "from another issuer":
                (address, expected) = (good + "&iss=https%3A%2F%2Fevil.example", "wrong_issuer");
                break;
            case "with a code that was used":
                var used = HttpUtility.ParseQueryString(new Uri(good).Query)["code"];
                Assert.Equal("/", (await GoAsync(browser, good)).Location);
                await LeaveAsync(browser);
                address = _issuer.Approve(await BeginAsync(browser));
                address = address.Replace(HttpUtility.ParseQueryString(new Uri(address).Query)["code"]!, used, StringComparison.Ordinal);
                break;
            case "with another nonce":
                _issuer.Change = claims => claims["nonce"] = "another";
                break;
            case "without a nonce":
                _issuer.Change = claims => claims.Remove("nonce");
                break;
            case "with a token of another issuer":
                _issuer.Change = claims => claims["iss"] = "https://evil.example";
                break;
            case "with a token for another client":
                _issuer.Change = claims => claims["aud"] = "others";
                break;
            case "with a token that has ended":
                _issuer.Change = claims => claims["exp"] = TimeProvider.System.GetUtcNow().AddMinutes(-2).ToUnixTimeSeconds();
                break;
            case "with a token of another key":
                _issuer.OtherKey = key;
                break;
            default:
                _issuer.Change = claims => claims.Remove("sub");
                break;
        }

        Assert.Equal($"/signin?fault={expected}", (await GoAsync(target, address)).Location);
        Assert.Null(await target.SubjectAsync());
        // A browser that fails keeps no session, and the log keeps no secret.
        Assert.DoesNotContain(target.Cookies.Keys, name => name.StartsWith("cu_session_", StringComparison.Ordinal) && fault != "replayed");
        Assert.DoesNotContain(_service.Log.All, line => line.Contains(OidcProvider.ClientSecret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_discovery_document_with_another_name_is_not_the_issuer()
    {
        _issuer.NamedIssuer = "https://evil.example";
        _issuer.Change = claims => claims["iss"] = "https://evil.example";
        await using var service = await TestService.StartAsync(_postgres, _issuer.Settings(("Oidc:Unknown", "Create")));
        using var browser = new BrowserClient(service);
        Assert.Equal("wrong_issuer", await FaultAsync(browser, await BeginAsync(browser)));
        Assert.Null(await browser.SubjectAsync());
    }

    [Fact]
    public async Task The_same_subject_of_another_issuer_is_another_account()
    {
        await using var first = await TestService.StartAsync(_postgres, _issuer.Settings(("Oidc:Unknown", "Create")));
        using (var ann = new BrowserClient(first))
            await ReturnAsync(ann, await BeginAsync(ann));
        await using var evil = await OidcProvider.StartAsync();
        evil.Subject = _issuer.Subject;
        await using var second = await first.RestartAsync(evil.Settings());
        using var browser = new BrowserClient(second);
        Assert.Equal("not_linked", await FaultAsync(browser, await BeginAsync(browser), evil));
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task A_sign_in_never_redirects_to_another_site(string wanted)
    {
        using (var ann = await SignedInAsync("ann"))
            await ReturnAsync(ann, await BeginAsync(ann, Linking()));
        using var browser = new BrowserClient(_service);
        Assert.Equal("/", await ReturnAsync(browser, await BeginAsync(browser, new { @return = wanted })));
    }

    [Fact]
    public async Task A_person_who_cancels_comes_back_to_the_sign_in_page()
    {
        using var browser = new BrowserClient(_service);
        var (status, location) = await GoAsync(browser, OidcProvider.Refuse(await BeginAsync(browser)));
        Assert.Equal((302, "/signin?fault=cancelled"), (status, location));
    }

    [Theory]
    [InlineData("nbf", 15)]
    [InlineData("exp", -15)]
    public async Task A_clock_that_is_a_little_off_does_no_harm(string claim, int seconds)
    {
        using (var ann = await SignedInAsync("ann"))
            await ReturnAsync(ann, await BeginAsync(ann, Linking()));
        _issuer.Change = claims => claims[claim] = TimeProvider.System.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds();
        using var browser = new BrowserClient(_service);
        Assert.Equal("/", await ReturnAsync(browser, await BeginAsync(browser)));
    }

    [Fact]
    public async Task An_unreachable_issuer_is_reported_in_a_sentence()
    {
        await using var away = await OidcProvider.StartAsync();
        var settings = away.Settings();
        await using var service = await TestService.StartAsync(_postgres, settings);
        using var browser = new BrowserClient(service);
        // The issuer answers at first and becomes unavailable before the code is redeemed.
        var back = away.Approve(await BeginAsync(browser));
        await away.DisposeAsync();
        Assert.Equal("/signin?fault=away", (await GoAsync(browser, back)).Location);
        await using var again = await service.RestartAsync();
        using var late = new BrowserClient(again);
        using var answer = await late.PostAsync("/signin/issuer", new { });
        Assert.Equal("issuer_unavailable", await CodeAsync(answer));
        Assert.False(answer.Headers.Contains("Location"));
    }

    [Fact]
    public async Task Without_an_issuer_there_is_nothing_to_begin()
    {
        await using var service = await TestService.StartAsync(_postgres);
        using var browser = new BrowserClient(service);
        using var answer = await browser.PostAsync("/signin/issuer", new { });
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Equal(401, await browser.StatusAsync("/signin/oidc?code=1&state=2"));
    }
}
