using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static ChunkUpload.Tests.Functional.Events.EventUploads;

namespace ChunkUpload.Tests.Functional.Events;

/// <summary>Live events on a WebSocket.</summary>
public sealed class EventSocketTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_socket_subscribes_and_unsubscribes()
    {
        using var socket = await SocketAsync();
        Assert.Equal("welcome", (await HearAsync(socket)).GetProperty("type").GetString());
        await SayAsync(socket, """{"type":"subscribe","scope":"nonsense"}""");
        Assert.Equal("error", (await HearAsync(socket)).GetProperty("type").GetString());
        await SayAsync(socket, "not json");
        Assert.Equal("malformed_json", (await HearAsync(socket)).GetProperty("code").GetString());
        await SayAsync(socket, $$"""{"type":"subscribe","uploads":["{{Guid.NewGuid():n}}"]}""");
        Assert.Equal("not_found", (await HearAsync(socket)).GetProperty("code").GetString());
        var id = await TusAsync(_service.Client, 10);
        await SayAsync(socket, $$"""{"type":"subscribe","uploads":["{{id}}"]}""");
        // The error that follows shows that the subscription was processed.
        await SayAsync(socket, "{}");
        Assert.Equal("error", (await HearAsync(socket)).GetProperty("type").GetString());
        await PutAsync(_service.Client, "another.txt");
        await PatchAsync(_service.Client, id, 0, 10);
        JsonElement one;
        do
        {
            one = await HearAsync(socket);
            Assert.Equal(id, one.GetProperty("upload").GetString());
        }
        while (one.GetProperty("type").GetString() != "event" || one.GetProperty("kind").GetString() != "completed");

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?lastEventId=1-1-1")]
    public async Task A_socket_that_sends_too_much_is_closed(string query)
    {
        using var socket = await SocketAsync(query);
        await HearAsync(socket);
        await socket.SendAsync(new byte[1 << 20], WebSocketMessageType.Text, true, default);
        var buffer = new byte[1024];
        WebSocketReceiveResult result;
        do
        {
            result = await socket.ReceiveAsync(buffer, default);
        }
        while (result.MessageType != WebSocketMessageType.Close);

        Assert.Equal(WebSocketCloseStatus.MessageTooBig, result.CloseStatus);
    }

    [Fact]
    public async Task Missed_events_are_replayed_up_to_the_sockets_first_subscription()
    {
        string last;
        using (var first = await SocketAsync())
            last = (await HearAsync(first)).GetProperty("cursor").GetString()!;
        var before = await PutAsync(_service.Client, "before.txt");
        using var socket = await SocketAsync($"?lastEventId={last}");
        Assert.Equal("welcome", (await HearAsync(socket)).GetProperty("type").GetString());
        var between = await PutAsync(_service.Client, "between.txt");
        await SayAsync(socket, """{"type":"subscribe","scope":"nonsense"}""");
        var refused = await HearAsync(socket);
        Assert.Equal(("error", "nonsense"), (refused.GetProperty("type").GetString(), refused.GetProperty("scope").GetString()));
        await SayAsync(socket, """{"type":"subscribe","scope":"own"}""");
        Assert.Equal(before, await CompletedAsync(socket));
        Assert.Equal(between, await CompletedAsync(socket));
        var after = await PutAsync(_service.Client, "after.txt");
        Assert.Equal(after, await CompletedAsync(socket));
    }

    [Fact]
    public async Task A_new_socket_gets_what_happens_between_its_welcome_and_its_subscription()
    {
        using var socket = await SocketAsync();
        await HearAsync(socket);
        var between = await PutAsync(_service.Client, "between.txt");
        await SayAsync(socket, """{"type":"subscribe","scope":"own"}""");
        Assert.Equal(between, await CompletedAsync(socket));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("7-1-1")]
    public async Task A_foreign_cursor_is_told_to_begin_anew(string cursor)
    {
        using var socket = await SocketAsync($"?lastEventId={cursor}");
        await HearAsync(socket);
        await SayAsync(socket, """{"type":"subscribe","scope":"own"}""");
        Assert.Equal("reset", (await HearAsync(socket)).GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_flood_of_subscriptions_is_refused_and_the_socket_goes_on()
    {
        using var socket = await SocketAsync();
        await HearAsync(socket);
        var uploads = string.Join(',', Enumerable.Range(0, 1001).Select(_ => $"\"{Guid.NewGuid():n}\""));
        await SayAsync(socket, $$"""{"type":"subscribe","uploads":[{{uploads}}]}""");
        Assert.Equal("invalid_field", (await HearAsync(socket)).GetProperty("code").GetString());
        for (var i = 0; i < 1000; i++)
            await SayAsync(socket, """{"type":"subscribe","scope":"own"}""");
        await SayAsync(socket, "{}");
        Assert.Equal("malformed_json", (await HearAsync(socket)).GetProperty("code").GetString());
        var sent = await PutAsync(_service.Client, "sent.txt");
        Assert.Equal(sent, await CompletedAsync(socket));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?lastEventId=1-1-1")]
    [InlineData("", """{"type":"subscribe","scope":"own"}""")]
    public async Task A_client_may_go_away_in_each_phase(string query, string? message = null)
    {
        var feed = _service.Services.GetRequiredService<EventFeed>();
        using (var socket = await SocketAsync(query))
        {
            await HearAsync(socket);
            Assert.Single(feed.Listeners);
            if (message is not null)
                await SayAsync(socket, message);
            socket.Abort();
        }

        await Eventually.HoldsAsync(() => Task.FromResult(feed.Listeners.Count == 0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?lastEventId=1-1-1")]
    public async Task A_stop_of_the_service_closes_a_socket_that_has_not_subscribed(string query)
    {
        using var socket = await SocketAsync(query);
        await HearAsync(socket);
        var stopping = _service.StopAsync();
        Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(new byte[1024], default)).MessageType);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        await stopping;
    }

    [Fact]
    public async Task An_operator_hears_of_jobs_by_listening_to_a_tenant()
    {
        using var socket = await SocketAsync();
        await HearAsync(socket);
        await SayAsync(socket, """{"type":"subscribe","scope":"tenant"}""");
        await SayAsync(socket, "{}");
        await HearAsync(socket);
        await _service.Services.GetRequiredService<IEventLedger>().AddAsync(EventKinds.StoreHealthy, StoreName.Alone, "{}", default);
        while ((await HearAsync(socket)) is var one && (one.GetProperty("type").GetString() != "event"
            || one.GetProperty("kind").GetString() != "store_healthy"))
        {
        }
    }

    [Fact]
    public async Task A_socket_follows_one_space_and_one_job_by_their_topics()
    {
        var space = await NewSpaceAsync("Trip");
        using var socket = await SocketAsync();
        await HearAsync(socket);
        await SayAsync(
            socket, $$"""{"type":"subscribe","topics":[{"kind":"space","id":"{{space}}"},{"kind":"job","id":"scrub-files"}]}""");
        // The error that follows shows that the subscription was processed.
        await SayAsync(socket, "{}");
        Assert.Equal("malformed_json", (await HearAsync(socket)).GetProperty("code").GetString());
        await PutAsync(_service.Client, "elsewhere.txt");
        using (await _service.Client.PutAsync($"/api/spaces/{space}/tree/a.txt", new StringContent("a")))
        {
        }

        var changed = await HearAsync(socket);
        Assert.Equal(("entries_changed", "space", space), About(changed));
        var events = _service.Services.GetRequiredService<IEventLedger>();
        await events.AddAsync(EventKinds.JobStarted, "sweep-orphans", "{}", default);
        await events.AddAsync(EventKinds.JobStarted, "scrub-files", "{}", default);
        Assert.Equal(("job_started", "job", "scrub-files"), About(await HearAsync(socket)));
        await SayAsync(socket, $$"""{"type":"unsubscribe","topics":[{"kind":"space","id":"{{space}}"}]}""");
        await SayAsync(socket, "{}");
        Assert.Equal("error", (await HearAsync(socket)).GetProperty("type").GetString());
        var feed = _service.Services.GetRequiredService<EventFeed>();
        Assert.Equal([new Topic("job", "scrub-files")], feed.Listeners.Single().Topics);
    }

    [Fact]
    public async Task A_topic_of_another_or_of_an_unknown_kind_is_refused()
    {
        var space = await NewSpaceAsync("Mine");
        var people = new TestPeople(_service);
        using var member = await people.ClientAsync(await people.UserAsync("ann", Role.Member));
        using var socket = await SocketAsync(member);
        await HearAsync(socket);
        (string Kind, string Id)[] refusals =
            [("space", space), ("job", "scrub-files"), ("store", "main"), ("nonsense", "1"), ("upload", "x")];
        foreach (var (kind, id) in refusals)
        {
            await SayAsync(socket, $$"""{"type":"subscribe","topics":[{"kind":"{{kind}}","id":"{{id}}"}]}""");
            var refused = await HearAsync(socket);
            Assert.Equal(("not_found", kind), (refused.GetProperty("code").GetString(), refused.GetProperty("kind").GetString()));
        }

        await SayAsync(socket, """{"type":"subscribe","topics":[{"kind":"job"}]}""");
        Assert.Equal("malformed_json", (await HearAsync(socket)).GetProperty("code").GetString());
        Assert.Empty(_service.Services.GetRequiredService<EventFeed>().Listeners.Single().Topics);
    }

    [Fact]
    public async Task Progress_that_is_reported_for_another_topic_reaches_its_owner_with_speed()
    {
        using var socket = await SocketAsync();
        await HearAsync(socket);
        await SayAsync(socket, """{"type":"subscribe","scope":"own"}""");
        var book = _service.Services.GetRequiredService<ProgressBook>();
        var report = new ProgressReport(new Topic("space", "moved"), Caller.DefaultTenant, "operator", "Trip", 100, 50, 1000);
        book.Report(report);
        book.Report(report with { Done = 700, Safe = 600 });
        var moved = await HearAsync(socket);
        Assert.Equal("progress", moved.GetProperty("type").GetString());
        Assert.Equal("moved", moved.GetProperty("topic").GetProperty("id").GetString());
        Assert.Equal(JsonValueKind.Null, moved.GetProperty("upload").ValueKind);
        Assert.Equal(
            (600, 700, 1000),
            (moved.GetProperty("received").GetInt64(), moved.GetProperty("sent").GetInt64(), moved.GetProperty("size").GetInt64()));
        Assert.True(moved.GetProperty("speed").GetInt64() > 0);
    }

    [Fact]
    public async Task A_socket_leaves_a_space_that_its_listener_lost_access_to()
    {
        var people = new TestPeople(_service);
        var ann = await people.UserAsync("ann", Role.Member);
        using var member = await people.ClientAsync(ann);
        var (lost, kept) = (await NewSpaceAsync("Lost"), await NewSpaceAsync("Kept"));
        foreach (var space in new[] { lost, kept })
        {
            using var added = await _service.Client.PutAsJsonAsync($"/api/spaces/{space}/members/{ann.Subject}", new { canChange = true });
            Assert.Equal(204, (int)added.StatusCode);
        }

        using var socket = await SocketAsync(member);
        await HearAsync(socket);
        await SayAsync(
            socket, $$"""{"type":"subscribe","topics":[{"kind":"space","id":"{{lost}}"},{"kind":"space","id":"{{kept}}"}]}""");
        await SayAsync(socket, "{}");
        await HearAsync(socket);
        var feed = _service.Services.GetRequiredService<EventFeed>();
        Assert.Equal(2, feed.Listeners.Single().Topics.Count);
        using (var removed = await _service.Client.DeleteAsync($"/api/spaces/{lost}/members/{ann.Subject}"))
            Assert.Equal(204, (int)removed.StatusCode);
        await Eventually.HoldsAsync(() => Task.FromResult(feed.Listeners.Single().Topics.Count == 1));
        Assert.Equal(kept, feed.Listeners.Single().Topics.Single().Id);
    }

    private static (string? Kind, string? Topic, string? Id) About(JsonElement one) =>
        (one.GetProperty("kind").GetString(), one.GetProperty("topic").GetProperty("kind").GetString(),
            one.GetProperty("topic").GetProperty("id").GetString());

    private async Task<string> NewSpaceAsync(string name)
    {
        using var made = await _service.Client.PostAsJsonAsync("/api/spaces", new { name });
        return (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    /// <summary>The upload of the next event that completes one.</summary>
    private static async Task<string?> CompletedAsync(ClientWebSocket socket)
    {
        while (true)
        {
            var one = await HearAsync(socket);
            if (one.GetProperty("type").GetString() == "event" && one.GetProperty("kind").GetString() == "completed")
                return one.GetProperty("upload").GetString();
        }
    }

    private Task<ClientWebSocket> SocketAsync(string query = "") => SocketAsync(_service.Client, query);

    private async Task<ClientWebSocket> SocketAsync(HttpClient client, string query = "")
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", client.DefaultRequestHeaders.Authorization!.ToString());
        await socket.ConnectAsync(new Uri($"ws://{_service.Address.Authority}/api/events/ws{query}"), default);
        return socket;
    }

    private static Task SayAsync(ClientWebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, default);

    private static async Task<JsonElement> HearAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Eventually.Limit);
        var buffer = new byte[64 << 10];
        while (true)
        {
            var result = await socket.ReceiveAsync(buffer, patience.Token);
            Assert.True(result.EndOfMessage);
            var message = JsonElement.Parse(Encoding.UTF8.GetString(buffer, 0, result.Count));
            if (message.GetProperty("type").GetString() != "heartbeat")
                return message;
        }
    }
}
