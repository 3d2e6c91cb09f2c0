using System.Net.Http.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Hooks;

[Trait("Runs", "release")]
public sealed class WebhookKillTests
{
    [Fact]
    public async Task A_delivery_interrupted_by_a_kill_is_repeated()
    {
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        string[] settings = ["--Webhooks:AllowPrivateNetworks=true", "--Webhooks:Timeout=00:00:01"];
        var folder = ServiceFolder.Create();
        try
        {
            await using (var killed = await ServiceProcess.StartAsync(folder, settings))
            {
                using var client = killed.CreateClient();
                using var added = await client.PostAsJsonAsync("/api/webhooks", new { url = receiver.Url, events = new[] { "completed" } });
                Assert.Equal(201, (int)added.StatusCode);
                using var put = await client.PutAsync("/api/files/a.txt", new StringContent("a"));
                Assert.Equal(201, (int)put.StatusCode);
                await Eventually.HoldsAsync(() => Task.FromResult(receiver.Received.Count > 0));
                await killed.Kill9Async();
            }

            var before = receiver.Received.Count;
            receiver.Answer = context => Task.CompletedTask;
            await using var service = await ServiceProcess.StartAsync(folder, settings);
            await Eventually.HoldsAsync(() => Task.FromResult(receiver.Received.Count > before));
            Assert.Single(receiver.Received.Select(hook => hook.Headers["webhook-id"]).Distinct());
            Assert.Equal(0, await service.StopAsync());
        }
        finally
        {
            await ServiceProcess.StopOrphanedDatabaseAsync(folder);
            ServiceFolder.Remove(folder);
        }
    }
}
