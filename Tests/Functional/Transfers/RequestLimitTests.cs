using ChunkUpload.Tests.Support;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Requests to providers stay within the limits of the settings, and those of disabled connections are none.</summary>
public sealed class RequestLimitTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private OneDriveRig _rig = null!;

    public async Task InitializeAsync() => _rig = await OneDriveRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Theory]
    [InlineData("requests", 4)]
    [InlineData("units", 250)]
    public async Task What_the_settings_do_not_allow_is_not_sent(string countBy, int limit)
    {
        await using var service = await TestService.StartAsync(postgres, new Dictionary<string, string>(_rig.Settings)
        {
            ["Connections:Google:CountBy"] = countBy,
            ["Connections:Google:AccountLimit"] = $"{limit}",
            ["Connections:Google:LimitWindow"] = "1.00:00:00",
        });
        var connection = await _rig.Google.ConnectAsync(service.Client);
        var before = Calls();
        var (looked, detail) = (0, "");
        while (looked < 10)
        {
            using var answer = await service.Client.GetAsync($"/api/connections/{connection}/items?folder=root");
            if (!answer.IsSuccessStatusCode)
            {
                detail = (await TransferRig.ReadAsync(answer, 409)).GetProperty("detail").GetString()!;
                break;
            }

            looked++;
        }

        // Connecting asked for the account.
        Assert.Equal(countBy == "units" ? 2 : 3, looked);
        Assert.Equal(looked, Calls() - before);
        Assert.Contains("settings", detail, StringComparison.Ordinal);

        // Another account has its own.
        using var other = await service.Client.GetAsync(
            $"/api/connections/{await _rig.Google.ConnectAsync(service.Client)}/items?folder=root");
        Assert.Equal(200, (int)other.StatusCode);
    }

    [Fact]
    public async Task A_connection_that_a_restore_has_disabled_asks_for_nothing_until_it_is_signed_in_again()
    {
        await using var service = await TestService.StartAsync(postgres, _rig.Settings);
        var connection = await _rig.ConnectAsync(service.Client, OneDriveRig.Ann);
        await using (var database = new NpgsqlConnection(service.ConnectionString))
            await database.ExecuteAsync("update chunkupload.connections set state = 'disabled'");
        _rig.Graph.Clock.Advance(TimeSpan.FromHours(2));
        var before = _rig.Graph.Journal.Entries.Count;
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var tested = await service.Client.PostAsync($"/api/connections/{connection}/test", null);
            Assert.Equal(409, (int)tested.StatusCode);
            using var browsed = await service.Client.GetAsync($"/api/connections/{connection}/items");
            Assert.Equal(409, (int)browsed.StatusCode);
            using var now = await service.Client.GetAsync($"/api/connections/{connection}");
            Assert.Equal("disabled", (await TransferRig.ReadAsync(now, 200)).GetProperty("state").GetString());
        }

        Assert.Equal(before, _rig.Graph.Journal.Entries.Count);
    }

    private int Calls() =>
        _rig.Google.Drive.Journal.Entries.Count(entry => entry.Path.StartsWith("/drive/v3/files", StringComparison.Ordinal));
}
