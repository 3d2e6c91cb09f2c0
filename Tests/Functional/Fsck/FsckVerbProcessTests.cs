using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Fsck;

/// <summary>The verb as an operator runs it: beside the service, and without it.</summary>
public sealed class FsckVerbProcessTests
{
    [Fact]
    public async Task Checks_a_running_and_a_stopped_service_and_reports_by_its_exit_code()
    {
        var folder = ServiceFolder.Create();
        try
        {
            await using (var service = await ServiceProcess.StartAsync(folder))
            {
                await PutAsync(service);
                var (code, report) = await FsckAsync(folder, "--deep");
                Assert.Equal(
                    (0, true, true), (code, report.GetProperty("clean").GetBoolean(), report.GetProperty("serviceRuns").GetBoolean()));
                Assert.Equal((1, 1, 100_000), (Number(report, "uploads"), Number(report, "files"), Number(report, "bytesRead")));
                await service.StopAsync();
            }

            var (whenStopped, stopped) = await FsckAsync(folder);
            Assert.Equal((0, false), (whenStopped, stopped.GetProperty("serviceRuns").GetBoolean()));
            Assert.False(File.Exists(Path.Combine(folder, "postgres", "postmaster.pid")));

            File.Delete(Directory.EnumerateFiles(Path.Combine(folder, "files"), "*", SearchOption.AllDirectories).Single());
            var (whenBroken, broken) = await FsckAsync(folder);
            Assert.Equal(1, whenBroken);
            Assert.Equal("extent-file-missing", broken.GetProperty("findings")[0].GetProperty("code").GetString());
        }
        finally
        {
            ServiceFolder.Remove(folder);
        }
    }

    [Fact]
    public async Task Is_clean_after_a_kill_and_adopts_the_database_that_was_left_running()
    {
        await using var service = await ServiceProcess.StartAsync();
        await PutAsync(service);
        await service.Kill9Async();

        var (code, report) = await FsckAsync(service.DataDirectory);

        Assert.Equal((0, false), (code, report.GetProperty("serviceRuns").GetBoolean()));
        Assert.False(File.Exists(Path.Combine(service.DataDirectory, "postgres", "postmaster.pid")));
    }

    [Fact]
    public async Task Exits_with_2_where_there_is_no_store()
    {
        using var folder = new TempFolder();
        await using var fsck = ServiceProcess.Launch(folder.Path, ["fsck"]);
        Assert.Equal(2, await fsck.ExitCodeAsync());
        Assert.Contains("is not a data directory of ChunkUpload", fsck.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Reports_that_it_could_not_run_without_a_ledger()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(
            folder["volume.json"],
            """{"id":"6a5f1c0e-0001-4000-8000-000000000003","createdAt":"2026-01-01T00:00:00Z","formatVersion":1}""");
        await using var fsck = ServiceProcess.Launch(folder.Path, ["fsck", "--json"]);
        Assert.Equal(2, await fsck.ExitCodeAsync());
        Assert.Contains("has no private cluster", fsck.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_volume_takes_an_empty_data_directory_in_the_place_of_a_lost_one()
    {
        await using var first = await ServiceProcess.StartAsync();
        await PutAsync(first);
        await first.StopAsync();
        Directory.Delete(Path.Combine(first.DataDirectory, "files"), recursive: true);
        File.Delete(Path.Combine(first.DataDirectory, "volume.json"));

        await using (var refused = ServiceProcess.Launch(first.DataDirectory, ["serve", "--urls", "http://127.0.0.1:0"]))
        {
            Assert.Equal(2, await refused.ExitCodeAsync());
            Assert.Contains("or run add-volume when its files are lost for good", refused.Output, StringComparison.Ordinal);
        }

        await using (var taken = ServiceProcess.Launch(first.DataDirectory, ["add-volume"]))
            Assert.True(await taken.ExitCodeAsync() == 0, taken.Output);

        await using var second = await ServiceProcess.StartAsync(first.DataDirectory);
        await PutAsync(second);
        Assert.Equal(0, await second.StopAsync());
        var (code, report) = await FsckAsync(first.DataDirectory);
        // The first file is in the lost store, so fsck does not look for it in the new one.
        Assert.Equal((0, 1), (code, report.GetProperty("elsewhere").GetInt32()));
    }

    private static async Task PutAsync(ServiceProcess service)
    {
        using var client = service.CreateClient();
        using var body = new ByteArrayContent(new byte[100_000]);
        using var answer = await client.PutAsync(new Uri("/api/files/zeros.bin", UriKind.Relative), body);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task<(int Code, JsonElement Report)> FsckAsync(string folder, params string[] switches)
    {
        await using var fsck = ServiceProcess.Launch(folder, ["fsck", "--json", .. switches]);
        var code = await fsck.ExitCodeAsync();
        Assert.True(code is 0 or 1, fsck.Output);
        return (code, JsonDocument.Parse(fsck.Output).RootElement);
    }

    private static long Number(JsonElement report, string name) => report.GetProperty(name).GetInt64();
}
