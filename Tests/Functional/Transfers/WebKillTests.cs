using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The service is killed while it reads from the web: with ranges it goes on, without them it begins again.</summary>
[Trait("Runs", "release")]
public sealed class WebKillTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_kill_in_the_middle_costs_a_piece_or_a_second_reading_and_no_byte(bool ranges)
    {
        await using var web = await WebRig.StartAsync();
        string[] settings = [.. WebRig.Settings.Select(pair => $"--{pair.Key}={pair.Value}")];
        var file = new WebFile { Bytes = TransferRig.Bytes(1, 1_000_000), ETag = ranges ? "\"1\"" : null, Ranges = ranges };
        var (reached, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        if (ranges)
        {
            file.Before = async number =>
            {
                if (number != 4)
                    return;
                reached.SetResult();
                await release.Task;
            };
        }
        else
        {
            // The rest of the answer is held back.
            file.Pause = (600_000, reached, release.Task);
        }

        var address = web.Add("/big.bin", file);
        var folder = ServiceFolder.Create();
        try
        {
            string transfer;
            await using (var killed = await ServiceProcess.StartAsync(folder, settings))
            {
                using var client = killed.CreateClient();
                var into = await OneDriveRig.MakeFolderAsync(client, "in");
                transfer = await WebRig.StartAsync(client, into, address);
                await reached.Task.WaitAsync(Eventually.Limit);
                await Eventually.HoldsAsync(async () =>
                    (await TransferRig.GetAsync(client, transfer)).GetProperty("bytes").GetProperty("moved").GetInt64() >= 512 << 10);
                await killed.Kill9Async();
                release.SetResult();
            }

            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var last = service.CreateClient();
            await TransferRig.UntilAsync(last, transfer, "done");
            Assert.Equal([("big.bin", WebRig.Sha256(file.Bytes))], await OneDriveRig.OwnFilesAsync(last, "in"));
            var item = Assert.Single(await WebRig.ItemsAsync(last, transfer));
            Assert.Equal(0, item.GetProperty("restarts").GetInt32());
            if (ranges)
                Assert.InRange(web.Requests.Sum(one => one.Sent), 1_000_000, 1_000_000 + (2 * (256 << 10)));
            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            release.TrySetResult();
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }
}
