using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Browser;

/// <summary>Ways to connect a storage in Chromium, and transfers where nothing is connected.</summary>
public sealed class ConnectionPagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [ConsoleTheory]
    [ReleaseData("connectionWaysWide")]
    [InlineData("connectionWaysNarrow")]
    public async Task A_person_connects_by_a_code_by_an_address_and_by_a_key(string scenario)
    {
        await using var rig = await OneDriveRig.StartAsync();
        await using var s3 = await S3Rig.StartAsync();
        rig.Graph.Switches.Set("devicePollSeconds", 1);
        await s3.SeedAsync(S3Rig.Object("in/seen.txt", [1, 2]), S3Rig.Object("out/hidden.txt", [3]));
        await using var service = await ConsoleRig.ServiceAsync(postgres, new Dictionary<string, string>(rig.Settings)
        {
            ["Connections:Google:AuthorizeUrl"] = rig.Google.Drive.Address + "/o/oauth2/v2/auth",
        });
        using var browser = ConsoleRig.Start(
            scenario, service.Address, service.Key, $"{s3.Host.Address}|{S3Rig.Key.Id}|{S3Rig.Key.Secret}");
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Contains("secret does not belong", result.GetProperty("refused").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", result.GetProperty("shown").GetString(), StringComparison.Ordinal);
    }

    [ConsoleTheory]
    [InlineData("ownTransferWide")]
    [ReleaseData("ownTransferNarrow")]
    public async Task Files_go_from_here_to_here_where_nothing_is_connected(string scenario)
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await TransferRig.PutAsync(service.Client, "tree/inner/a.bin", TransferRig.Bytes(1, 3000));
        await TransferRig.PutAsync(service.Client, "other/b.txt", [1]);
        using var browser = ConsoleRig.Start(scenario, service.Address, service.Key);
        await ConsoleRig.EndAsync(browser);
        Assert.Equal(TransferRig.Bytes(1, 3000), await service.Client.GetByteArrayAsync("/api/tree/other/tree/inner/a.bin"));
    }
}
