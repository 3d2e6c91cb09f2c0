using ChunkUpload.Emulators.Control;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Storage;

/// <summary>The service is killed while it receives straight into the bucket.</summary>
[Trait("Runs", "release")]
public sealed class BucketKillTests
{
    private const int Length = 40 << 20;

    // A piece that is stored and not recorded, one that is not stored, and one behind a recorded one.
    private static readonly (int Nth, bool Acted)[] Kills = [(1, true), (1, false), (3, true)];

    [Fact]
    public async Task A_service_that_is_killed_loses_nothing_acknowledged()
    {
        await using var s3 = await S3Rig.StartAsync();
        string[] settings =
        [
            $"--Storage:S3:Bucket={S3Rig.Bucket}", "--Storage:S3:Folder=kill", $"--Storage:S3:Endpoint={s3.Host.Address}",
            $"--Storage:S3:AccessKeyId={S3Rig.Key.Id}", $"--Storage:S3:SecretAccessKey={S3Rig.Key.Secret}", "--Storage:S3:Receive=true",
        ];
        var folder = ServiceFolder.Create();
        try
        {
            var content = TusClient.Bytes(Length);
            string? path = null;
            long before = 0;
            foreach (var (nth, acted) in Kills)
            {
                await using var killed = await ServiceProcess.StartAsync(folder, settings);
                using var http = killed.CreateClient();
                var tus = new TusClient(http);
                path ??= await tus.NewAsync(Length);
                var offset = (await tus.HeadAsync(path)).Offset!.Value;
                Assert.InRange(offset, before, Length);
                before = offset;
                var held = s3.Host.Faults.Add(
                    new FaultMatch { Method = "PUT", PathRegex = "/files/", Nth = nth },
                    acted ? FaultAction.HoldReply() : FaultAction.Hold());
                var sending = tus.PatchAsync(path, offset, content[(int)offset..]);
                await held.Reached.WaitAsync(Eventually.Limit);
                await killed.Kill9Async();
                held.Release();
                _ = await Assert.ThrowsAnyAsync<Exception>(() => sending);
            }

            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var client = service.CreateClient();
            var last = new TusClient(client);
            var at = (await last.HeadAsync(path!)).Offset!.Value;
            Assert.InRange(at, before, Length - 1);
            Assert.Equal(204, (await last.PatchAsync(path!, at, content[(int)at..])).Status);
            Assert.Equal(content, await last.DownloadAsync(path!));
            Assert.DoesNotContain(
                Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories),
                name => !name.Contains("postgres", StringComparison.Ordinal) && new FileInfo(name).Length >= 256 << 10);
            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }
}
