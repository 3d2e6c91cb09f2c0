using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>A secret is tried before it is kept, and opens the account that the connection has.</summary>
public sealed class ConnectionSecretTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private OneDriveRig _rig = null!;
    private TestService _service = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await OneDriveRig.StartAsync();
        _service = await TestService.StartAsync(postgres, _rig.Settings);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task Neither_another_accounts_secret_nor_one_that_is_refused_takes_the_place_of_the_one_that_works()
    {
        var connection = await _rig.ConnectAsync(Client, OneDriveRig.Ben);
        await RefusedAsync(connection, new { refreshToken = await _rig.SignInAsync(OneDriveRig.Ann) }, "another account");
        await RefusedAsync(connection, new { refreshToken = "nonsense" }, "does not accept");

        // The one that is kept still opens the account, also when its access token has ended.
        _rig.Graph.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(OneDriveRig.Ben, (await TestAsync(connection)).GetProperty("account").GetString());
    }

    [Fact]
    public async Task A_new_secret_of_the_account_is_used_at_once()
    {
        var connection = await _rig.ConnectAsync(Client, OneDriveRig.Ann);
        await TestAsync(connection);
        await _rig.ApplyAsync(new { kind = "revokeSignIn", account = OneDriveRig.Ann });
        using (var refused = await Client.PostAsync($"/api/connections/{connection}/test", null))
            Assert.Equal(409, (int)refused.StatusCode);
        using var renewed = await Client.PutAsJsonAsync(
            $"/api/connections/{connection}/secret", new { refreshToken = await _rig.SignInAsync(OneDriveRig.Ann) });
        Assert.Equal("ready", (await TransferRig.ReadAsync(renewed, 200)).GetProperty("state").GetString());
        await TestAsync(connection);
    }

    [Fact]
    public async Task A_key_of_a_bucket_is_tried_too_and_a_storage_that_does_not_answer_is_not_kept()
    {
        await using var s3 = await S3Rig.StartAsync();
        var connection = await s3.ConnectAsync(Client);
        await RefusedAsync(connection, new { accessKeyId = S3Rig.Key.Id, secretAccessKey = "wrong" }, "secret does not belong");
        await TestAsync(connection);
        using var renewed = await Client.PutAsJsonAsync(
            $"/api/connections/{connection}/secret", new { accessKeyId = S3Rig.Key.Id, secretAccessKey = S3Rig.Key.Secret });
        Assert.Equal(200, (int)renewed.StatusCode);

        foreach (var endpoint in new[] { "http://127.0.0.1:1", "http://no-such-host.invalid" })
        {
            using var answer = await s3.AddAsync(Client, region: "us-east-1", endpoint: endpoint);
            Assert.Equal("connection_failed", (await TransferRig.ReadAsync(answer, 409)).GetProperty("code").GetString());
        }

        var list = await Client.GetFromJsonAsync<JsonElement>("/api/connections");
        Assert.Equal(connection, Assert.Single(list.GetProperty("items").EnumerateArray()).GetProperty("id").GetString());
    }

    [Fact]
    public async Task Removing_one_of_two_connections_of_an_account_does_not_end_the_others_sign_in()
    {
        var (first, second) = (await _rig.Google.ConnectAsync(Client), await _rig.Google.ConnectAsync(Client));
        using (var removed = await Client.DeleteAsync($"/api/connections/{first}"))
            Assert.Equal(204, (int)removed.StatusCode);
        Assert.Equal(0, Revocations());
        _rig.Google.Drive.Clock.Advance(TimeSpan.FromHours(2));
        await TestAsync(second);

        // The last deletion ends it.
        using (var removed = await Client.DeleteAsync($"/api/connections/{second}"))
            Assert.Equal(204, (int)removed.StatusCode);
        Assert.Equal(1, Revocations());
    }

    private int Revocations() => _rig.Google.Drive.Journal.Entries.Count(entry => entry.Path == "/revoke");

    private async Task<JsonElement> TestAsync(string connection)
    {
        using var tested = await Client.PostAsync($"/api/connections/{connection}/test", null);
        return await TransferRig.ReadAsync(tested, 200);
    }

    private async Task RefusedAsync(string connection, object secret, string why)
    {
        using var answer = await Client.PutAsJsonAsync($"/api/connections/{connection}/secret", secret);
        var problem = await TransferRig.ReadAsync(answer, 409);
        Assert.Equal("connection_failed", problem.GetProperty("code").GetString());
        Assert.Contains(why, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
