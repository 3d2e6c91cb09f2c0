using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Storage;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Imports into a service whose disk or quota has no room.</summary>
public sealed class ImportRoomTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly FaultySyscalls _calls = new();
    private OneDriveRig _rig = null!;
    private TestService _service = null!;
    private string _folder = null!;

    private HttpClient Client => _service.Client;

    public async Task InitializeAsync()
    {
        _rig = await OneDriveRig.StartAsync();
        _service = await TestService.StartAsync(postgres, new Dictionary<string, string>(_rig.Settings)
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
            ["Transfers:FullPause"] = "00:00:00.300",
        }, FaultyStore.With(_calls));
        _folder = await OneDriveRig.MakeFolderAsync(Client, "in");
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_full_disk_of_the_service_makes_it_wait_until_there_is_room()
    {
        var bytes = TransferRig.Bytes(10, 700_000);
        var (connection, item) = await SeedAsync(OneDriveRig.Ben, bytes);
        _calls.Answer = call => call is { Name: nameof(ISyscalls.Pwrite), Offset: >= 256 << 10 } ? -Errno.NoSpace : null;
        var transfer = await StartAsync(connection, null, item);
        var waiting = await TransferRig.UntilAsync(Client, transfer, "waiting");
        Assert.Equal("space", waiting.GetProperty("wait").GetProperty("reason").GetString());
        _calls.Answer = null;
        await TransferRig.UntilAsync(Client, transfer, "done");
        Assert.Equal([("film.mp4", Sha256(bytes))], await OneDriveRig.OwnFilesAsync(Client, "in"));
    }

    [Fact]
    public async Task The_plan_says_how_much_room_a_quota_leaves()
    {
        var (connection, item) = await SeedAsync(OneDriveRig.Ben, TransferRig.Bytes(11, 400_000));
        await TransferRig.PutAsync(Client, "in/there.bin", TransferRig.Bytes(12, 1000));
        using (var answer = await Client.PutAsJsonAsync("/api/limits/tenant/default", new { storedBytes = 301_000 }))
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}");
        using var made = await Client.PostAsJsonAsync("/api/transfers", new
        {
            source = new { connection, items = new[] { item } },
            destination = new { folder = _folder },
            plan = true,
        });
        var transfer = (await TransferRig.ReadAsync(made, 201)).GetProperty("id").GetString()!;
        await TransferRig.UntilAsync(Client, transfer, "planned");
        var plan = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/plan");
        Assert.InRange(plan.GetProperty("room").GetInt64(), 299_000, 300_000);
        Assert.False(plan.GetProperty("fits").GetBoolean());
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task<(string Connection, string Item)> SeedAsync(string account, byte[] bytes)
    {
        await _rig.SeedAsync(account, "film.mp4", bytes);
        var connection = await _rig.ConnectAsync(Client, account);
        return (connection, await OneDriveRig.FindAsync(Client, connection, "root", "film.mp4"));
    }

    private Task<string> StartAsync(string connection, object? options, string item) =>
        OneDriveRig.TransferAsync(Client, connection, null, _folder, options, item);
}
