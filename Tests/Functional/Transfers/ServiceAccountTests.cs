using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Google Drive by the key of a service account.</summary>
public sealed class ServiceAccountTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TransferRig _rig = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _rig = await TransferRig.StartAsync();
        // Only what its token address gives.
        _rig.Drive.Switches.Set("acceptAnyToken", false);
        // No application of the operator's is needed.
        var settings = new Dictionary<string, string>(_rig.Settings) { ["Connections:Google:ClientId"] = "" };
        _service = await TestService.StartAsync(postgres, settings);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_key_connects_moves_files_and_gets_new_tokens_until_it_is_removed_at_Google()
    {
        var key = await KeyAsync();
        var connection = await ConnectAsync(key, 201);
        Assert.Equal(TransferRig.Account, connection["account"]!.GetValue<string>());
        var id = connection["id"]!.GetValue<string>();
        var entry = await TransferRig.PutAsync(_service.Client, "a.bin", TransferRig.Bytes(1, 300_000));
        var made = await TransferRig.TransferAsync(_service.Client, id, null, entry);
        await TransferRig.UntilAsync(_service.Client, made.GetProperty("id").GetString()!, "done");

        using var control = new HttpClient();
        using (var ended = await control.PostAsJsonAsync(
            _rig.Drive.Address + "/_control/fault", new { action = new { kind = "revokeToken" } }))
        {
            Assert.True(ended.IsSuccessStatusCode);
        }

        using (var tested = await _service.Client.PostAsync($"/api/connections/{id}/test", null))
            Assert.Equal("ready", (await TransferRig.ReadAsync(tested, 200)).GetProperty("state").GetString());
        using (var removed = await control.DeleteAsync(_rig.Drive.Address + "/_control/drive/service-account"))
            Assert.True(removed.IsSuccessStatusCode);
        using (var ended = await control.PostAsJsonAsync(
            _rig.Drive.Address + "/_control/fault", new { action = new { kind = "revokeToken" } }))
        {
            Assert.True(ended.IsSuccessStatusCode);
        }

        using var refused = await _service.Client.PostAsync($"/api/connections/{id}/test", null);
        var problem = await TransferRig.ReadAsync(refused, 409);
        Assert.Contains("service account's key", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        using var now = await _service.Client.GetAsync($"/api/connections/{id}");
        Assert.Equal("needs_sign_in", (await TransferRig.ReadAsync(now, 200)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_file_that_is_no_key_is_refused_with_what_is_wrong_about_it()
    {
        await RefusedAsync("not json", "not JSON");
        await RefusedAsync("[]", "no JSON object");
        await RefusedAsync("""{"installed":{"client_id":"x","client_secret":"y"}}""", "OAuth client");
        await RefusedAsync(await ChangedAsync("type", "authorized_user"), "\"type\"");
        await RefusedAsync(await ChangedAsync("client_email", null), "client_email");
        await RefusedAsync(await ChangedAsync("client_email", "nobody"), "client_email");
        await RefusedAsync(await ChangedAsync("private_key", null), "private_key");
        const string NoKey = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        await RefusedAsync(await ChangedAsync("private_key", NoKey), "private_key");
        using (var small = RSA.Create(1024))
            await RefusedAsync(await ChangedAsync("private_key", small.ExportPkcs8PrivateKeyPem()), "2048");
        using (var curve = ECDsa.Create())
            await RefusedAsync(await ChangedAsync("private_key", curve.ExportPkcs8PrivateKeyPem()), "RSA");
        foreach (var address in new[]
        {
            "https://attacker.example/token", "http://oauth2.googleapis.com/token", "https://oauth2.googleapis.com.attacker.example/",
        })
        {
            await RefusedAsync(await ChangedAsync("token_uri", address), "token_uri");
        }

        Assert.DoesNotContain(_rig.Drive.Journal.Entries, entry => entry.Path.StartsWith("/token", StringComparison.Ordinal));

        // Google's own address is right, though this service asks the one of its settings; a foreign key is refused there.
        using var foreign = RSA.Create(2048);
        var signed = JsonNode.Parse(await ChangedAsync("token_uri", "https://oauth2.googleapis.com/token"))!.AsObject();
        signed["private_key"] = foreign.ExportPkcs8PrivateKeyPem();
        var problem = await ConnectAsync(signed.ToJsonString(), 409);
        Assert.Equal("connection_failed", problem["code"]!.GetValue<string>());
        using var list = await _service.Client.GetAsync("/api/connections");
        Assert.Equal(0, (await TransferRig.ReadAsync(list, 200)).GetProperty("items").GetArrayLength());
    }

    private async Task<string> KeyAsync()
    {
        using var control = new HttpClient();
        using var made = await control.PostAsync(_rig.Drive.Address + "/_control/drive/service-account", null);
        return await made.Content.ReadAsStringAsync();
    }

    private async Task<string> ChangedAsync(string name, string? value)
    {
        var key = JsonNode.Parse(await KeyAsync())!.AsObject();
        if (value is null)
            _ = key.Remove(name);
        else
            key[name] = value;
        return key.ToJsonString();
    }

    private async Task<JsonObject> ConnectAsync(string key, int status)
    {
        using var answer = await _service.Client.PostAsJsonAsync("/api/connections", new { kind = "google-drive", serviceAccount = key });
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode} {text}");
        Assert.DoesNotContain("PRIVATE KEY", text, StringComparison.Ordinal);
        return JsonNode.Parse(text)!.AsObject();
    }

    private async Task RefusedAsync(string key, string why)
    {
        var problem = await ConnectAsync(key, 400);
        Assert.Equal("invalid_field", problem["code"]!.GetValue<string>());
        Assert.Contains(why, problem["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }
}
