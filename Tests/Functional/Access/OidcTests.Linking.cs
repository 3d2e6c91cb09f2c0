using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Only the user links an account. A new password shows linked accounts and unlinks those that the user does not keep.</summary>
public sealed partial class OidcTests
{
    [Fact]
    public async Task A_session_alone_links_no_account()
    {
        using var browser = await SignedInAsync("ann");
        using (var bare = await browser.PostAsync("/signin/issuer", new { account = true }))
            Assert.Equal((400, "password_needed"), ((int)bare.StatusCode, await CodeAsync(bare)));
        using (var wrong = await browser.PostAsync("/signin/issuer", new { account = true, currentPassword = "not the password" }))
        {
            var problem = await wrong.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal((400, "invalid_field"), ((int)wrong.StatusCode, problem.GetProperty("code").GetString()));
            Assert.True(problem.GetProperty("errors").TryGetProperty("currentPassword", out _));
        }

        // With a second factor also its code: an account that is linked signs in without one.
        var codes = RecoveryCodes.New();
        var user = Guid.ParseExact((await browser.SubjectAsync())!.Split(':')[1], "N");
        var factors = _service.Services.GetRequiredService<ISecondFactorLedger>();
        await factors.BeginAsync(user, "AAAA", default);
        await factors.ConfirmAsync(user, 0, [.. codes.Select(RecoveryCodes.Hash)], default);
        using (var codeless = await browser.PostAsync("/signin/issuer", Linking()))
        {
            var problem = await codeless.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(problem.GetProperty("errors").TryGetProperty("code", out _));
        }

        var address = await BeginAsync(browser, new { account = true, currentPassword = Password, code = codes[0] });
        await ReturnAsync(browser, address);
        Assert.Single(await LinkedAsync(browser));
    }

    [Fact]
    public async Task A_user_without_a_password_links_another_account_soon_after_a_sign_in_only()
    {
        using var browser = new BrowserClient(_service);
        await ReturnAsync(browser, await BeginAsync(browser, new { link = await InviteAsync("ann") }));
        await browser.SubjectAsync();
        _issuer.Subject = "another";
        await ReturnAsync(browser, await BeginAsync(browser, new { account = true }));
        Assert.Equal(2, (await LinkedAsync(browser)).Count);

        await using (var connection = new NpgsqlConnection(_service.ConnectionString))
            await connection.ExecuteAsync("update chunkupload.browser_sessions set created_at = now() - interval '11 minutes'");
        using var late = await browser.PostAsync("/signin/issuer", new { account = true });
        Assert.Equal((403, "sign_in_again"), ((int)late.StatusCode, await CodeAsync(late)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_new_password_by_a_link_shows_linked_accounts_and_unlinks_them_unless_they_are_kept(bool keep)
    {
        using var browser = await SignedInAsync("ann");
        await ReturnAsync(browser, await BeginAsync(browser, Linking()));
        var subject = await browser.SubjectAsync();
        // A linking that began before the new password is invalid afterwards.
        var pending = await BeginAsync(browser, Linking());
        using var made = await _service.Client.PostAsJsonAsync($"/api/users/{subject!.Split(':')[1]}/reset", new { });
        var link = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("link").GetString()!.Split("#link=")[1];

        using var other = new BrowserClient(_service);
        using (var asked = await other.PostAsync("/signin", new { link }))
        {
            var problem = await asked.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal("password_needed", problem.GetProperty("code").GetString());
            var shown = Assert.Single(problem.GetProperty("errors").GetProperty("keepAccounts").EnumerateArray());
            Assert.StartsWith("ann@example.org, linked on ", shown.GetString(), StringComparison.Ordinal);
        }

        using (var entered = await other.PostAsync(
            "/signin", keep ? new { link, password = Password, keepAccounts = true } : new { link, password = Password }))
            Assert.Equal(200, (int)entered.StatusCode);
        Assert.Equal(keep ? 1 : 0, (await LinkedAsync(other)).Count);
        Assert.Contains(
            await AuditAsync("anonymous"),
            row => row.Kind == "user.password_set" && row.Data.Contains(keep ? "kept" : "unlinked", StringComparison.Ordinal));
        using var account = new BrowserClient(_service);
        var address = await BeginAsync(account);
        if (keep)
            Assert.Equal("/", await ReturnAsync(account, address));
        else
            Assert.Equal("not_linked", await FaultAsync(account, address));
        Assert.Equal("ended", await FaultAsync(browser, pending));
    }

    [Fact]
    public async Task Linking_needs_the_session_that_began_it()
    {
        using var ann = await SignedInAsync("ann");
        var address = await BeginAsync(ann, Linking());
        await LeaveAsync(ann);
        Assert.Equal("other_session", await FaultAsync(ann, address));

        using var anonymous = new BrowserClient(_service);
        using (var answer = await anonymous.PostAsync("/signin/issuer", Linking()))
            Assert.Equal(403, (int)answer.StatusCode);
        using (var foreign = await anonymous.SendAsync(
            HttpMethod.Post, "/signin/issuer", new { }, request => request.Headers.Add("Sec-Fetch-Site", "cross-site")))
            Assert.Equal("forbidden_origin", await CodeAsync(foreign));
        // A form that another site's page posts to the address of the issuer's answer is not read.
        using var posted = await anonymous.SendAsync(HttpMethod.Post, "/signin/oidc", new { code = "1", state = "2" });
        Assert.Equal(401, (int)posted.StatusCode);
    }

    private static object Linking(string? page = null) => new { account = true, currentPassword = Password, @return = page };
}
