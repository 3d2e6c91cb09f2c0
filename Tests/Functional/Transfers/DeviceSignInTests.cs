using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Connections by a code that a person enters at the provider on another device.</summary>
public sealed class DeviceSignInTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Authorize = "/api/connections/authorize";

    private OneDriveRig _rig = null!;
    private TestService _service = null!;
    private BrowserClient _browser = null!;

    public async Task InitializeAsync()
    {
        _rig = await OneDriveRig.StartAsync();
        _rig.Graph.Switches.Set("devicePollSeconds", 1);
        _service = await TestService.StartAsync(postgres, _rig.Settings);
        _browser = await SignedInAsync(_service);
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_code_that_a_person_enters_elsewhere_connects_the_account()
    {
        var begun = await BeginAsync(new { kind = "onedrive", way = "device", title = "Office" });
        Assert.Equal(_rig.Graph.Address + "/common/oauth2/deviceauth", begun.GetProperty("address").GetString());
        Assert.Equal("pending", (await StateAsync(begun)).GetProperty("state").GetString());
        Assert.Equal(0, await CountAsync());

        await EnterAsync(begun, OneDriveRig.Ben);
        var end = await EndAsync(begun);
        Assert.Equal("done", end.GetProperty("state").GetString());
        using var answer = await _browser.SendAsync(HttpMethod.Get, $"/api/connections/{end.GetProperty("connection").GetString()}");
        var connection = await TransferRig.ReadAsync(answer, 200);
        Assert.Equal(
            ("Office", OneDriveRig.Ben, "ready"),
            (connection.GetProperty("title").GetString(), connection.GetProperty("account").GetString(),
                connection.GetProperty("state").GetString()));

        // The stored refresh token still works: it gets another access token.
        _rig.Graph.Clock.Advance(TimeSpan.FromHours(2));
        using var tested = await _service.Client.PostAsync($"/api/connections/{end.GetProperty("connection").GetString()}/test", null);
        Assert.Equal(200, (int)tested.StatusCode);
    }

    [Fact]
    public async Task A_provider_that_is_away_for_a_moment_is_asked_again()
    {
        _rig.Graph.Faults.Add(
            new FaultMatch { Method = "POST", PathRegex = "oauth2/v2.0/token" }, FaultAction.Status(503));
        var begun = await BeginAsync(new { kind = "onedrive", way = "device" });
        await Eventually.HoldsAsync(() => Task.FromResult(Questions() >= 3));
        Assert.Equal("pending", (await StateAsync(begun)).GetProperty("state").GetString());
        await EnterAsync(begun, OneDriveRig.Ann);
        Assert.Equal("done", (await EndAsync(begun)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task What_the_person_or_the_provider_refuses_is_said_and_connects_nothing()
    {
        var declined = await BeginAsync(new { kind = "onedrive", way = "device" });
        await EnterAsync(declined, OneDriveRig.Ann, allows: false);
        Assert.Equal(("failed", "cancelled"), Fault(await EndAsync(declined)));

        var expired = await BeginAsync(new { kind = "onedrive", way = "device" });
        _rig.Graph.Clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal(("failed", "expired"), Fault(await EndAsync(expired)));

        _rig.Graph.Switches.Set("adminApproval", true);
        var unapproved = await BeginAsync(new { kind = "onedrive", way = "device" });
        await EnterAsync(unapproved, OneDriveRig.Ann);
        var end = await EndAsync(unapproved);
        Assert.Equal(("failed", "needs_approval"), Fault(end));
        Assert.Contains("administrator", end.GetProperty("detail").GetString(), StringComparison.Ordinal);
        _rig.Graph.Switches.Set("adminApproval", false);

        _rig.Graph.Switches.Set("clientSecretExpired", true);
        var secret = await BeginAsync(new { kind = "onedrive", way = "device" });
        Assert.Equal(("failed", "app_secret_ended"), Fault(await EndAsync(secret)));
        Assert.Equal(0, await CountAsync());
        await using var database = new NpgsqlConnection(_service.ConnectionString);
        Assert.Equal(
            ["app_secret_ended", "cancelled", "expired", "needs_approval"],
            await database.QueryAsync<string>("""
                select data ->> 'fault' from
                (select kind, data from chunkupload.audit union all select kind, data from chunkupload.audit_arrivals) acts
                where kind = 'connection.sign_in_failed' order by 1
                """));
    }

    [Fact]
    public async Task A_connection_is_signed_in_again_by_a_code_of_its_own_account_only()
    {
        var connection = await _rig.ConnectAsync(_service.Client, OneDriveRig.Ann);
        var other = await BeginAsync(new { connection, way = "device" });
        await EnterAsync(other, OneDriveRig.Ben);
        Assert.Equal(("failed", "other_account"), Fault(await EndAsync(other)));

        await _rig.ApplyAsync(new { kind = "revokeSignIn", account = OneDriveRig.Ann });
        using (var refused = await _service.Client.PostAsync($"/api/connections/{connection}/test", null))
            Assert.Equal(409, (int)refused.StatusCode);
        var again = await BeginAsync(new { connection, way = "device" });
        await EnterAsync(again, OneDriveRig.Ann);
        var end = await EndAsync(again);
        Assert.True(end.GetProperty("again").GetBoolean());
        Assert.Equal(connection, end.GetProperty("connection").GetString());
        using var tested = await _service.Client.PostAsync($"/api/connections/{connection}/test", null);
        Assert.Equal("ready", (await TransferRig.ReadAsync(tested, 200)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Nobody_else_sees_it_and_after_it_is_given_up_its_code_connects_nothing()
    {
        var begun = await BeginAsync(new { kind = "onedrive", way = "device" });
        var people = new TestPeople(_service);
        using var other = await people.ClientAsync(await people.UserAsync("other", Role.Admin));
        var address = $"/api/connections/sign-ins/{begun.GetProperty("id").GetString()}";
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete })
        {
            using var request = new HttpRequestMessage(method, address);
            using var answer = await other.SendAsync(request);
            Assert.Equal("no_such_provider_sign_in", (await TransferRig.ReadAsync(answer, 404)).GetProperty("code").GetString());
        }

        using (var cancelled = await _service.Client.DeleteAsync(address))
            Assert.Equal(204, (int)cancelled.StatusCode);
        var asked = Questions();
        await EnterAsync(begun, OneDriveRig.Ann);
        using var gone = await _service.Client.GetAsync(address);
        Assert.Equal(404, (int)gone.StatusCode);
        Assert.Equal((asked, 0), (Questions(), await CountAsync()));
    }

    [Fact]
    public async Task It_begins_as_other_connections_do()
    {
        var people = new TestPeople(_service);
        using var key = await people.ClientAsync(await people.UserAsync("robot", Role.Member));
        using (var answer = await key.PostAsJsonAsync(Authorize, new { kind = "onedrive", way = "device" }))
            Assert.Equal("not_permitted", (await TransferRig.ReadAsync(answer, 403)).GetProperty("code").GetString());
        using (var answer = await _browser.PostAsync(Authorize, new { kind = "google-drive", way = "device" }))
            Assert.Equal("invalid_field", (await TransferRig.ReadAsync(answer, 400)).GetProperty("code").GetString());
        using (var answer = await _browser.PostAsync(Authorize, new { kind = "onedrive", way = "pasted" }))
            Assert.Equal("invalid_field", (await TransferRig.ReadAsync(answer, 400)).GetProperty("code").GetString());
        using (var answer = await _browser.PostAsync(Authorize, new { kind = "onedrive", way = "fax" }))
            Assert.Equal("invalid_field", (await TransferRig.ReadAsync(answer, 400)).GetProperty("code").GetString());

        // On the machine, the operator's key begins one, too.
        using var begun = await _service.Client.PostAsJsonAsync(Authorize, new { kind = "onedrive", way = "device" });
        Assert.NotEqual("", (await TransferRig.ReadAsync(begun, 200)).GetProperty("userCode").GetString());
        var list = (await _service.Client.GetFromJsonAsync<JsonElement>("/api/connections/providers")).GetProperty("items");
        Assert.Equal(
            ["browser pasted", "browser device"],
            list.EnumerateArray().Select(one => string.Join(' ', one.GetProperty("ways").EnumerateArray().Select(way => way.GetString()))));
        Assert.DoesNotContain(_service.Log.All, line => line.Contains("device_code", StringComparison.Ordinal));
    }

    private static async Task<BrowserClient> SignedInAsync(TestService service)
    {
        var browser = new BrowserClient(service);
        await browser.SignInAsync();
        return browser;
    }

    private async Task<JsonElement> BeginAsync(object body)
    {
        using var answer = await _browser.PostAsync(Authorize, body);
        return await TransferRig.ReadAsync(answer, 200);
    }

    private async Task<JsonElement> StateAsync(JsonElement begun)
    {
        using var answer = await _browser.SendAsync(
            HttpMethod.Get, $"/api/connections/sign-ins/{begun.GetProperty("id").GetString()}");
        return await TransferRig.ReadAsync(answer, 200);
    }

    private async Task<JsonElement> EndAsync(JsonElement begun)
    {
        JsonElement now = default;
        await Eventually.HoldsAsync(async () => (now = await StateAsync(begun)).GetProperty("state").GetString() != "pending");
        return now;
    }

    /// <summary>The user's actions on the provider's page.</summary>
    private static async Task EnterAsync(JsonElement begun, string account, bool allows = true)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsync(
            begun.GetProperty("address").GetString(), new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["user_code"] = begun.GetProperty("userCode").GetString()!,
                ["account"] = account,
                ["decision"] = allows ? "allow" : "deny",
            }));
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private int Questions() =>
        _rig.Graph.Journal.Entries.Count(entry => entry.Path.EndsWith("/oauth2/v2.0/token", StringComparison.Ordinal));

    private async Task<int> CountAsync() =>
        (await _service.Client.GetFromJsonAsync<JsonElement>("/api/connections")).GetProperty("items").GetArrayLength();

    private static (string? State, string? Fault) Fault(JsonElement end) =>
        (end.GetProperty("state").GetString(), end.GetProperty("fault").GetString());
}
