using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Web;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The actions of a user in a browser, at the service and at the provider.</summary>
public sealed partial class OAuthConnectionTests
{
    private const string Password = "correct horse battery";

    /// <summary>The audit, with what is not chained yet.</summary>
    private const string Acts =
        "(select kind, data from chunkupload.audit union all select kind, data from chunkupload.audit_arrivals) acts";

    private async Task<BrowserClient> UserAsync(string name)
    {
        using var answer = await _service.Client.PostAsJsonAsync("/api/users", new { name, role = "member" });
        var view = await TransferRig.ReadAsync(answer, 201);
        var link = view.GetProperty("invitation").GetProperty("link").GetString()!.Split("#link=")[1];
        var browser = new BrowserClient(_service);
        using var entered = await browser.PostAsync("/signin", new { link, password = Password });
        Assert.Equal(200, (int)entered.StatusCode);
        await browser.SubjectAsync();
        return browser;
    }

    private async Task<BrowserClient> OperatorAsync()
    {
        var browser = new BrowserClient(_service);
        await browser.SignInAsync();
        return browser;
    }

    /// <summary>Begins a sign-in, and returns the provider's address.</summary>
    private static async Task<string> BeginAsync(BrowserClient browser, object body)
    {
        using var answer = await browser.PostAsync("/api/connections/authorize", body);
        return (await TransferRig.ReadAsync(answer, 200)).GetProperty("address").GetString()!;
    }

    /// <summary>Decides on the provider's page, and returns the address to which the provider sends the browser.</summary>
    /// <param name="without">A scope that the person does not tick.</param>
    private static async Task<string> DecideAsync(
        string address, string account = TransferRig.Account, bool allows = true, string? without = null)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler);
        var page = await client.GetStringAsync(address);
        var form = new List<KeyValuePair<string, string>>
        {
            new("request", HiddenField().Match(page).Groups[1].Value),
            new("account", account),
            new("decision", allows ? "allow" : "deny"),
        };
        var scopes = HttpUtility.ParseQueryString(new Uri(address).Query)["scope"]!.Split(' ');
        form.AddRange(scopes.Where(scope => scope != without).Select(scope => KeyValuePair.Create("scope", scope)));
        using var decided = await client.PostAsync(address.Split('?')[0], new FormUrlEncodedContent(form));
        Assert.Equal(302, (int)decided.StatusCode);
        return decided.Headers.Location!.OriginalString;
    }

    /// <summary>Comes back to the service, and returns what the page of connections is told.</summary>
    private static async Task<(string What, string Value)> ComeBackAsync(BrowserClient browser, string address)
    {
        using var answer = await browser.SendAsync(HttpMethod.Get, new Uri(address).PathAndQuery, null, request =>
        {
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
            request.Headers.Add("Accept", "text/html");
        });
        Assert.Equal(302, (int)answer.StatusCode);
        var location = answer.Headers.Location!.OriginalString;
        if (!location.StartsWith("/console/#/connections?", StringComparison.Ordinal))
            return ("elsewhere", location);
        var parts = location.Split('?')[1].Split('=');
        return (parts[0], parts[1]);
    }

    private static async Task<(string What, string Value)> SignInAsync(
        BrowserClient browser, object body, string account = TransferRig.Account) =>
        await ComeBackAsync(browser, await DecideAsync(await BeginAsync(browser, body), account));

    private static async Task<JsonElement> ListAsync(BrowserClient browser)
    {
        using var answer = await browser.SendAsync(HttpMethod.Get, "/api/connections");
        return (await TransferRig.ReadAsync(answer, 200)).GetProperty("items");
    }

    private async Task<T> AskAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }

    [GeneratedRegex("name=\"?request\"?[^>]*value=\"?([^\" >]+)")]
    private static partial Regex HiddenField();
}
