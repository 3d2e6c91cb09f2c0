using System.Security.Cryptography;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>Items of OneDrive that point to other drives, whose owners may have removed what they point to.</summary>
public sealed class SharedItemTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private OneDriveRig _rig = null!;
    private TestService _service = null!;

    public async Task InitializeAsync()
    {
        _rig = await OneDriveRig.StartAsync();
        _service = await TestService.StartAsync(postgres, _rig.Settings);
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _rig.DisposeAsync();
    }

    [Fact]
    public async Task A_pointer_is_followed_and_one_that_leads_nowhere_is_left_out_with_the_reason()
    {
        var (client, bytes) = (_service.Client, TransferRig.Bytes(8, 5000));
        await _rig.SeedAsync(OneDriveRig.Ben, "Trip/pic.jpg", bytes);
        _ = await _rig.Graph.SeedAsync(new
        {
            account = OneDriveRig.Ann,
            items = new object[]
            {
                new { path = "box/mine.txt", text = "mine" },
                new { path = "box/from ben.jpg", targetAccount = OneDriveRig.Ben, targetPath = "Trip/pic.jpg" },
            },
        });
        var connection = await _rig.ConnectAsync(client, OneDriveRig.Ann);
        var box = await OneDriveRig.FindAsync(client, connection, "root", "box");
        var first = await OneDriveRig.TransferAsync(
            client, connection, null, await OneDriveRig.MakeFolderAsync(client, "first"), null, box);
        await TransferRig.UntilAsync(client, first, "done");
        Assert.Contains(
            ("box/from ben.jpg", Convert.ToHexStringLower(SHA256.HashData(bytes))), await OneDriveRig.OwnFilesAsync(client, "first"));

        using (var ben = new HttpClient())
        {
            ben.DefaultRequestHeaders.Authorization = new("Bearer", "tok-ben");
            using var removed = await ben.DeleteAsync($"{_rig.Graph.Address}/v1.0/me/drive/root:/Trip");
            Assert.True(removed.IsSuccessStatusCode);
        }

        var second = await OneDriveRig.TransferAsync(
            client, connection, null, await OneDriveRig.MakeFolderAsync(client, "second"), null, box);
        await TransferRig.UntilAsync(client, second, "done");
        Assert.Equal("box/mine.txt", Assert.Single(await OneDriveRig.OwnFilesAsync(client, "second")).Path);
        var item = (await S3Rig.ItemsAsync(client, second)).Single(one => one.GetProperty("path").GetString() == "box/from ben.jpg");
        Assert.Equal("skipped", item.GetProperty("state").GetString());
        Assert.Contains("gone, or is not shared", item.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }
}
