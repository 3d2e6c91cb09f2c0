using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The service is killed between a publication and the transfer that it sets off, and while that transfer goes on.</summary>
[Trait("Runs", "release")]
public sealed class ArrivalKillTests
{
    private const int Kills = 4;

    [Fact]
    public async Task Every_arrival_goes_on_once_although_the_service_is_killed()
    {
        await using var rig = await TransferRig.StartAsync();
        string[] settings = [.. rig.Settings.Select(pair => $"--{pair.Key}={pair.Value}")];
        var folder = ServiceFolder.Create();
        try
        {
            string? schedule = null;
            for (var i = 0; i < Kills; i++)
            {
                await using var killed = await ServiceProcess.StartAsync(folder, settings);
                using var client = killed.CreateClient();
                schedule ??= await AddAsync(rig, client);
                // Each second kill comes once the transfer of all that arrived so far has sent something.
                var held = rig.Drive.Faults.Add(
                    new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 1 }, FaultAction.HoldReply());
                await TransferRig.PutAsync(client, $"inbox/deep/{i}.bin", TransferRig.Bytes(i, 300_000 + i));
                if (i % 2 == 1)
                    await held.Reached.WaitAsync(Eventually.Limit);
                await killed.Kill9Async();
                held.Release();
            }

            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var last = service.CreateClient();
            await Eventually.HoldsAsync(async () => (await rig.FilesAsync()).Count >= Kills);
            var arrivals = (await last.GetFromJsonAsync<JsonElement>($"/api/schedules/{schedule}/arrivals"))
                .GetProperty("items").EnumerateArray().ToList();
            Assert.Equal(Kills, arrivals.Count);
            Assert.All(arrivals, one => Assert.Equal("begun", one.GetProperty("state").GetString()));
            foreach (var transfer in arrivals.Select(one => one.GetProperty("transfer").GetString()!).Distinct())
                await TransferRig.UntilAsync(last, transfer, "done");
            Assert.Equal(
                Enumerable.Range(0, Kills).Select(i => $"deep/{i}.bin"), (await rig.FilesAsync()).Select(file => file.Path).Order());
            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }

    private static async Task<string> AddAsync(TransferRig rig, HttpClient client)
    {
        await TransferRig.PutAsync(client, "inbox/before.bin", [1]);
        using var answer = await client.PostAsJsonAsync("/api/schedules", new
        {
            title = "inbox",
            arrival = new { },
            transfer = new
            {
                source = new { items = new[] { await TransferRig.EntryAsync(client, "inbox") } },
                destination = new { connection = await rig.ConnectAsync(client), folder = "root" },
            },
        });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }
}
