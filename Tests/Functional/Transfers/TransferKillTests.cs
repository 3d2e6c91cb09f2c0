using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The service is killed while it transfers, at points that the emulator holds open, and goes on after its start.</summary>
public sealed class TransferKillTests
{
    private static readonly (string Method, string Path, int Nth, bool Acted)[] Kills =
    [
        // A folder, and an upload, whose creation is not known here; a piece that was accepted, one that was not, and a finished file.
        ("POST", "/drive/v3/files\\?fields", 2, true),
        ("POST", "uploadType=resumable", 3, true),
        ("PUT", "upload_id", 2, true),
        ("PUT", "upload_id", 4, false),
        ("PUT", "upload_id", 6, true),
    ];

    [Fact]
    public async Task Every_file_arrives_once_although_the_service_is_killed_again_and_again()
    {
        await using var rig = await TransferRig.StartAsync();
        string[] settings = [.. rig.Settings.Select(pair => $"--{pair.Key}={pair.Value}")];
        var folder = ServiceFolder.Create();
        try
        {
            string? transfer = null;
            IReadOnlyList<(string Path, string Sha256)> expected = [];
            foreach (var (method, path, nth, acted) in Kills)
            {
                await using var killed = await ServiceProcess.StartAsync(folder, settings);
                using var client = killed.CreateClient();
                if (transfer is null)
                {
                    expected = await DriveExportTests.MakeTreeAsync(client, 30);
                    var connection = await rig.ConnectAsync(client);
                    var held = Hold();
                    var made = await TransferRig.TransferAsync(client, connection, null, await TransferRig.EntryAsync(client, "tree"));
                    transfer = made.GetProperty("id").GetString()!;
                    await KillAsync(killed, held);
                    continue;
                }

                await KillAsync(killed, Hold());

                Fault Hold() => rig.Drive.Faults.Add(
                    new FaultMatch { Method = method, PathRegex = path, Nth = nth },
                    acted ? FaultAction.HoldReply() : FaultAction.Hold());
            }

            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var last = service.CreateClient();
            var done = await TransferRig.UntilAsync(last, transfer!, "done", "partly_done", "failed");
            Assert.Equal("done", done.GetProperty("state").GetString());
            Assert.Equal(expected, (await rig.FilesAsync()).Order().ToList());
            Assert.Equal(expected.Count, done.GetProperty("files").GetProperty("done").GetInt64());

            // Each kill may cost the pieces that were on their way; nothing else was sent twice.
            var size = done.GetProperty("bytes").GetProperty("all").GetInt64();
            var sent = rig.Drive.Journal.Entries.Where(one => one.Method == "PUT").Sum(one => one.Received);
            Assert.InRange(sent, size, size + (Kills.Length * 4L * (256 << 10)));
            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }

    private static async Task KillAsync(ServiceProcess service, Fault held)
    {
        await held.Reached.WaitAsync(Eventually.Limit);
        await service.Kill9Async();
        held.Release();
    }
}
