using System.Net.Http.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Tests.Browser;

/// <summary>The Webhooks page in Chromium, with a receiver that fails and recovers.</summary>
public sealed class WebhookPagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Webhooks:AllowPrivateNetworks"] = "true",
        ["Webhooks:FirstPause"] = "00:00:00.200",
        ["Webhooks:PauseAfter"] = "00:00:00.500",
    };

    [ConsoleFact]
    public async Task An_admin_makes_a_webhook_sees_why_it_is_paused_resumes_it_and_sends_a_delivery_again()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres, Settings);
        await using var receiver = await HookReceiver.StartAsync();
        using var browser = ConsoleRig.Start("webhooks", service.Address, service.Key, receiver.Url);
        await ConsoleRig.AtAsync(browser, "fail", async () =>
        {
            receiver.Answer = async context =>
            {
                context.Response.StatusCode = 503;
                await context.Response.WriteAsync("down for the day");
            };
            await PutAsync(service.Client, "a.txt");
        });
        await ConsoleRig.AtAsync(browser, "mend", () =>
        {
            receiver.Answer = context => context.Response.WriteAsync("ok");
            return Task.CompletedTask;
        });
        Assert.Equal("again", await browser.LineAsync());
        // Beside the test: the delivery that was resumed, and once more by hand.
        await Eventually.HoldsAsync(() => Task.FromResult(receiver.Received
            .GroupBy(hook => hook.Headers["webhook-id"]).Any(tries => tries.Count() >= 3)));
        await browser.GoOnAsync();
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Contains("begins with https://", result.GetProperty("refused").GetString(), StringComparison.Ordinal);
        Assert.Equal(receiver.Url, result.GetProperty("kept").GetString());
        Assert.StartsWith("whsec_", result.GetProperty("secret").GetString(), StringComparison.Ordinal);
        Assert.NotEqual(result.GetProperty("secret").GetString(), result.GetProperty("second").GetString());
        Assert.Equal("down for the day", result.GetProperty("answer").GetString());
    }

    [ConsoleFact]
    public async Task The_log_of_a_webhook_fits_a_phone()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres, Settings);
        await using var receiver = await HookReceiver.StartAsync();
        receiver.Answer = context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync(new string('x', 400));
        };
        using var made = await service.Client.PostAsJsonAsync(
            ApiClient.At("/api/webhooks"), new { title = "Narrow", url = receiver.Url, events = new[] { "completed" } });
        Assert.True(made.IsSuccessStatusCode);
        await PutAsync(service.Client, "a-file-whose-name-is-much-longer-than-a-phone-is-wide_2026.json");
        await Eventually.HoldsAsync(() => Task.FromResult(receiver.Received.Count > 0));
        using var browser = ConsoleRig.Start("webhooksNarrow", service.Address, service.Key);
        await ConsoleRig.EndAsync(browser);
    }

    private static async Task PutAsync(HttpClient client, string name)
    {
        using var answer = await client.PutAsync(ApiClient.At($"/api/files/{name}"), new StringContent(name));
        Assert.True(answer.IsSuccessStatusCode);
    }
}
