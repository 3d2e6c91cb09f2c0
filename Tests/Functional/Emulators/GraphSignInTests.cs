using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ChunkUpload.Emulators.Graph;

namespace ChunkUpload.Tests.Functional.Emulators;

/// <summary>Microsoft's sign-in by the page and by a device code, rotation, and the errors that a service has to tell apart.</summary>
public sealed class GraphSignInTests : IAsyncLifetime
{
    private const string Redirect = "http://127.0.0.1:1/back";

    private const string Authorize =
        $"/common/oauth2/v2.0/authorize?client_id=app&response_type=code&redirect_uri={Redirect}"
        + "&scope=Files.ReadWrite%20offline_access%20User.Read&state=s1";

    private const string Token = "/common/oauth2/v2.0/token";

    private GraphRig _rig = null!;

    public async Task InitializeAsync() => _rig = await GraphRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Signed_in_application_reads_the_drive_and_each_refresh_gives_another_refresh_token()
    {
        var tokens = await SignInAsync();
        Assert.Equal("ben@example.test", (string?)(await _rig.GetAsync("/me", (string)tokens["access_token"]!))["mail"]);
        var first = (string)tokens["refresh_token"]!;
        var second = await RefreshAsync(first, HttpStatusCode.OK);
        Assert.NotEqual(first, (string?)second["refresh_token"]);
        await RefreshAsync(first, HttpStatusCode.OK);
        _rig.Host.Switches.Set("oldRefreshTokensDie", true);
        await RefreshAsync(first, HttpStatusCode.OK);
        var refused = await RefreshAsync(first, HttpStatusCode.BadRequest);
        Assert.Equal("invalid_grant", (string?)refused["error"]);
        Assert.Equal(700082, (int)refused["error_codes"]![0]!);
    }

    [Fact]
    public async Task Access_token_ends_by_the_clock_and_by_revocation()
    {
        var tokens = await SignInAsync();
        _rig.Host.Clock.Advance(TimeSpan.FromHours(1));
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Get, "/me", token: (string)tokens["access_token"]!), 401, "InvalidAuthenticationToken");
        var renewed = await RefreshAsync((string)tokens["refresh_token"]!, HttpStatusCode.OK);
        await _rig.GetAsync("/me", (string)renewed["access_token"]!);
        _rig.Host.OAuth.RevokeGrants("ben@example.test");
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Get, "/me", token: (string)renewed["access_token"]!), 401, "InvalidAuthenticationToken");
        await RefreshAsync((string)renewed["refresh_token"]!, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Application_that_needs_an_administrator_is_told_so()
    {
        _rig.Host.Switches.Set("adminApproval", true);
        Assert.Contains("administrator", await _rig.PageAsync(Authorize), StringComparison.Ordinal);
        using var answer = await DecideAsync("deny");
        var back = Uri.UnescapeDataString(answer.Headers.Location!.Query);
        Assert.Contains("error=consent_required", back, StringComparison.Ordinal);
        Assert.Contains("AADSTS90094", back, StringComparison.Ordinal);
        Assert.Contains("state=s1", back, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_client_secret_has_its_own_number()
    {
        var tokens = await SignInAsync();
        _rig.Host.Switches.Set("clientSecretExpired", true);
        var refused = await RefreshAsync((string)tokens["refresh_token"]!, HttpStatusCode.Unauthorized);
        Assert.Equal("invalid_client", (string?)refused["error"]);
        Assert.StartsWith("AADSTS7000222", (string?)refused["error_description"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_without_a_scope_to_write_changes_nothing()
    {
        var tokens = await SignInAsync("Files.Read");
        await GraphRig.RefusedAsync(
            await _rig.CallAsync(HttpMethod.Put, "/me/drive/root:/a.txt:/content", new byte[1], (string)tokens["access_token"]!),
            403, "accessDenied");
    }

    [Fact]
    public async Task Device_code_is_pending_then_gives_tokens_once()
    {
        _rig.Host.Switches.Set("devicePollSeconds", 0);
        var begun = await BeginDeviceAsync("Files.ReadWrite offline_access");
        Assert.Equal("authorization_pending", (string?)(await PollAsync(begun))["error"]);
        var page = new Uri((string)begun["verification_uri"]!).AbsolutePath;
        Assert.Contains("<form", await _rig.PageAsync(page), StringComparison.Ordinal);
        using var wrong = await _rig.FormAsync(page, ("user_code", "WRONG"), ("account", "ann@example.test"), ("decision", "allow"));
        Assert.Equal("authorization_pending", (string?)(await PollAsync(begun))["error"]);
        using var allowed = await _rig.FormAsync(
            page, ("user_code", (string)begun["user_code"]!), ("account", "ann@example.test"), ("decision", "allow"));
        var tokens = await PollAsync(begun);
        Assert.Equal("ann@example.test", (string?)(await _rig.GetAsync("/me", (string)tokens["access_token"]!))["mail"]);
        Assert.NotNull((string?)tokens["refresh_token"]);
        Assert.Equal("bad_verification_code", (string?)(await PollAsync(begun))["error"]);
    }

    [Fact]
    public async Task Application_that_asks_about_a_device_code_too_often_is_told_to_slow_down()
    {
        var begun = await BeginDeviceAsync("Files.Read");
        Assert.Equal(5, (int)begun["interval"]!);
        Assert.Equal("authorization_pending", (string?)(await PollAsync(begun))["error"]);
        Assert.Equal("slow_down", (string?)(await PollAsync(begun))["error"]);
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("slow_down", (string?)(await PollAsync(begun))["error"]);
        _rig.Host.Clock.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal("authorization_pending", (string?)(await PollAsync(begun))["error"]);
    }

    [Fact]
    public async Task Device_code_needs_an_administrator_where_the_organization_wants_that()
    {
        _rig.Host.Switches.Set("adminApproval", true);
        var begun = await BeginDeviceAsync("Files.Read");
        using var entered = await _rig.FormAsync(
            "/common/oauth2/deviceauth", ("user_code", (string)begun["user_code"]!), ("decision", "allow"));
        Assert.Contains("administrator", await entered.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var refused = await PollAsync(begun);
        Assert.Equal("consent_required", (string?)refused["error"]);
        Assert.Equal(90094, (int)refused["error_codes"]![0]!);
    }

    [Fact]
    public async Task Device_code_is_declined_or_expires()
    {
        _rig.Host.Switches.Set("devicePollSeconds", 0);
        var begun = await BeginDeviceAsync("Files.Read");
        using var declined = await _rig.FormAsync(
            "/common/oauth2/deviceauth", ("user_code", (string)begun["user_code"]!), ("decision", "deny"));
        Assert.Equal("authorization_declined", (string?)(await PollAsync(begun))["error"]);
        _rig.Host.Clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal("expired_token", (string?)(await PollAsync(begun))["error"]);
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer, HttpStatusCode? status = null)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(status is null || status == answer.StatusCode, $"{(int)answer.StatusCode} {text}");
            return JsonNode.Parse(text)!;
        }
    }

    private async Task<JsonNode> SignInAsync(params string[] scopes)
    {
        using var answer = await DecideAsync("allow", scopes.Length == 0 ? ["Files.ReadWrite", "offline_access", "User.Read"] : scopes);
        var code = Regex.Match(answer.Headers.Location!.Query, "code=([^&]+)").Groups[1].Value;
        return await ReadAsync(
            await _rig.FormAsync(
                Token,
                ("client_id", "app"),
                ("grant_type", "authorization_code"),
                ("code", Uri.UnescapeDataString(code)),
                ("redirect_uri", Redirect)),
            HttpStatusCode.OK);
    }

    private async Task<HttpResponseMessage> DecideAsync(string decision, params string[] scopes)
    {
        var query = scopes is ["Files.Read"] ? Authorize.Replace("Files.ReadWrite", "Files.Read", StringComparison.Ordinal) : Authorize;
        var page = await _rig.PageAsync(query);
        var request = Regex.Match(page, "name=\"request\" value=\"([^\"]+)\"").Groups[1].Value;
        return await _rig.FormAsync(
            query,
            [("request", request), ("account", "ben@example.test"), ("decision", decision), .. scopes.Select(scope => ("scope", scope))]);
    }

    private async Task<JsonNode> RefreshAsync(string token, HttpStatusCode status) => await ReadAsync(
        await _rig.FormAsync(Token, ("client_id", "app"), ("grant_type", "refresh_token"), ("refresh_token", token)), status);

    private async Task<JsonNode> BeginDeviceAsync(string scope) =>
        await ReadAsync(await _rig.FormAsync("/common/oauth2/v2.0/devicecode", ("client_id", "app"), ("scope", scope)));

    private async Task<JsonNode> PollAsync(JsonNode begun) => await ReadAsync(await _rig.FormAsync(
        Token, ("client_id", "app"), ("grant_type", GraphSignIn.DeviceGrant), ("device_code", (string)begun["device_code"]!)));
}
