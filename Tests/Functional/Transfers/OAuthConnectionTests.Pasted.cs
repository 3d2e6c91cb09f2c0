using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The address that a person brings back by hand.</summary>
public sealed partial class OAuthConnectionTests
{
    private const string Callback = "/api/connections/callback";

    [Fact]
    public async Task An_address_that_a_person_brings_back_connects_the_account_once()
    {
        using var browser = await UserAsync("ann");
        var begun = new { kind = "google-drive", way = "pasted", currentPassword = Password };
        var (address, loopback) = await BeginPastedAsync(browser, begun);
        var back = await DecideAsync(address);
        Assert.StartsWith(loopback, back, StringComparison.Ordinal);

        // Another person, and the same one in another browser, end nothing.
        using var other = await UserAsync("ben");
        Assert.Equal("no_such_provider_sign_in", await RefusedAsync(other, back, 404));
        var cookie = browser.Cookies.Single(one => one.Key.StartsWith("cu_connect_", StringComparison.Ordinal));
        other.Cookies[cookie.Key] = cookie.Value;
        Assert.Equal("no_such_provider_sign_in", await RefusedAsync(other, back, 404));

        // Browsers copy it with blanks around it, or without its beginning.
        using (var answer = await browser.PostAsync(Callback, new { address = $"  {back["http://".Length..]}\n" }))
        {
            var made = await TransferRig.ReadAsync(answer, 201);
            Assert.Equal(TransferRig.Account, made.GetProperty("account").GetString());
        }

        Assert.Equal("no_such_provider_sign_in", await RefusedAsync(browser, back, 404));
        Assert.Single((await ListAsync(browser)).EnumerateArray());
        Assert.DoesNotContain(_service.Log.All, line => line.Contains("code=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://files.example.org/?state=a&code=b")]
    [InlineData("http://127.0.0.1:8717/")]
    [InlineData("http://127.0.0.1:8717/?code=b")]
    [InlineData("http://127.0.0.1:8717.example.org/?state=a&code=b")]
    [InlineData("the page was not found")]
    public async Task Another_address_is_told_from_the_one_that_is_meant(string address)
    {
        using var browser = await OperatorAsync();
        Assert.Equal("invalid_field", await RefusedAsync(browser, address, 400));
    }

    [Fact]
    public async Task What_comes_back_by_hand_has_all_the_faults_of_what_comes_back_by_itself()
    {
        using var browser = await OperatorAsync();
        var body = new { kind = "google-drive", way = "pasted" };
        var (address, _) = await BeginPastedAsync(browser, body);
        Assert.Equal("connection_failed", await RefusedAsync(browser, await DecideAsync(address, allows: false), 409));

        // Codes of others, and codes with another verifier, are worth nothing.
        (address, _) = await BeginPastedAsync(browser, body);
        var (second, _) = await BeginPastedAsync(browser, body);
        var (mine, theirs) = (new Uri(await DecideAsync(address)), new Uri(await DecideAsync(second)));
        var mixed = System.Web.HttpUtility.ParseQueryString(mine.Query);
        mixed["code"] = System.Web.HttpUtility.ParseQueryString(theirs.Query)["code"];
        Assert.Equal("connection_failed", await RefusedAsync(browser, $"{mine.GetLeftPart(UriPartial.Path)}?{mixed}", 409));

        var (_, id) = await SignInAsync(browser, new { kind = "google-drive" });
        (address, _) = await BeginPastedAsync(browser, new { connection = id, way = "pasted" });
        Assert.Equal("connection_failed", await RefusedAsync(browser, await DecideAsync(address, OneDriveRig.Ben), 409));
        (address, _) = await BeginPastedAsync(browser, new { connection = id, way = "pasted" });
        using var renewed = await browser.PostAsync(Callback, new { address = await DecideAsync(address) });
        Assert.Equal(id, (await TransferRig.ReadAsync(renewed, 200)).GetProperty("id").GetString());
    }

    private static async Task<(string Address, string Loopback)> BeginPastedAsync(BrowserClient browser, object body)
    {
        using var answer = await browser.PostAsync("/api/connections/authorize", body);
        var begun = await TransferRig.ReadAsync(answer, 200);
        return (begun.GetProperty("address").GetString()!, begun.GetProperty("comesBackTo").GetString()!);
    }

    private static async Task<string?> RefusedAsync(BrowserClient browser, string address, int status)
    {
        using var answer = await browser.PostAsync(Callback, new { address });
        return (await TransferRig.ReadAsync(answer, status)).GetProperty("code").GetString();
    }
}
