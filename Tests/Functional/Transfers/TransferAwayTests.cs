using System.Net;
using System.Net.Sockets;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;
using static ChunkUpload.Tests.Support.TransferPlaces;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The ledger and the network are away for a while.</summary>
public sealed class TransferAwayTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly Dictionary<string, string> Pauses = new()
    {
        ["Transfers:FirstPause"] = "00:00:00.020",
        ["Transfers:LongestPause"] = "00:00:00.200",
    };

    [Fact]
    public async Task A_ledger_that_is_away_costs_no_byte_and_doubles_none()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var relay = new DatabaseRelay(database);
        await using var rig = await TransferRig.StartAsync();
        var settings = new Dictionary<string, string>(rig.Settings.Concat(Pauses))
        {
            ["ConnectionStrings:Ledger"] = relay.ConnectionString,
        };
        await using (var service = await TestService.StartAsync(postgres, settings))
        {
            var expected = await DriveExportTests.MakeTreeAsync(service.Client, 30);
            var connection = await rig.ConnectAsync(service.Client);
            var held = rig.Drive.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "upload_id", Nth = 4 }, FaultAction.HoldReply());
            var made = await TransferRig.TransferAsync(
                service.Client, connection, null, await TransferRig.EntryAsync(service.Client, "tree"));
            var transfer = made.GetProperty("id").GetString()!;
            await held.Reached;
            // Answers of the storage come while nothing can be recorded.
            relay.Leave();
            held.Release();
            await Eventually.HoldsAsync(() => Task.FromResult(relay.Refused >= 20));
            relay.Return();
            await Eventually.HoldsAsync(async () =>
            {
                using var ready = await service.Client.GetAsync($"/api/transfers/{transfer}");
                return ready.IsSuccessStatusCode;
            });
            await TransferRig.UntilAsync(service.Client, transfer, "done");
            Assert.Equal(expected, (await rig.FilesAsync()).Order().ToList());
            Assert.Equal(expected.Count, (await ChainRig.ReportAsync(service.Client, transfer))
                .Count(item => item.GetProperty("kind").GetString() == "file" && item.GetProperty("state").GetString() == "done"));
        }

        await PostgresFixture.DropAsync(database);
    }

    [Fact]
    public async Task A_network_that_is_away_makes_it_wait_and_what_had_arrived_stays()
    {
        await using var rig = await S3Rig.StartAsync();
        await using var network = new CutProxy(new Uri(rig.Host.Address));
        await using var service = await TestService.StartAsync(
            postgres, new Dictionary<string, string>(S3Rig.Settings.Concat(Pauses)));
        using var added = await rig.AddAsync(service.Client, endpoint: network.Address.OriginalString.TrimEnd('/'));
        var connection = (await TransferRig.ReadAsync(added, 201)).GetProperty("id").GetString()!;
        var bytes = TransferRig.Bytes(1, (2 * S3Rig.Part) + 1000);
        var entry = await TransferRig.PutAsync(service.Client, "a.bin", bytes);
        var held = rig.Host.Faults.Add(new FaultMatch { Method = "PUT", PathRegex = "partNumber=2" }, FaultAction.Hold());
        var transfer = await OneDriveRig.TransferAsync(service.Client, null, connection, "root", null, entry);
        await held.Reached;
        // What is open breaks with its next byte, and nothing answers where the store was.
        network.Target = new Uri($"http://127.0.0.1:{FreePort()}");
        rig.Host.Faults.Add(new FaultMatch { Times = 0 }, FaultAction.ResetBeforeReply());
        held.Release();
        var waiting = await TransferRig.UntilAsync(service.Client, transfer, "waiting");
        Assert.Equal("network", waiting.GetProperty("wait").GetProperty("reason").GetString());
        rig.Host.Faults.Reset();
        network.Target = new Uri(rig.Host.Address);
        await TransferRig.UntilAsync(service.Client, transfer, "done");
        Assert.Equal([("a.bin", Sha256(bytes))], await rig.FilesAsync());
        Assert.Single(rig.Calls("UploadPart"), call => call.Path.Contains("partNumber=1&", StringComparison.Ordinal));
        Assert.Contains(await ChainRig.StoryAsync(service.Client, transfer), one => one.Kind == "waits_network");
    }

    private static int FreePort()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        return ((IPEndPoint)taken.LocalEndpoint).Port;
    }
}
