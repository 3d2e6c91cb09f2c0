using System.Security.Cryptography;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Received files are compared with the MD5 of a source that has no other digest.</summary>
public sealed class OldDigestTransferTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TransferRig _rig = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _rig = await TransferRig.StartAsync();
        _rig.Drive.Switches.Set("onlyMd5", true);
        _service = await TestService.StartAsync(postgres, new Dictionary<string, string>(_rig.Settings)
        {
            ["Transfers:FirstPause"] = "00:00:00.020",
            ["Transfers:LongestPause"] = "00:00:00.200",
        });
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Theory]
    [InlineData(false, "done")]
    [InlineData(true, "failed")]
    public async Task Bytes_that_are_not_the_sources_are_found(bool damaged, string state)
    {
        var bytes = TransferRig.Bytes(6, 700_000);
        _ = await _rig.Drive.SeedAsync(
            new { items = new[] { new { name = "old.bin", id = "1old", base64 = Convert.ToBase64String(bytes) } } });
        if (damaged)
        {
            // In the second piece, each time.
            _ = _rig.Drive.Faults.Add(
                new FaultMatch { PathRegex = "1old.*alt=media", Times = 0 },
                new FaultAction { Kind = "corruptByte", Offset = 10, Of = "response" });
        }

        var client = _service.Client;
        var connection = await _rig.ConnectAsync(client);
        var into = await OneDriveRig.MakeFolderAsync(client, "in");
        var transfer = await OneDriveRig.TransferAsync(client, connection, null, into, null, "1old");
        await TransferRig.UntilAsync(client, transfer, state);
        var item = Assert.Single(await S3Rig.ItemsAsync(client, transfer));
        if (damaged)
            Assert.Contains("source's digest", item.GetProperty("reason").GetString(), StringComparison.Ordinal);
        else
            Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await client.GetByteArrayAsync("/api/tree/in/old.bin")));
        var list = await OneDriveRig.OwnFilesAsync(client, "in");
        Assert.Equal(damaged ? 0 : 1, list.Count);
    }
}
