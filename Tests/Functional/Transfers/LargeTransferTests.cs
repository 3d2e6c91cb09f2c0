using System.Globalization;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>
/// One large file whose bytes the source makes and the destination hashes and throws away. CHUNKUPLOAD_LARGE_TRANSFER says how large.
/// </summary>
public sealed class LargeTransferTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const long Piece = 10 << 20;

    [Fact]
    public async Task A_large_file_arrives_with_one_digest_at_both_ends_although_the_service_is_killed_in_its_middle()
    {
        var size = Environment.GetEnvironmentVariable("CHUNKUPLOAD_LARGE_TRANSFER") is { Length: > 0 } text
            ? long.Parse(text, CultureInfo.InvariantCulture)
            : 45_000_001;
        await using var rig = await OneDriveRig.StartAsync(discards: true);
        _ = await rig.Google.Drive.SeedAsync(new { items = new[] { new { name = "large.bin", id = "large", size, seed = 1 } } });
        var ledger = await postgres.CreateDatabaseAsync();
        string[] settings =
        [
            .. rig.Settings.Where(pair => pair.Key != "Transfers:PieceSize").Select(pair => $"--{pair.Key}={pair.Value}"),
            $"--Transfers:PieceSize={Piece}", $"--ConnectionStrings:Ledger={ledger}",
        ];
        var folder = ServiceFolder.Create();
        try
        {
            string transfer;
            var held = rig.Graph.Faults.Add(
                new FaultMatch { Method = "PUT", PathRegex = "^/upload/", Nth = (int)(size / Piece / 2) + 1 }, FaultAction.HoldReply());
            await using (var killed = await ServiceProcess.StartAsync(folder, settings))
            {
                using var client = killed.CreateClient();
                transfer = await OneDriveRig.TransferAsync(
                    client, await rig.Google.ConnectAsync(client), await rig.ConnectAsync(client, OneDriveRig.Ann), "root", null, "large");
                while (!held.Reached.IsCompleted)
                {
                    var state = (await TransferRig.GetAsync(client, transfer)).GetProperty("state").GetString();
                    Assert.Contains(state, new[] { "queued", "scanning", "running" });
                    await Task.Delay(50);
                }

                await killed.Kill9Async();
                held.Release();
            }

            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var last = service.CreateClient();
            await TransferRig.UntilAsync(last, transfer, "done");
            var item = Assert.Single(await S3Rig.ItemsAsync(last, transfer));
            var source = Assert.Single(await rig.Google.FilesAsync());
            var there = Assert.Single(rig.DriveOf(OneDriveRig.Ann).All(), one => one.Content is not null);
            Assert.Equal((source.Sha256, size), (there.Content!.Sha256!.ToLowerInvariant(), there.Content.Size));
            Assert.Equal((source.Sha256, 0), (item.GetProperty("sha256").GetString(), item.GetProperty("restarts").GetInt32()));
            // The piece whose answer the killed process did not hear was not sent again; what went out beside it was.
            var puts = rig.Graph.Journal.Entries.Where(one => one.Operation == "session.put").ToList();
            var sent = puts.Sum(one => one.Received);
            if (sent < size || sent > size + Piece)
            {
                var odd = puts.Where(one => one.Received != Piece).Select(one => one.ToString());
                var (story, calls) = (await last.GetStringAsync($"/api/transfers/{transfer}/events?limit=200"),
                    await last.GetStringAsync($"/api/transfers/{transfer}/calls?limit=20"));
                Assert.Fail($"{sent - size} bytes were sent again.\n{string.Join('\n', odd)}\n{story}\n{calls}");
            }

            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            ServiceFolder.Remove(folder);
            await PostgresFixture.DropAsync(ledger);
        }
    }
}
