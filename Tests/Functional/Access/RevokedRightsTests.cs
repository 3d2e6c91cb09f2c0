using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Running downloads, server-sent events and WebSockets are cut when their right ends, and streams send nothing more.</summary>
public sealed class RevokedRightsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    // More than all buffers hold, and more than a download takes while the test looks at it.
    private const int LargeBytes = 48 << 20;
    private const int ReadBytes = 64 << 10;

    private TestService _service = null!;
    private TestPeople _people = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _people = new TestPeople(_service);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Theory]
    [InlineData("disabled user")]
    [InlineData("removed user")]
    [InlineData("lower role")]
    [InlineData("revoked key")]
    [InlineData("expired key")]
    [InlineData("revoked maker of the key")]
    [InlineData("suspended tenant")]
    public async Task Downloads_events_and_sockets_end_with_the_right(string end)
    {
        const string tenant = "acme";
        await Service<IPeopleLedger>().AddTenantAsync(tenant, "Acme", default);
        var user = await _people.UserAsync("ann", Role.Admin, tenant);
        using var maker = await _people.ClientAsync(user, tenant);
        await PutLargeAsync(maker);
        var made = await PostAsync(maker, "/api/keys", new { name = "made", scopes = new[] { "read", "list", "upload" } });
        using var client = ClientOf(made.GetProperty("secret").GetString()!);
        var key = Guid.Parse(made.GetProperty("key").GetProperty("id").GetString()!);
        await using var events = await SseReader.OpenAsync(client, "/api/events");
        await events.NextAsync();
        using var socket = await SocketAsync(client);
        using var download = await client.GetAsync("/api/tree/large.bin", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)download.StatusCode);

        switch (end)
        {
            case "disabled user":
                await Service<IPeopleLedger>().ChangeUserAsync(user.Id, null, null, null, enabled: false, default);
                break;
            case "removed user":
                await Service<IPeopleLedger>().RemoveUserAsync(user.Id, default);
                break;
            case "lower role":
                await Service<IPeopleLedger>().SetRoleAsync(user.Id, tenant, Role.Viewer, default);
                break;
            case "revoked key":
                await Service<IPeopleLedger>().RevokeKeyAsync(tenant, key, default);
                break;
            case "revoked maker of the key":
                var first = Guid.Parse(maker.DefaultRequestHeaders.GetValues(TestPeople.KeyHeader).Single());
                await Service<IPeopleLedger>().RevokeKeyAsync(tenant, first, default);
                Assert.NotNull((await Service<IPeopleLedger>().FindKeyAsync(tenant, key, default))!.RevokedAt);
                break;
            case "suspended tenant":
                await Service<IPeopleLedger>().ChangeTenantAsync(tenant, null, suspended: true, default);
                break;
            default:
                // Time passes without a change of the rights.
                await ExecuteAsync("update api_keys set expires_at = now() where id = @key", new { key });
                Service<Credentials>().Forget();
                break;
        }

        await EndsAsync(events);
        await EndsAsync(socket);
        await EndsAsync(download);
    }

    [Fact]
    public async Task A_download_through_a_link_ends_when_the_link_is_revoked()
    {
        await PutLargeAsync(_service.Client);
        var links = new LinkClient(_service);
        var link = await links.MakeAsync(new { kind = "download", path = "large.bin" });
        using var download = await links.Http.GetAsync($"{link.Path}/content", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)download.StatusCode);
        using (var revoked = await _service.Client.DeleteAsync($"/api/links/{link.Id}"))
            Assert.Equal(204, (int)revoked.StatusCode);
        await EndsAsync(download);
        links.Close();
    }

    [Fact]
    public async Task Each_secret_of_a_key_ends_by_itself()
    {
        var made = await PostAsync(
            _service.Client, "/api/keys", new { name = "app", kind = "tenant", scopes = new[] { "list", "upload" } });
        var id = made.GetProperty("key").GetProperty("id").GetString()!;
        using var old = ClientOf(made.GetProperty("secret").GetString()!);
        using var answer = await _service.Client.PostAsJsonAsync($"/api/keys/{id}/rotate", new { overlapSeconds = 3600 });
        var rotated = await answer.Content.ReadFromJsonAsync<JsonElement>();
        using var fresh = ClientOf(rotated.GetProperty("secret").GetString()!);
        await using var first = await SseReader.OpenAsync(fresh, "/api/events");
        await using var ending = await SseReader.OpenAsync(old, "/api/events");
        await using var last = await SseReader.OpenAsync(fresh, "/api/events");
        await ExecuteAsync("update api_key_secrets set until = now() where until is not null", null);
        Service<Credentials>().Forget();
        await EndsAsync(ending);
        using (var put = await fresh.PutAsync("/api/files/a.txt", new StringContent("a")))
            Assert.Equal(201, (int)put.StatusCode);
        foreach (var stream in new[] { first, last })
        {
            while ((await stream.NextAsync()).Name != "completed")
            {
            }
        }
    }

    [Fact]
    public async Task A_stream_sends_no_event_of_a_space_that_its_listener_lost_access_to()
    {
        var ann = await _people.UserAsync("ann", Role.Member);
        using var client = await _people.ClientAsync(ann);
        var space = (await PostAsync(_service.Client, "/api/spaces", new { name = "Trip" })).GetProperty("id").GetString()!;
        using (var member = await _service.Client.PutAsJsonAsync($"/api/spaces/{space}/members/{ann.Subject}", new { canChange = true }))
            Assert.Equal(204, (int)member.StatusCode);
        await using var events = await SseReader.OpenAsync(client, "/api/events");
        Assert.True(await HearsOfSpaceAsync());
        using (var removed = await _service.Client.DeleteAsync($"/api/spaces/{space}/members/{ann.Subject}"))
            Assert.Equal(204, (int)removed.StatusCode);
        await Eventually.HoldsAsync(async () => !await HearsOfSpaceAsync());
        Assert.False(await HearsOfSpaceAsync());

        // Whether the listener gets an event of the space before one of its own uploads.
        async Task<bool> HearsOfSpaceAsync()
        {
            using (var put = await _service.Client.PutAsync($"/api/spaces/{space}/tree/{Guid.NewGuid():n}", new StringContent("x")))
                Assert.Equal(201, (int)put.StatusCode);
            using var mine = await client.PutAsync("/api/files/mine.txt", new StringContent("x"));
            var own = (await mine.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            var hears = false;
            while (true)
            {
                var one = await events.NextAsync();
                hears |= one.Name == "entries_changed" && one.Json.GetProperty("data").GetProperty("space").GetString()!
                    .Replace("-", "", StringComparison.Ordinal) == space;
                if (one.Name == "completed" && one.Json.GetProperty("upload").GetString() == own)
                    return hears;
            }
        }
    }

    [Fact]
    public async Task A_stream_sends_no_event_of_an_upload_that_its_listener_lost_access_to()
    {
        var ann = await _people.UserAsync("ann", Role.Member);
        using var client = await _people.ClientAsync(ann);
        var space = (await PostAsync(_service.Client, "/api/spaces", new { name = "Trip" })).GetProperty("id").GetString()!;
        using (var member = await _service.Client.PutAsJsonAsync($"/api/spaces/{space}/members/{ann.Subject}", new { canChange = true }))
            Assert.Equal(204, (int)member.StatusCode);
        using var put = await _service.Client.PutAsync($"/api/spaces/{space}/tree/plan.txt", new StringContent("x"));
        var upload = (await put.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("fileId").GetString()!;
        using var own = await client.PutAsync("/api/files/own.txt", new StringContent("x"));
        var kept = (await own.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        await using var events = await SseReader.OpenAsync(client, $"/api/events?upload={upload}&upload={kept}");
        await using var others = await SseReader.OpenAsync(_service.Client, $"/api/events?upload={upload}");
        var feed = Service<ChunkUpload.Core.Events.EventFeed>();
        Assert.Equal([1, 2], feed.Listeners.Select(listener => listener.Topics.Count).Order());
        using (var removed = await _service.Client.DeleteAsync($"/api/spaces/{space}/members/{ann.Subject}"))
            Assert.Equal(204, (int)removed.StatusCode);
        await Eventually.HoldsAsync(() => Task.FromResult(feed.Listeners.All(listener => listener.Topics.Count == 1)));
        Assert.Contains(feed.Listeners, listener => listener.Topics.Single().Id == kept);
    }

    [Fact]
    public async Task Enabling_a_user_again_does_not_restore_ended_sessions()
    {
        const string password = "correct horse battery";
        var made = await PostAsync(_service.Client, "/api/users", new { name = "ann", role = "member", password });
        var id = made.GetProperty("user").GetProperty("id").GetString()!;
        using var browser = new BrowserClient(_service);
        using (var entered = await browser.PostAsync("/signin", new { name = "ann", password }))
            Assert.Equal(200, (int)entered.StatusCode);
        var user = await Service<IPeopleLedger>().FindUserAsync(Guid.Parse(id), default);
        var link = await Service<BrowserSessions>().NewLinkAsync(user!, default);
        foreach (var enabled in new[] { false, true })
        {
            using var changed = await _service.Client.PatchAsJsonAsync($"/api/users/{id}", new { enabled });
            Assert.Equal(200, (int)changed.StatusCode);
        }

        Assert.Equal(401, await browser.StatusAsync("/api/files"));
        Assert.Null(await Service<BrowserSessions>().FindLinkAsync(link, default));
        using var again = new BrowserClient(_service);
        using var anew = await again.PostAsync("/signin", new { name = "ann", password });
        Assert.Equal(200, (int)anew.StatusCode);
    }

    [Fact]
    public async Task A_stream_does_not_keep_its_session_in_use()
    {
        var clock = new ShiftedTime();
        var database = new PostgresFixture();
        await database.InitializeAsync();
        await using var service = await TestService.StartAsync(database, replace: services => services.AddSingleton<TimeProvider>(clock));
        using var browser = new BrowserClient(service);
        await browser.SignInAsync();
        using var client = service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Add("Cookie", $"{browser.SessionCookie}={browser.Cookies[browser.SessionCookie]}");
        await using var events = await SseReader.OpenAsync(client, "/api/events");
        using var looked = new SemaphoreSlim(0);
        service.Services.GetRequiredService<AccessWatch>().Checked += _ => Task.FromResult(looked.Release());
        clock.Shift += BrowserSessions.IdleTime - TimeSpan.FromHours(1);
        // The first of the two may have begun before.
        await looked.WaitAsync();
        await looked.WaitAsync();
        clock.Shift += TimeSpan.FromHours(2);
        Assert.Equal(401, await browser.StatusAsync("/api/files"));
        await EndsAsync(events);
    }

    private static async Task EndsAsync(SseReader events) => await Assert.ThrowsAnyAsync<IOException>(async () =>
    {
        while (true)
            await events.NextAsync();
    });

    private static async Task EndsAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Eventually.Limit);
        await Assert.ThrowsAsync<WebSocketException>(async () =>
        {
            while (true)
                await socket.ReceiveAsync(new byte[ReadBytes], patience.Token);
        });
    }

    private static async Task EndsAsync(HttpResponseMessage download)
    {
        var content = await download.Content.ReadAsStreamAsync();
        var buffer = new byte[ReadBytes];
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                await content.ReadExactlyAsync(buffer);
                return false;
            }
            catch (HttpIOException)
            {
                return true;
            }
        });
    }

    private static async Task PutLargeAsync(HttpClient client)
    {
        using var put = await client.PutAsync("/api/tree/large.bin", new ByteArrayContent(new byte[LargeBytes]));
        Assert.Equal(201, (int)put.StatusCode);
    }

    private async Task<ClientWebSocket> SocketAsync(HttpClient client)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", client.DefaultRequestHeaders.Authorization!.ToString());
        await socket.ConnectAsync(new Uri($"ws://{_service.Address.Authority}/api/events/ws"), default);
        return socket;
    }

    private HttpClient ClientOf(string key)
    {
        var client = _service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string path, object body)
    {
        using var answer = await client.PostAsJsonAsync(path, body);
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True((int)answer.StatusCode == 201, json.ToString());
        return json;
    }

    private async Task ExecuteAsync(string text, object? parameters)
    {
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync(text, parameters);
    }

    private T Service<T>()
        where T : notnull => _service.Services.GetRequiredService<T>();
}
