using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>The requests of a browser to the service and to the issuer.</summary>
public sealed partial class OidcTests
{
    private async Task<BrowserClient> SignedInAsync(string name)
    {
        var link = await InviteAsync(name);
        var browser = new BrowserClient(_service);
        using var answer = await browser.PostAsync("/signin", new { link, password = Password });
        Assert.Equal(200, (int)answer.StatusCode);
        await browser.SubjectAsync();
        return browser;
    }

    private async Task<string> InviteAsync(string name)
    {
        using var answer = await _service.Client.PostAsJsonAsync(
            "/api/users", new { name = $"{name}-{Interlocked.Increment(ref _people)}", role = "member" });
        var view = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return view.GetProperty("invitation").GetProperty("link").GetString()!.Split("#link=")[1];
    }

    private static async Task LeaveAsync(BrowserClient browser)
    {
        await browser.SubjectAsync();
        using var left = await browser.PostAsync("/signout");
        Assert.Equal(204, (int)left.StatusCode);
    }

    private static async Task<string> BeginAsync(BrowserClient browser, object? body = null)
    {
        using var answer = await browser.PostAsync("/signin/issuer", body ?? new { });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("address").GetString()!;
    }

    /// <summary>Approves at the issuer and returns the page that opens after the redirect.</summary>
    private async Task<string?> ReturnAsync(BrowserClient browser, string address)
    {
        var (status, location) = await GoAsync(browser, _issuer.Approve(address));
        Assert.Equal(302, status);
        Assert.DoesNotContain("fault", location, StringComparison.Ordinal);
        return location;
    }

    private async Task<string> FaultAsync(BrowserClient browser, string address, OidcProvider? issuer = null)
    {
        var (_, location) = await GoAsync(browser, (issuer ?? _issuer).Approve(address));
        return location!.Split("fault=")[1];
    }

    private static async Task<(int Status, string? Location)> GoAsync(BrowserClient browser, string address)
    {
        using var answer = await browser.SendAsync(
            HttpMethod.Get, new Uri(address).PathAndQuery, null, request => request.Headers.Add("Sec-Fetch-Site", "cross-site"));
        return ((int)answer.StatusCode, answer.Headers.Location?.OriginalString);
    }

    private static Task<HttpResponseMessage> SendAsync(BrowserClient browser, HttpMethod method, string path) =>
        browser.SendAsync(method, path, null, request =>
        {
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
            request.Headers.Add("X-CSRF-Token", browser.CsrfToken);
        });

    private static async Task<IReadOnlyList<string>> LinkedAsync(BrowserClient browser)
    {
        await browser.SubjectAsync();
        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/me/linked-accounts");
        var list = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return [.. list.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!)];
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();

    /// <summary>The newest first.</summary>
    private async Task<IReadOnlyList<(string Kind, string Data)>> AuditAsync(string subject)
    {
        var rows = await _service.Client.GetFromJsonAsync<JsonElement>($"/api/audit?subject={subject}");
        return [.. rows.GetProperty("items").EnumerateArray()
            .Select(row => (row.GetProperty("kind").GetString()!, row.GetProperty("data").GetRawText()))];
    }
}
