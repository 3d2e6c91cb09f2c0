using System.Net.Http.Json;
using System.Text.Json;
using System.Web;
using ChunkUpload.Core.Access;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Connections by a sign-in on the pages of both providers.</summary>
public sealed partial class OAuthConnectionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private OneDriveRig _rig = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _rig = await OneDriveRig.StartAsync();
        _service = await TestService.StartAsync(postgres, new Dictionary<string, string>(_rig.Settings)
        {
            ["Connections:Google:AuthorizeUrl"] = _rig.Google.Drive.Address + "/o/oauth2/v2/auth",
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
        });
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Theory]
    [InlineData("google-drive")]
    [InlineData("onedrive")]
    public async Task A_user_signs_in_at_the_provider_and_the_connection_is_ready(string kind)
    {
        using var browser = await UserAsync("ann");
        var address = await BeginAsync(browser, new { kind, currentPassword = Password });
        var asked = HttpUtility.ParseQueryString(new Uri(address).Query);
        Assert.Equal("S256", asked["code_challenge_method"]);
        Assert.Equal(_service.Address + "api/connections/callback", asked["redirect_uri"]);
        Assert.Equal(
            kind == "onedrive" ? "Files.ReadWrite offline_access User.Read" : "https://www.googleapis.com/auth/drive", asked["scope"]);

        var back = await DecideAsync(address);
        var (what, id) = await ComeBackAsync(browser, back);
        Assert.Equal("added", what);
        var connection = Assert.Single((await ListAsync(browser)).EnumerateArray());
        Assert.Equal(id, connection.GetProperty("id").GetString());
        Assert.Equal("ready", connection.GetProperty("state").GetString());
        Assert.Equal(TransferRig.Account, connection.GetProperty("account").GetString());
        Assert.Equal(TransferRig.Account, connection.GetProperty("title").GetString());
        using var looked = await browser.SendAsync(HttpMethod.Get, $"/api/connections/{id}/items?folder=root");
        Assert.Equal(200, (int)looked.StatusCode);

        // The state is gone with its use, the browser's cookie too, and a second use of the address changes nothing.
        Assert.DoesNotContain(browser.Cookies.Keys, name => name.StartsWith("cu_connect_", StringComparison.Ordinal));
        Assert.Equal(("fault", "ended"), await ComeBackAsync(browser, back));
        Assert.Single((await ListAsync(browser)).EnumerateArray());
        Assert.Equal(0, await AskAsync<int>("select count(*)::int from chunkupload.connection_sign_ins"));
        Assert.Equal(1, await AskAsync<int>($"select count(*)::int from {Acts} where kind = 'connection.added'"));
        Assert.DoesNotContain(_service.Log.All, line => line.Contains("code=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_a_browser_whose_user_has_just_given_the_password_begins_a_sign_in()
    {
        using var browser = await UserAsync("ann");
        using (var answer = await browser.PostAsync("/api/connections/authorize", new { kind = "onedrive" }))
            Assert.Equal("password_needed", (await TransferRig.ReadAsync(answer, 400)).GetProperty("code").GetString());
        using (var answer = await browser.PostAsync("/api/connections/authorize", new { kind = "onedrive", currentPassword = "guessed" }))
            Assert.Equal("invalid_field", (await TransferRig.ReadAsync(answer, 400)).GetProperty("code").GetString());
        using (var answer = await _service.Client.PostAsJsonAsync("/api/connections/authorize", new { kind = "onedrive" }))
            Assert.Equal("not_permitted", (await TransferRig.ReadAsync(answer, 403)).GetProperty("code").GetString());
        var people = new TestPeople(_service);
        using var key = await people.ClientAsync(await people.UserAsync("robot", Role.Member));
        using (var answer = await key.PostAsJsonAsync("/api/connections/authorize", new { kind = "onedrive" }))
            Assert.Equal("not_permitted", (await TransferRig.ReadAsync(answer, 403)).GetProperty("code").GetString());
        Assert.Equal(0, await AskAsync<int>("select count(*)::int from chunkupload.connection_sign_ins"));
    }

    [Fact]
    public async Task What_the_provider_or_the_person_refuses_comes_back_as_a_word_and_adds_nothing()
    {
        using var browser = await OperatorAsync();
        var google = new { kind = "google-drive" };
        var microsoft = new { kind = "onedrive" };
        Assert.Equal(
            ("fault", "cancelled"), await ComeBackAsync(browser, await DecideAsync(await BeginAsync(browser, google), allows: false)));
        Assert.Equal(
            ("fault", "cancelled"), await ComeBackAsync(browser, await DecideAsync(await BeginAsync(browser, microsoft), allows: false)));

        var partly = await DecideAsync(await BeginAsync(browser, microsoft), without: "Files.ReadWrite");
        Assert.Equal(("fault", "scopes_missing"), await ComeBackAsync(browser, partly));
        _rig.Graph.Switches.Set("adminApproval", true);
        Assert.Equal(("fault", "needs_approval"), await SignInAsync(browser, microsoft));
        _rig.Google.Drive.Switches.Set("clientSecretExpired", true);
        Assert.Equal(("fault", "app_secret_ended"), await SignInAsync(browser, google));
        Assert.Equal(0, (await ListAsync(browser)).GetArrayLength());
        Assert.Equal(
            ["app_secret_ended", "cancelled", "cancelled", "needs_approval", "scopes_missing"],
            (await AskAsync<string[]>($"""
                select array_agg(data ->> 'fault' order by data ->> 'fault') from {Acts} where kind = 'connection.sign_in_failed'
                """)).AsEnumerable());
    }

    [Fact]
    public async Task A_sign_in_ends_only_in_its_browser_for_its_user_and_in_time()
    {
        using var browser = await UserAsync("ann");
        using var other = await UserAsync("ben");
        var body = new { kind = "google-drive", currentPassword = Password };
        var back = await DecideAsync(await BeginAsync(browser, body));

        // Another person with the address, also one with the cookie: nothing happens, and the sign-in stays valid.
        Assert.Equal(("fault", "ended"), await ComeBackAsync(other, back));
        var cookie = browser.Cookies.Single(one => one.Key.StartsWith("cu_connect_", StringComparison.Ordinal));
        other.Cookies[cookie.Key] = cookie.Value;
        Assert.Equal(("fault", "ended"), await ComeBackAsync(other, back));

        // The same user in another browser.
        using var second = new BrowserClient(_service);
        foreach (var (name, value) in browser.Cookies.Where(one => one.Key != cookie.Key))
            second.Cookies[name] = value;
        Assert.Equal(("fault", "ended"), await ComeBackAsync(second, back));
        Assert.Equal("added", (await ComeBackAsync(browser, back)).What);
        Assert.Equal(0, (await ListAsync(other)).GetArrayLength());

        // Whoever was signed out in the meantime signs in first.
        using var nobody = new BrowserClient(_service);
        var (what, where) = await ComeBackAsync(nobody, back);
        Assert.Equal("elsewhere", what);
        Assert.StartsWith("/signin?return=%2Fapi%2Fconnections%2Fcallback", where, StringComparison.Ordinal);

        back = await DecideAsync(await BeginAsync(browser, body));
        await AskAsync<int?>("update chunkupload.connection_sign_ins set expires_at = now() - interval '1 s' returning 1");
        Assert.Equal(("fault", "ended"), await ComeBackAsync(browser, back));
        Assert.Single((await ListAsync(browser)).EnumerateArray());
    }

    [Fact]
    public async Task Another_account_does_not_take_the_place_of_the_one_that_is_connected()
    {
        using var browser = await OperatorAsync();
        foreach (var kind in new[] { "google-drive", "onedrive" })
        {
            var (_, id) = await SignInAsync(browser, new { kind, title = "Mine" });
            Assert.Equal(("fault", "other_account"), await SignInAsync(browser, new { connection = id }, OneDriveRig.Ben));
            Assert.Equal(("renewed", id), await SignInAsync(browser, new { connection = id }));
            var now = (await ListAsync(browser)).EnumerateArray().Single(one => one.GetProperty("id").GetString() == id);
            Assert.Equal(TransferRig.Account, now.GetProperty("account").GetString());
            Assert.Equal("Mine", now.GetProperty("title").GetString());
        }

        using var absent = await browser.PostAsync(
            "/api/connections/authorize", new { connection = Guid.NewGuid().ToString("n") });
        Assert.Equal("no_such_connection", (await TransferRig.ReadAsync(absent, 404)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_sign_in_again_sets_the_waiting_transfer_going()
    {
        using var browser = await OperatorAsync();
        var (_, connection) = await SignInAsync(browser, new { kind = "google-drive" });
        var entry = await TransferRig.PutAsync(_service.Client, "a.bin", TransferRig.Bytes(1, 600_000));
        // The sign-in ends while the first upload begins.
        var held = _rig.Google.Drive.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = "uploadType=resumable" }, FaultAction.Hold());
        var transfer = (await TransferRig.TransferAsync(_service.Client, connection, null, entry)).GetProperty("id").GetString()!;
        await held.Reached;
        using (var control = new HttpClient())
        {
            using var revoked = await control.PostAsJsonAsync(
                $"{_rig.Google.Drive.Address}/_control/fault",
                new { action = new { kind = "revokeSignIn", account = TransferRig.Account } });
            Assert.True(revoked.IsSuccessStatusCode);
        }

        held.Release();
        var waiting = await TransferRig.UntilAsync(_service.Client, transfer, "waiting");
        Assert.Equal("sign_in", waiting.GetProperty("wait").GetProperty("reason").GetString());
        Assert.Equal("needs_sign_in", (await ListAsync(browser))[0].GetProperty("state").GetString());

        Assert.Equal(("renewed", connection), await SignInAsync(browser, new { connection }));
        await TransferRig.UntilAsync(_service.Client, transfer, "done");
        Assert.Equal("ready", (await ListAsync(browser))[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_refresh_token_that_the_provider_replaces_is_stored()
    {
        foreach (var name in new[] { "rotateRefreshTokens", "oldRefreshTokensDie" })
            _rig.Graph.Switches.Set(name, true);
        using var browser = await OperatorAsync();
        var (what, id) = await SignInAsync(browser, new { kind = "onedrive" });
        Assert.Equal("added", what);
        for (var turn = 0; turn < 3; turn++)
        {
            _rig.Graph.Clock.Advance(TimeSpan.FromHours(2));
            using var tested = await _service.Client.PostAsync($"/api/connections/{id}/test", null);
            Assert.Equal("ready", (await TransferRig.ReadAsync(tested, 200)).GetProperty("state").GetString());
        }

        Assert.True(await AskAsync<long>("select secret_epoch from chunkupload.connections") >= 3);
    }

    [Fact]
    public async Task The_providers_say_what_they_ask_for_and_what_the_operator_has_not_set_up()
    {
        await using var bare = await TestService.StartAsync(postgres, new Dictionary<string, string>
        {
            ["Connections:Google:ClientId"] = "the-client",
            ["Connections:Google:Scope"] = "drive.file",
        });
        var list = (await bare.Client.GetFromJsonAsync<JsonElement>("/api/connections/providers")).GetProperty("items");
        Assert.Equal(["google-drive", "onedrive"], list.EnumerateArray().Select(one => one.GetProperty("kind").GetString()));
        Assert.Equal([true, false], list.EnumerateArray().Select(one => one.GetProperty("configured").GetBoolean()));
        Assert.Equal("https://www.googleapis.com/auth/drive.file", list[0].GetProperty("scopes")[0].GetString());
        Assert.Equal(bare.Address + "api/connections/callback", list[0].GetProperty("redirectUri").GetString());
        using var browser = new BrowserClient(bare);
        await browser.SignInAsync();
        using var answer = await browser.PostAsync("/api/connections/authorize", new { kind = "onedrive" });
        Assert.Equal("invalid_field", (await TransferRig.ReadAsync(answer, 400)).GetProperty("code").GetString());
    }
}
