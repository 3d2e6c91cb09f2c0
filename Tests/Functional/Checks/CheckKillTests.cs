using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Functional.Checks;

[Trait("Runs", "release")]
public sealed class CheckKillTests
{
    [Fact]
    public async Task A_check_interrupted_by_a_kill_is_repeated_by_the_next_start()
    {
        await using var checker = await HookReceiver.StartAsync();
        checker.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        string[] settings = [$"--Check:Url={checker.Url}", $"--Check:Secret={CheckedService.Secret}"];
        var folder = ServiceFolder.Create();
        try
        {
            string id;
            await using (var killed = await ServiceProcess.StartAsync(folder, settings))
            {
                using var client = killed.CreateClient();
                using var put = await client.PutAsync("/api/files/a.txt", new StringContent("a"));
                Assert.Equal(202, (int)put.StatusCode);
                id = (await put.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
                await Eventually.HoldsAsync(() => Task.FromResult(checker.Received.Count > 0));
                await killed.Kill9Async();
            }

            // The lease of the killed process would run for minutes.
            checker.Answer = context => context.Response.WriteAsync("""{"verdict":"accept"}""");
            await using var service = await ServiceProcess.StartAsync(folder, settings);
            using var again = service.CreateClient();
            await Eventually.HoldsAsync(async () =>
            {
                using var content = await again.GetAsync($"/api/files/{id}/content");
                return content.IsSuccessStatusCode && await content.Content.ReadAsStringAsync() == "a";
            });
            Assert.Single(checker.Received.Select(hook => hook.Headers["webhook-id"]).Distinct());
            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }
}
