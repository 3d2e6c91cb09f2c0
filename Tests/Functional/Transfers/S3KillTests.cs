using System.Security.Cryptography;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The service is killed while it writes to S3, and while it brings files in from there.</summary>
[Trait("Runs", "release")]
public sealed class S3KillTests
{
    // An upload whose id is not known here, a part that was accepted, one that was not, a finished object, and a small one.
    private static readonly (string Method, string Path, int Nth, bool Acted)[] OutKills =
    [
        ("POST", "\\?uploads", 1, true), ("PUT", "partNumber=2", 1, true), ("PUT", "partNumber=3", 1, false),
        ("POST", "uploadId=", 1, true), ("PUT", "/tree/[^?]*$", 3, true),
    ];

    private static readonly (string Method, string Path, int Nth, bool Acted)[] InKills =
        [("GET", "list-type=2", 3, false), ("GET", "^/box/tree/large", 2, true)];

    [Fact]
    public async Task Every_file_arrives_once_there_and_back_although_the_service_is_killed()
    {
        await using var rig = await S3Rig.StartAsync();
        string[] settings = [.. S3Rig.Settings.Select(pair => $"--{pair.Key}={pair.Value}")];
        var folder = ServiceFolder.Create();
        try
        {
            string connection;
            IReadOnlyList<(string Path, string Sha256)> expected;
            await using (var first = await ServiceProcess.StartAsync(folder, settings))
            {
                using var client = first.CreateClient();
                var made = (await DriveExportTests.MakeTreeAsync(client, 14)).ToList();
                foreach (var number in new[] { 1, 2 })
                {
                    var bytes = TransferRig.Bytes(number, (3 * S3Rig.Part) + number);
                    _ = await TransferRig.PutAsync(client, $"tree/large {number}.bin", bytes);
                    made.Add(($"tree/large {number}.bin", Convert.ToHexStringLower(SHA256.HashData(bytes))));
                }

                expected = [.. made.Order()];
                await OneDriveRig.MakeFolderAsync(client, "back");
                connection = await rig.ConnectAsync(client);
                Assert.Equal(0, await first.StopAsync());
            }

            await RunAsync(OutKills, async client => await OneDriveRig.TransferAsync(
                client, null, connection, "root", null, await TransferRig.EntryAsync(client, "tree")));
            Assert.Equal(expected, await rig.FilesAsync());
            // Each kill may cost one part for each large file that was on its way; nothing else was sent twice.
            Assert.InRange(rig.Calls("UploadPart").Count(call => call.Status == 200), 8, 8 + (2 * OutKills.Length));
            var sent = rig.Calls("UploadPart").Sum(call => call.Received);
            Assert.InRange(sent, 6L * S3Rig.Part, (6 + (2 * OutKills.Length)) * (S3Rig.Part + 10_000L));

            await RunAsync(InKills, async client => await OneDriveRig.TransferAsync(
                client, connection, null, await TransferRig.EntryAsync(client, "back"), null, "box/tree/"));
            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var last = service.CreateClient();
            Assert.Equal(expected, await OneDriveRig.OwnFilesAsync(last, "back"));
            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }

        async Task RunAsync((string Method, string Path, int Nth, bool Acted)[] kills, Func<HttpClient, Task<string>> start)
        {
            string? transfer = null;
            foreach (var (method, path, nth, acted) in kills)
            {
                await using var killed = await ServiceProcess.StartAsync(folder, settings);
                using var client = killed.CreateClient();
                var held = rig.Host.Faults.Add(
                    new FaultMatch { Method = method, PathRegex = path, Nth = nth }, acted ? FaultAction.HoldReply() : FaultAction.Hold());
                transfer ??= await start(client);
                await held.Reached.WaitAsync(Eventually.Limit);
                await killed.Kill9Async();
                held.Release();
            }

            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var last = service.CreateClient();
            var done = await TransferRig.UntilAsync(last, transfer!, "done", "partly_done", "failed");
            Assert.True(
                done.GetProperty("state").GetString() == "done", await last.GetStringAsync($"/api/transfers/{transfer}/items?limit=200"));
            Assert.Equal(0, await service.StopAsync());
        }
    }
}
