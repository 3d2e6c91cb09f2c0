using System.Net.Http.Json;
using System.Security.Cryptography;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>A tree to a real store and back: <c>tools/Emulators/ceph</c> starts Ceph's gateway, and runs this.</summary>
public sealed class S3RealStoreTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    /// <summary>Address, access key, secret and bucket, separated by blanks.</summary>
    private static readonly string[]? Store = Environment.GetEnvironmentVariable("CHUNKUPLOAD_S3_STORE")?.Split(' ');

    [RealStoreFact]
    public async Task A_tree_goes_there_and_back_with_its_bytes()
    {
        await using var service = await TestService.StartAsync(postgres, S3Rig.Settings);
        var client = service.Client;
        using var added = await client.PostAsJsonAsync(
            "/api/connections",
            new { kind = "s3", endpoint = Store![0], accessKeyId = Store[1], secretAccessKey = Store[2], bucket = Store[3] });
        var connection = (await TransferRig.ReadAsync(added, 201)).GetProperty("id").GetString()!;
        var made = (await DriveExportTests.MakeTreeAsync(client, 40)).ToList();
        var bytes = TransferRig.Bytes(1, (4 * S3Rig.Part) + 17);
        _ = await TransferRig.PutAsync(client, "tree/large.bin", bytes);
        made.Add(("tree/large.bin", Convert.ToHexStringLower(SHA256.HashData(bytes))));
        var back = await OneDriveRig.MakeFolderAsync(client, "back");

        var transfer = await OneDriveRig.TransferAsync(
            client, null, connection, "root", null, await TransferRig.EntryAsync(client, "tree"));
        await TransferRig.UntilAsync(client, transfer, "done");
        transfer = await OneDriveRig.TransferAsync(client, connection, null, back, null, $"{Store[3]}/tree/");
        await TransferRig.UntilAsync(client, transfer, "done");
        Assert.Equal(made.Order().ToList(), await OneDriveRig.OwnFilesAsync(client, "back"));
    }

    private sealed class RealStoreFactAttribute : FactAttribute
    {
        public RealStoreFactAttribute()
        {
            if (Store is null)
                Skip = "CHUNKUPLOAD_S3_STORE names no store.";
        }
    }
}
