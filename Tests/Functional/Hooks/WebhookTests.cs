using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Hooks;

/// <summary>Webhooks to a receiver that answers, fails, hangs, redirects and sends wrong answers.</summary>
public sealed class WebhookTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly Dictionary<string, string> Settings = new()
    {
        ["Webhooks:AllowPrivateNetworks"] = "true",
        ["Webhooks:Timeout"] = "00:00:02",
        ["Webhooks:FirstPause"] = "00:00:00.200",
    };

    private TestService _service = null!;
    private HookReceiver _receiver = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres, Settings);
        _receiver = await HookReceiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task An_event_is_delivered_once_and_its_signature_can_be_verified()
    {
        var began = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        _ = await PutAsync("before.txt");
        var (id, secret) = await AddAsync(new { title = "Shop", url = _receiver.Url, events = new[] { "completed" } });
        var file = await PutAsync("after.txt");
        await Eventually.HoldsAsync(() => Task.FromResult(_receiver.Received.Count > 0));
        var delivery = await EndedAsync(id);

        var hook = Assert.Single(_receiver.Received);
        var received = JsonElement.Parse(hook.Body);
        Assert.Equal("completed", received.GetProperty("kind").GetString());
        Assert.Equal(file, received.GetProperty("upload").GetProperty("id").GetString());
        Assert.Equal("after.txt", received.GetProperty("upload").GetProperty("name").GetString());
        Assert.Equal("operator", received.GetProperty("owner").GetString());
        Assert.Equal(hook.Headers["webhook-id"], received.GetProperty("id").GetString());

        var signed = $"{hook.Headers["webhook-id"]}.{hook.Headers["webhook-timestamp"]}.{hook.Body}";
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        Assert.Equal(
            "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed))), hook.Headers["webhook-signature"]);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Assert.InRange(long.Parse(hook.Headers["webhook-timestamp"], null), began, now);

        Assert.Equal("delivered", delivery.GetProperty("state").GetString());
        Assert.Equal(1, delivery.GetProperty("attempts").GetInt32());
        Assert.Equal(200, delivery.GetProperty("status").GetInt32());
        Assert.Equal("ok", delivery.GetProperty("answer").GetString());

        // The secret is shown once; the ledger has it only encrypted, and the audit records the act.
        Assert.DoesNotContain(secret, await _service.Client.GetStringAsync("/api/webhooks"), StringComparison.Ordinal);
        Assert.Contains("webhook.added", await _service.Client.GetStringAsync("/api/audit?kind=webhook"), StringComparison.Ordinal);
        await using var source = NpgsqlDataSource.Create(_service.ConnectionString);
        await using var command = source.CreateCommand("select secret from chunkupload.webhooks");
        Assert.DoesNotContain(secret["whsec_".Length..], (string)(await command.ExecuteScalarAsync())!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_delivery_is_repeated_until_it_succeeds()
    {
        _receiver.Answer = context => Task.FromResult(context.Response.StatusCode = _receiver.Received.Count < 3 ? 500 : 204);
        var (id, _) = await AddAsync(new { url = _receiver.Url, events = new[] { "completed" } });
        _ = await PutAsync("a.txt");
        var delivery = await EndedAsync(id);
        Assert.Equal("delivered", delivery.GetProperty("state").GetString());
        Assert.Equal(3, delivery.GetProperty("attempts").GetInt32());
        Assert.Single(_receiver.Received.Select(hook => hook.Headers["webhook-id"]).Distinct());
        Assert.Equal("active", await StateAsync(id));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_the_delivery_can_be_sent_again()
    {
        await RestartAsync(("Webhooks:Attempts", "1"));
        await using var trap = await HookReceiver.StartAsync();
        _receiver.Answer = context =>
        {
            context.Response.Redirect(trap.Url);
            return Task.CompletedTask;
        };
        var (id, _) = await AddAsync(new { url = _receiver.Url, events = new[] { "completed" } });
        _ = await PutAsync("a.txt");
        var failed = await EndedAsync(id);
        Assert.Equal("failed", failed.GetProperty("state").GetString());
        Assert.Equal(302, failed.GetProperty("status").GetInt32());
        Assert.Contains("redirects are not followed", failed.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(trap.Received);
        Assert.Equal("failing", await StateAsync(id));

        _receiver.Answer = context => context.Response.WriteAsync("now");
        var path = $"/api/webhooks/{id}/deliveries/{failed.GetProperty("id").GetString()}/replay";
        using var replayed = await _service.Client.PostAsync(path, null);
        Assert.Equal(202, (int)replayed.StatusCode);
        Assert.Equal("delivered", (await EndedAsync(id)).GetProperty("state").GetString());
        Assert.Equal(_receiver.Received[0].Headers["webhook-id"], _receiver.Received[1].Headers["webhook-id"]);
        Assert.Equal("active", await StateAsync(id));
    }

    [Fact]
    public async Task An_answer_without_end_is_read_to_a_small_bound()
    {
        _receiver.Answer = async context =>
        {
            var block = new byte[64 << 10];
            Array.Fill(block, (byte)'x');
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(block, context.RequestAborted);
        };
        var (id, _) = await AddAsync(new { url = _receiver.Url, events = new[] { "completed" } });
        _ = await PutAsync("a.txt");
        var delivery = await EndedAsync(id);
        Assert.Equal("delivered", delivery.GetProperty("state").GetString());
        Assert.Equal(1024, delivery.GetProperty("answer").GetString()!.Length);
    }

    [Fact]
    public async Task A_webhook_that_hangs_holds_up_neither_another_nor_an_upload()
    {
        await using var hanging = await HookReceiver.StartAsync();
        hanging.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var (slow, _) = await AddAsync(new { url = hanging.Url, events = new[] { "completed" } });
        var (quick, _) = await AddAsync(new { url = _receiver.Url, events = new[] { "completed" } });
        for (var i = 0; i < 20; i++)
            _ = await PutAsync($"{i}.txt");
        await Eventually.HoldsAsync(() => Task.FromResult(_receiver.Received.Count == 20));
        Assert.Equal("active", await StateAsync(quick));
        await Eventually.HoldsAsync(async () => await StateAsync(slow) == "failing");
        var delivery = (await DeliveriesAsync(slow)).First(one => one.GetProperty("attempts").GetInt32() > 0
            && one.GetProperty("error").ValueKind == JsonValueKind.String);
        Assert.Contains("No answer came within 2 s", delivery.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Addresses_of_the_own_network_are_refused_by_number_and_by_name()
    {
        await RestartAsync(("Webhooks:AllowPrivateNetworks", "false"), ("Webhooks:Attempts", "1"));
        foreach (var url in new[]
        {
            _receiver.Url, "http://[::1]:80/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest/meta-data/",
            "http://2130706433/", "http://0x7f.1/", "ftp://example.org/", "https://user:password@example.org/", "/local",
        })
        {
            using var refused = await _service.Client.PostAsJsonAsync("/api/webhooks", new { url });
            Assert.Equal(400, (int)refused.StatusCode);
        }

        // A host name is checked when the connection is made.
        var (id, _) = await AddAsync(new { url = _receiver.NamedUrl, events = new[] { "completed" } });
        _ = await PutAsync("a.txt");
        var delivery = await EndedAsync(id);
        Assert.Equal("failed", delivery.GetProperty("state").GetString());
        Assert.Contains("Webhooks:AllowPrivateNetworks", delivery.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Empty(_receiver.Received);
    }

    [Fact]
    public async Task A_webhook_that_fails_for_too_long_is_paused_until_a_test_succeeds()
    {
        await RestartAsync(("Webhooks:PauseAfter", "00:00:00.500"));
        _receiver.Answer = context => Task.FromResult(context.Response.StatusCode = 503);
        var (id, _) = await AddAsync(new { url = _receiver.Url, events = new[] { "completed" } });
        _ = await PutAsync("a.txt");
        await Eventually.HoldsAsync(async () => await StateAsync(id) == "paused");
        _ = await PutAsync("b.txt");
        // While an older transaction is open, an event counts as one of later (E12).
        await using var source = NpgsqlDataSource.Create(_service.ConnectionString);
        await using var unread = source.CreateCommand(
            "select count(*) from chunkupload.events where xid >= pg_snapshot_xmin(pg_current_snapshot())");
        await Eventually.HoldsAsync(async () => (long)(await unread.ExecuteScalarAsync())! == 0);
        Assert.Contains("webhook.paused", await _service.Client.GetStringAsync("/api/audit?kind=webhook"), StringComparison.Ordinal);
        _receiver.Answer = context => context.Response.WriteAsync("back");
        using var tested = await _service.Client.PostAsync($"/api/webhooks/{id}/test", null);
        Assert.Equal(202, (int)tested.StatusCode);
        await Eventually.HoldsAsync(async () => await StateAsync(id) == "active");
        // Deliveries that were waiting are sent; events during the pause are not.
        await Eventually.HoldsAsync(async () =>
            (await DeliveriesAsync(id)).All(one => one.GetProperty("state").GetString() == "delivered"));
        _ = await PutAsync("c.txt");
        await Eventually.HoldsAsync(() => Task.FromResult(_receiver.Received.Any(hook => hook.Body.Contains("c.txt"))));
        var bodies = _receiver.Received.DistinctBy(hook => hook.Headers["webhook-id"]).Select(hook => hook.Body).ToList();
        // The file from before the pause, the test delivery and the file from after it, but never the second file.
        Assert.Equal(3, bodies.Count);
        Assert.Single(bodies, body => JsonElement.Parse(body).GetProperty("kind").GetString() == "test");
        Assert.Single(bodies, body => body.Contains("a.txt", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Receivers_made_for_tusd_get_its_hook_types_only()
    {
        var (_, _) = await AddAsync(new
        {
            url = _receiver.Url,
            format = "tusd",
            events = new[] { "created", "progress", "completed", "deleted" },
        });
        var upload = await TusAsync(3000);
        await PatchAsync(upload, 0, 1000);
        await Eventually.HoldsAsync(() => Task.FromResult(_receiver.Received.Any(hook => hook.Headers["Hook-Name"] == "post-receive")));
        await PatchAsync(upload, 1000, 2000);
        using var gone = new HttpRequestMessage(HttpMethod.Delete, $"/files/{upload}");
        gone.Headers.Add("Tus-Resumable", "1.0.0");
        using var answer = await _service.Client.SendAsync(gone);
        Assert.Equal(204, (int)answer.StatusCode);
        foreach (var last in (string[])["post-terminate", "post-finish"])
            await Eventually.HoldsAsync(() => Task.FromResult(_receiver.Received.Any(hook => hook.Headers["Hook-Name"] == last)));

        foreach (var hook in _receiver.Received)
        {
            var received = JsonElement.Parse(hook.Body);
            Assert.Equal(hook.Headers["Hook-Name"], received.GetProperty("Type").GetString());
            var info = received.GetProperty("Event").GetProperty("Upload");
            Assert.Equal(upload, info.GetProperty("ID").GetString());
            Assert.Equal(3000, info.GetProperty("Size").GetInt64());
            Assert.False(info.GetProperty("SizeIsDeferred").GetBoolean());
            Assert.Equal("plan.txt", info.GetProperty("MetaData").GetProperty("filename").GetString());
            Assert.Equal(JsonValueKind.Object, received.GetProperty("Event").GetProperty("HTTPRequest").GetProperty("Header").ValueKind);
        }

        var offsets = _receiver.Received.Select(hook => JsonElement.Parse(hook.Body))
            .GroupBy(received => received.GetProperty("Type").GetString()!, received => received.GetProperty("Event").GetProperty("Upload"))
            .ToDictionary(received => received.Key, received => received.First().GetProperty("Offset").GetInt64());
        Assert.Equal(0, offsets["post-create"]);
        Assert.Equal(1000, offsets["post-receive"]);
        Assert.Equal(3000, offsets["post-finish"]);
    }

    [Fact]
    public async Task Pending_deliveries_survive_a_restart()
    {
        _receiver.Answer = context => Task.FromResult(context.Response.StatusCode = 500);
        var (id, _) = await AddAsync(new { url = _receiver.Url, events = new[] { "completed" } });
        for (var i = 0; i < 5; i++)
            _ = await PutAsync($"{i}.txt");
        await RestartAsync();
        _receiver.Answer = context => context.Response.WriteAsync("ok");
        await Eventually.HoldsAsync(async () =>
        {
            var all = await DeliveriesAsync(id);
            return all.Count == 5 && all.All(one => one.GetProperty("state").GetString() == "delivered");
        });
    }

    [Fact]
    public async Task The_settings_of_a_webhook_are_validated()
    {
        foreach (var body in new object[]
        {
            new { }, new { url = _receiver.Url, events = new[] { "nothing" } }, new { url = _receiver.Url, format = "xml" },
            new { url = _receiver.Url, format = "tusd", events = new[] { "paused" } },
            new { url = _receiver.Url, events = new[] { "created", "created" } },
        })
        {
            using var refused = await _service.Client.PostAsJsonAsync("/api/webhooks", body);
            Assert.Equal(400, (int)refused.StatusCode);
        }

        var (id, secret) = await AddAsync(new { url = _receiver.Url });
        using var renewed = await _service.Client.PostAsync($"/api/webhooks/{id}/secret", null);
        Assert.NotEqual(secret, (await renewed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString());
        using var changed = await _service.Client.PatchAsJsonAsync($"/api/webhooks/{id}", new { enabled = false, title = "Off" });
        Assert.Equal("disabled", (await changed.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("state").GetString());
        var (tusd, _) = await AddAsync(new { url = _receiver.Url, format = "tusd" });
        using var unknown = await _service.Client.PatchAsJsonAsync($"/api/webhooks/{tusd}", new { events = new[] { "paused" } });
        Assert.Equal(400, (int)unknown.StatusCode);
        using (await _service.Client.DeleteAsync($"/api/webhooks/{tusd}"))
        {
        }

        using var removed = await _service.Client.DeleteAsync($"/api/webhooks/{id}");
        Assert.Equal(204, (int)removed.StatusCode);
        using var absent = await _service.Client.GetAsync($"/api/webhooks/{id}");
        Assert.Equal("no_such_webhook", (await absent.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        for (var i = 0; i < 20; i++)
            _ = await AddAsync(new { url = _receiver.Url });
        using var many = await _service.Client.PostAsJsonAsync("/api/webhooks", new { url = _receiver.Url });
        Assert.Equal(409, (int)many.StatusCode);
    }

    private async Task RestartAsync(params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(Settings);
        foreach (var (key, value) in settings)
            all[key] = value;
        _service = await _service.RestartAsync(all);
    }

    private async Task<(string Id, string Secret)> AddAsync(object body)
    {
        using var answer = await _service.Client.PostAsJsonAsync("/api/webhooks", body);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True((int)answer.StatusCode == 201, json.ToString());
        return (json.GetProperty("webhook").GetProperty("id").GetString()!, json.GetProperty("secret").GetString()!);
    }

    private async Task<string> StateAsync(string id) =>
        (await _service.Client.GetFromJsonAsync<JsonElement>($"/api/webhooks/{id}")).GetProperty("state").GetString()!;

    private async Task<IReadOnlyList<JsonElement>> DeliveriesAsync(string id) =>
        [.. (await _service.Client.GetFromJsonAsync<JsonElement>($"/api/webhooks/{id}/deliveries")).GetProperty("items").EnumerateArray()];

    /// <summary>Returns the newest delivery, as soon as it does not wait any more.</summary>
    private async Task<JsonElement> EndedAsync(string id)
    {
        JsonElement newest = default;
        await Eventually.HoldsAsync(async () =>
        {
            var all = await DeliveriesAsync(id);
            if (all.Count == 0)
                return false;
            newest = all[0];
            return newest.GetProperty("state").GetString() != "waiting";
        });
        return newest;
    }

    private async Task<string> PutAsync(string name)
    {
        using var answer = await _service.Client.PutAsync($"/api/files/{name}", new StringContent(name));
        Assert.Equal(201, (int)answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private async Task<string> TusAsync(long length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/files");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", $"{length}");
        request.Headers.Add("Upload-Metadata", $"filename {Convert.ToBase64String("plan.txt"u8)}");
        using var answer = await _service.Client.SendAsync(request);
        Assert.Equal(201, (int)answer.StatusCode);
        return answer.Headers.Location!.OriginalString.Split('/')[^1];
    }

    private async Task PatchAsync(string id, long offset, int length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/files/{id}") { Content = new ByteArrayContent(new byte[length]) };
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Offset", $"{offset}");
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        using var answer = await _service.Client.SendAsync(request);
        Assert.Equal(204, (int)answer.StatusCode);
    }
}
