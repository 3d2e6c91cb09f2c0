using ChunkUpload.Emulators.Control;
using ChunkUpload.Infrastructure.Connectors.Graph;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The service is killed while it writes to OneDrive, and while it brings files in from there.</summary>
[Trait("Runs", "release")]
public sealed class ImportKillTests
{
    // A folder, a session whose address is not known here, a piece that was accepted, one that was not, and a finished file.
    private static readonly (string Method, string Path, int Nth, bool Acted)[] OutKills =
    [
        ("POST", "/children$", 2, true), ("POST", "createUploadSession", 2, true), ("PUT", "^/upload/", 3, true),
        ("PUT", "^/upload/", 2, false),
    ];

    private static readonly (string Method, string Path, int Nth, bool Acted)[] InKills =
    [
        ("GET", "/children", 3, false), ("GET", "^/download/", 3, false), ("GET", "^/download/", 5, true), ("GET", "^/download/", 6, false),
    ];

    [Fact]
    public async Task Every_file_arrives_once_there_and_back_although_the_service_is_killed()
    {
        await using var rig = await OneDriveRig.StartAsync();
        string[] settings = [.. rig.Settings.Select(pair => $"--{pair.Key}={pair.Value}")];
        var folder = ServiceFolder.Create();
        try
        {
            string connection;
            IReadOnlyList<(string Path, string Sha256)> expected;
            await using (var first = await ServiceProcess.StartAsync(folder, settings))
            {
                using var client = first.CreateClient();
                expected = [.. (await DriveExportTests.MakeTreeAsync(client, 20))
                    .Select(file => (string.Join('/', file.Path.Split('/').Select(GraphNames.NameOf)), file.Sha256)).Order()];
                await OneDriveRig.MakeFolderAsync(client, "back");
                connection = await rig.ConnectAsync(client, OneDriveRig.Ann);
                Assert.Equal(0, await first.StopAsync());
            }

            await RunAsync(OutKills, async client => await OneDriveRig.TransferAsync(
                client, null, connection, "root", null, await TransferRig.EntryAsync(client, "tree")));
            Assert.Equal(expected, await OneDriveRig.FilesAsync(rig.DriveOf(OneDriveRig.Ann)));

            await RunAsync(InKills, async client => await OneDriveRig.TransferAsync(
                client, connection, null, await TransferRig.EntryAsync(client, "back"), null,
                await OneDriveRig.FindAsync(client, connection, "root", "tree")));
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
                var held = rig.Graph.Faults.Add(
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
