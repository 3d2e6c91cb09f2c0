using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class KilledServiceTests
{
    [Fact]
    public async Task A_run_that_a_kill_cut_off_is_run_again_at_the_next_start()
    {
        var folder = ServiceFolder.Create();
        try
        {
            // At 64 KiB a second the scrub of this file takes far longer than the test.
            await using (var service = await ServiceProcess.StartAsync(folder, ["--Jobs:ScrubBytesPerSecond=64KiB"]))
            {
                using var client = service.CreateClient();
                using var body = new ByteArrayContent(new byte[20_000_000]);
                (await client.PutAsync(new Uri("/api/files/long.bin", UriKind.Relative), body)).EnsureSuccessStatusCode();
                (await client.PostAsync(new Uri("/api/jobs/scrub-files/run", UriKind.Relative), null)).EnsureSuccessStatusCode();
                await UntilAsync(client, job => job.GetProperty("running") is { ValueKind: JsonValueKind.Object } running
                    && running.GetProperty("progress").ValueKind == JsonValueKind.Object);
                await service.Kill9Async();
            }

            await using (var service = await ServiceProcess.StartAsync(folder))
            {
                using var client = service.CreateClient();
                var job = await UntilAsync(client, job => job.GetProperty("state").GetString() == "idle"
                    && job.GetProperty("lastRun").ValueKind == JsonValueKind.Object);
                Assert.Equal("succeeded", job.GetProperty("lastRun").GetProperty("outcome").GetString());
                Assert.Equal(20_000_000, job.GetProperty("lastRun").GetProperty("counts").GetProperty("bytes").GetInt64());

                // Remains of the killed process do not block the next run.
                (await client.PostAsync(new Uri("/api/jobs/scrub-files/run", UriKind.Relative), null)).EnsureSuccessStatusCode();
                Assert.Equal(0, await service.StopAsync());
            }
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }

    private static Task<JsonElement> UntilAsync(
        HttpClient client, Func<JsonElement, bool> isSo, [CallerArgumentExpression(nameof(isSo))] string condition = "") =>
        Eventually.BecomesAsync(() => client.GetFromJsonAsync<JsonElement>("/api/jobs/scrub-files"), isSo, condition);
}
