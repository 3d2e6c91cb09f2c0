using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Transfers;

/// <summary>The service is killed while it writes into a folder of the machine.</summary>
[Trait("Runs", "release")]
public sealed class FolderKillTests
{
    [Fact]
    public async Task Every_file_arrives_once_although_the_service_is_killed_again_and_again()
    {
        await using var web = await WebRig.StartAsync();
        using var disk = new TempFolder();
        string[] settings =
        [
            .. WebRig.Settings.Select(pair => $"--{pair.Key}={pair.Value}"),
            $"--Connections:Folders=Drop|{disk.Path}|both|operator",
        ];
        var folder = ServiceFolder.Create();
        try
        {
            var files = Enumerable.Range(0, 8).Select(i => new WebFile
            {
                Bytes = TransferRig.Bytes(i, i * 150_000),
                ETag = $"\"{i}\"",
            }).ToList();
            string[] addresses = [.. files.Select((file, i) => web.Add($"/file{i}.bin", file))];
            string? transfer = null;
            // The requests for a file: a look, then its pieces. Each is held while others have just been recorded or not yet.
            foreach (var (file, nth) in new[] { (7, 2), (5, 4), (7, 6), (6, 7) })
            {
                var (reached, release) = (new TaskCompletionSource(), new TaskCompletionSource());
                files[file].Before = async number =>
                {
                    if (number >= nth && reached.TrySetResult())
                        await release.Task;
                };
                await using var killed = await ServiceProcess.StartAsync(folder, settings);
                using var client = killed.CreateClient();
                transfer ??= await StartAsync(client, addresses);
                await reached.Task.WaitAsync(Eventually.Limit);
                await killed.Kill9Async();
                release.SetResult();
                files[file].Before = null;
            }

            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var last = service.CreateClient();
            await TransferRig.UntilAsync(last, transfer!, "done");
            var found = Directory.EnumerateFiles(disk.Path, "*", new EnumerationOptions { AttributesToSkip = 0 })
                .ToDictionary(path => Path.GetFileName(path), path => WebRig.Sha256(File.ReadAllBytes(path)));
            Assert.Equal(
                files.Select((file, i) => KeyValuePair.Create($"file{i}.bin", WebRig.Sha256(file.Bytes))).ToDictionary(), found);
            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }

    private static async Task<string> StartAsync(HttpClient client, string[] addresses)
    {
        var list = await client.GetFromJsonAsync<JsonElement>("/api/connections");
        var connection = list.GetProperty("items")[0].GetProperty("id").GetString();
        using var answer = await client.PostAsJsonAsync(
            "/api/transfers", new { source = new { addresses }, destination = new { connection, folder = "." } });
        return (await TransferRig.ReadAsync(answer, 201)).GetProperty("id").GetString()!;
    }
}
