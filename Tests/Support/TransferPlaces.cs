using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// A service with emulated Google and Microsoft accounts that the tests of a class share, because a start costs more than most of them.
/// Each test begins with <see cref="EmptyAsync"/>: emulators as they were at first, no connections and no files.
/// </summary>
public class TransferPlaces : IAsyncLifetime
{
    internal OneDriveRig Rig { get; private set; } = null!;

    internal TestService Service { get; private set; } = null!;

    internal HttpClient Client => Service.Client;

    /// <summary>Settings of the service that differ from those of most classes.</summary>
    internal virtual IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>();

    public async Task InitializeAsync()
    {
        Rig = await OneDriveRig.StartAsync();
        var postgres = new PostgresFixture();
        await postgres.InitializeAsync();
        var settings = new Dictionary<string, string>(Rig.Settings)
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
            ["Transfers:FullPause"] = "00:00:00.300",
        };
        foreach (var (key, value) in Settings)
            settings[key] = value;
        Service = await TestService.StartAsync(postgres, settings);
    }

    public async Task DisposeAsync()
    {
        await Service.DisposeAsync();
        await Rig.DisposeAsync();
    }

    internal async Task EmptyAsync()
    {
        // Release the held requests of the previous test first.
        await Rig.Google.Drive.ResetAsync();
        await Rig.Graph.ResetAsync();
        foreach (var id in await IdsAsync("/api/connections"))
            await DeleteAsync($"/api/connections/{id}");
        foreach (var id in await IdsAsync("/api/tree/?limit=1000"))
            await DeleteAsync($"/api/entries/{id}");
    }

    /// <summary>Begins a transfer; null is the service itself.</summary>
    internal Task<string> StartAsync(string? source, string? destination, string folder, params string[] items) =>
        OneDriveRig.TransferAsync(Client, source, destination, folder, null, items);

    internal async Task DoneAsync(string transfer)
    {
        var ended = await TransferRig.UntilAsync(Client, transfer, "done", "partly_done", "failed");
        Assert.True(
            ended.GetProperty("state").GetString() == "done", await Client.GetStringAsync($"/api/transfers/{transfer}/items?limit=200"));
    }

    internal async Task<IReadOnlyList<JsonElement>> ItemsAsync(string transfer, string query = "")
    {
        var page = await Client.GetFromJsonAsync<JsonElement>($"/api/transfers/{transfer}/items?limit=200&{query}");
        return [.. page.GetProperty("items").EnumerateArray()];
    }

    /// <summary>Changes the state of an emulator at once.</summary>
    internal static async Task ApplyAsync(EmulatorHost emulator, object action)
    {
        using var client = new HttpClient();
        using var answer = await client.PostAsJsonAsync($"{emulator.Address}/_control/fault", new { action });
        Assert.True(answer.IsSuccessStatusCode);
    }

    internal static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task<IEnumerable<string>> IdsAsync(string list) =>
        (await Client.GetFromJsonAsync<JsonElement>(list)).GetProperty("items").EnumerateArray()
            .Select(one => one.GetProperty("id").GetString()!);

    private async Task DeleteAsync(string path)
    {
        using var removed = await Client.DeleteAsync(path);
        Assert.True(removed.IsSuccessStatusCode, $"{path}: {(int)removed.StatusCode}");
    }
}
