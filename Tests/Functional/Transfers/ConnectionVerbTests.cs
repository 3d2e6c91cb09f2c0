using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The verb connections, for a person at the machine whose browser is elsewhere.</summary>
public sealed partial class ConnectionVerbTests : IAsyncLifetime
{
    private OneDriveRig _rig = null!;
    private ServiceProcess _service = null!;
    private HttpClient _client = null!;

    private string[] Settings => [.. _rig.Settings
        .Append(KeyValuePair.Create("Connections:Google:AuthorizeUrl", _rig.Google.Drive.Address + "/o/oauth2/v2/auth"))
        .Select(pair => $"--{pair.Key}={pair.Value}")];

    public async Task InitializeAsync()
    {
        _rig = await OneDriveRig.StartAsync();
        _rig.Graph.Switches.Set("devicePollSeconds", 1);
        _service = await ServiceProcess.StartAsync(null, Settings);
        _client = _service.CreateClient();
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_person_enters_the_code_that_the_machine_prints_and_signs_in_again_by_another_one()
    {
        await using (var verb = Launch("connections", "add", "onedrive", "--title=Office"))
        {
            await EnterAsync(verb, OneDriveRig.Ann, "allow");
            Assert.Equal(0, await verb.ExitCodeAsync());
            Assert.Contains($"{OneDriveRig.Ann} is connected.", verb.Output, StringComparison.Ordinal);
        }

        var connection = Assert.Single((await ListAsync()).EnumerateArray());
        var id = connection.GetProperty("id").GetString()!;
        Assert.Equal("Office", connection.GetProperty("title").GetString());
        await using (var verb = Launch("connections", "renew", id))
        {
            await EnterAsync(verb, OneDriveRig.Ben, "allow");
            Assert.Equal(2, await verb.ExitCodeAsync());
            Assert.Contains("another account", verb.Output, StringComparison.Ordinal);
        }

        await using (var verb = Launch("connections", "renew", id))
        {
            await EnterAsync(verb, OneDriveRig.Ann, "allow");
            Assert.Equal(0, await verb.ExitCodeAsync());
        }

        // The service uses what the verb has stored.
        using var tested = await _client.PostAsync($"/api/connections/{id}/test", null);
        Assert.Equal("ready", (await TransferRig.ReadAsync(tested, 200)).GetProperty("state").GetString());
        await using (var verb = Launch("connections", "add", "onedrive"))
        {
            await EnterAsync(verb, OneDriveRig.Ann, "deny");
            Assert.Equal(2, await verb.ExitCodeAsync());
            Assert.Contains("not allowed", verb.Output, StringComparison.Ordinal);
        }

        Assert.Single((await ListAsync()).EnumerateArray());
    }

    [Fact]
    public async Task A_person_brings_the_address_back_at_which_a_browser_ends()
    {
        await using (var verb = Launch("connections", "add", "google-drive"))
        {
            await verb.WaitForLineAsync("paste it here:");
            var address = Google().Match(verb.Output).Value;
            await verb.WriteLineAsync("http://127.0.0.1:8717/");
            await verb.WaitForLineAsync("That is not it");
            await verb.WriteLineAsync(await AllowAsync(address));
            Assert.Equal(0, await verb.ExitCodeAsync());
            Assert.Contains($"{TransferRig.Account} is connected.", verb.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("code=", verb.Output.Replace(address, "", StringComparison.Ordinal)
                .Replace("has state= and code= in it", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }

        Assert.Equal(TransferRig.Account, Assert.Single((await ListAsync()).EnumerateArray()).GetProperty("account").GetString());

        // Nobody types.
        await using var silent = Launch("connections", "add", "google-drive");
        await silent.WaitForLineAsync("paste it here:");
        silent.CloseInput();
        Assert.Equal(2, await silent.ExitCodeAsync());
        Assert.Single((await ListAsync()).EnumerateArray());
    }

    [Fact]
    public async Task Keys_come_from_files()
    {
        await using var s3 = await S3Rig.StartAsync();
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "key");
        await File.WriteAllTextAsync(file, $"{S3Rig.Key.Id}\n{S3Rig.Key.Secret}\n");
        await using (var verb = Launch(
            "connections", "add", "s3", $"--secret={file}", $"--endpoint={s3.Host.Address}", $"--bucket={S3Rig.Bucket}",
            "--region=us-east-1", "--title=Archive"))
        {
            Assert.True(await verb.ExitCodeAsync() == 0, verb.Output);
        }

        Assert.Equal("s3", Assert.Single((await ListAsync()).EnumerateArray()).GetProperty("kind").GetString());
        using (var control = new HttpClient())
        using (var made = await control.PostAsync(_rig.Google.Drive.Address + "/_control/drive/service-account", null))
            await File.WriteAllTextAsync(file, await made.Content.ReadAsStringAsync());
        await using (var verb = Launch("connections", "add", "google-drive", $"--secret={file}"))
            Assert.True(await verb.ExitCodeAsync() == 0, verb.Output);
        await File.WriteAllTextAsync(file, """{"type":"authorized_user"}""");
        await using (var verb = Launch("connections", "add", "google-drive", $"--secret={file}"))
        {
            Assert.Equal(2, await verb.ExitCodeAsync());
            Assert.Contains("not the key of a service account", verb.Output, StringComparison.Ordinal);
        }

        await using (var verb = Launch("connections", "add", "s3"))
        {
            Assert.Equal(2, await verb.ExitCodeAsync());
            Assert.Contains("--secret=FILE", verb.Output, StringComparison.Ordinal);
        }

        await using (var verb = Launch("connections", "add", "onedrive", "--bucket=photos"))
        {
            Assert.Equal(2, await verb.ExitCodeAsync());
            Assert.Contains("takes no bucket", verb.Output, StringComparison.Ordinal);
        }
    }

    private ServiceProcess Launch(params string[] arguments) =>
        ServiceProcess.Launch(_service.DataDirectory, [.. arguments, .. Settings]);

    private async Task<JsonElement> ListAsync() =>
        (await _client.GetFromJsonAsync<JsonElement>("/api/connections")).GetProperty("items");

    private static async Task EnterAsync(ServiceProcess verb, string account, string decision)
    {
        await verb.WaitForLineAsync("enter the code");
        var shown = Code().Match(verb.Output);
        using var client = new HttpClient();
        using var answer = await client.PostAsync(shown.Groups[1].Value, new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["user_code"] = shown.Groups[2].Value,
            ["account"] = account,
            ["decision"] = decision,
        }));
        Assert.Equal(200, (int)answer.StatusCode);
    }

    /// <summary>Allows the access on the provider's page, and returns where the browser ends.</summary>
    private static async Task<string> AllowAsync(string address)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler);
        var page = await client.GetStringAsync(address);
        using var decided = await client.PostAsync(address.Split('?')[0], new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["request"] = HiddenField().Match(page).Groups[1].Value,
            ["account"] = TransferRig.Account,
            ["scope"] = "https://www.googleapis.com/auth/drive",
            ["decision"] = "allow",
        }));
        Assert.Equal(302, (int)decided.StatusCode);
        return decided.Headers.Location!.OriginalString;
    }

    [GeneratedRegex("Open (http\\S+) in any browser, and enter the code (\\S+)")]
    private static partial Regex Code();

    [GeneratedRegex("http://\\S+/o/oauth2/\\S+")]
    private static partial Regex Google();

    [GeneratedRegex("name=\"?request\"?[^>]*value=\"?([^\" >]+)")]
    private static partial Regex HiddenField();
}
