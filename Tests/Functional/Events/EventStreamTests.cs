using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static ChunkUpload.Tests.Functional.Events.EventUploads;

namespace ChunkUpload.Tests.Functional.Events;

/// <summary>Live events: server-sent and on a WebSocket.</summary>
public sealed class EventStreamTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;

    public async Task InitializeAsync() => _service = await TestService.StartAsync(postgres);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_listener_follows_an_upload_from_its_creation_to_its_end()
    {
        await using var stream = await SseReader.OpenAsync(_service.Client, "/api/events");
        Assert.Equal("welcome", (await stream.NextAsync()).Name);
        var id = await TusAsync(_service.Client, 3_000_000);
        await PatchAsync(_service.Client, id, 0, 1_000_000);
        await using (var source = NpgsqlDataSource.Create(_service.ConnectionString))
        await using (var command = source.CreateCommand(
            "insert into chunkupload.failed_attempts (upload_id, at, kind, start, bytes, kept, duration_ms) "
            + "values ($1, now(), 'taken-over', 1000000, 9, 7, 5), ($1, now(), 'disconnect', 1000000, 9, 4, 5)"))
        {
            command.Parameters.AddWithValue(Guid.Parse(id));
            await command.ExecuteNonQueryAsync();
        }

        await PatchAsync(_service.Client, id, 1_000_000, 2_000_000);
        var received = new List<SseEvent>();
        do
        {
            received.Add(await stream.NextAsync());
        }
        while (received[^1].Name != "completed");

        var mine = received.Where(one => one.Json.TryGetProperty("upload", out var upload) && upload.GetString() == id).ToList();
        // Progress and advice come from memory and may be sent before the ledger is read, so they have no order with what it records.
        var recorded = mine.Where(one => one.Id is not null).ToList();
        Assert.Equal("created", recorded[0].Name);
        Assert.False(recorded[0].Json.GetProperty("data").TryGetProperty("story", out _));
        Assert.Equal("completed", mine[^1].Name);
        var story = mine[^1].Json.GetProperty("data").GetProperty("story");
        Assert.Equal(
            (3, 2, 1, 11, 1),
            (Number("attempts"), Number("cuts"), Number("takeovers"), Number("savedBytes"),
                story.GetProperty("causes").GetProperty("disconnect").GetInt32()));
        Assert.True(Number("durationMs") >= 0);
        Assert.All(mine.Where(one => one.Name == "progress"), one =>
        {
            Assert.Equal(3_000_000, one.Json.GetProperty("size").GetInt64());
            Assert.InRange(one.Json.GetProperty("received").GetInt64(), 1, 3_000_000);
            Assert.Null(one.Id);
        });

        int Number(string name) => story.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task Progress_is_reported_without_an_id()
    {
        await using var stream = await SseReader.OpenAsync(_service.Client, "/api/events");
        await stream.NextAsync();
        using var made = await _service.Client.PostAsJsonAsync("/api/sessions", new { fileName = "a.bin", size = 3_000_000 });
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        var bytes = new byte[1_000_000];
        foreach (var (offset, digest) in new[] { (0, SHA256.HashData(bytes)), (1_000_000, new byte[32]) })
        {
            using var chunk = new HttpRequestMessage(HttpMethod.Put, $"/api/sessions/{id}/chunks/{offset}")
            {
                Content = new ByteArrayContent(bytes),
                Headers = { { "X-Chunk-SHA256", Convert.ToHexStringLower(digest) } },
            };
            using var answer = await _service.Client.SendAsync(chunk);
            Assert.Equal(offset == 0, answer.IsSuccessStatusCode);
        }

        var received = new Dictionary<string, SseEvent>();
        while (new[] { "progress", "chunk", "retry", "advice" }.Any(name => !received.ContainsKey(name)))
        {
            var next = await stream.NextAsync();
            received[next.Name] = next;
        }

        Assert.Equal(1_000_000, received["chunk"].Json.GetProperty("chunk").GetProperty("length").GetInt64());
        Assert.Equal("digest", received["retry"].Json.GetProperty("retry").GetProperty("kind").GetString());
        Assert.True(received["advice"].Json.GetProperty("advice").GetProperty("chunkSize").GetInt64() > 0);
        Assert.InRange(received["progress"].Json.GetProperty("sent").GetInt64(), 1_000_000, 3_000_000);
        Assert.All([received["chunk"], received["retry"], received["advice"]], one =>
            Assert.Equal((null, id), (one.Id, one.Json.GetProperty("upload").GetString())));
    }

    [Fact]
    public async Task Operators_are_told_when_the_store_takes_no_uploads_and_when_it_does_again()
    {
        await using var stream = await SseReader.OpenAsync(_service.Client, "/api/events?scope=all");
        Assert.Equal("welcome", (await stream.NextAsync()).Name);
        SseEvent degraded;
        // Degrades the store repeatedly, so that no probe heals it before the watch has looked.
        await using (var failing = new Timer(
            _ => _service.Services.GetRequiredService<DiskStore>().Health.Degrade("A flush has failed."), null, 0, 100))
            degraded = await NextAsync(stream);
        Assert.Equal("store_degraded", degraded.Name);
        Assert.StartsWith(
            "A flush has failed.", degraded.Json.GetProperty("data").GetProperty("reason").GetString(), StringComparison.Ordinal);
        // A probe heals it.
        Assert.Equal("store_healthy", (await NextAsync(stream)).Name);

        static async Task<SseEvent> NextAsync(SseReader stream)
        {
            while (true)
            {
                if (await stream.NextAsync() is { } next && next.Name.StartsWith("store_", StringComparison.Ordinal))
                    return next;
            }
        }
    }

    [Fact]
    public async Task Missed_events_are_replayed_once_and_in_order()
    {
        string last;
        await using (var stream = await SseReader.OpenAsync(_service.Client, "/api/events"))
            last = (await stream.NextAsync()).Id!;
        var sent = new List<string>();
        for (var i = 0; i < 20; i++)
            sent.Add(await PutAsync(_service.Client, $"{i}.txt"));
        var seen = new List<string>();
        // The client disconnects after every few events and continues after the last one it has seen.
        while (seen.Count < sent.Count)
        {
            await using var stream = await SseReader.OpenAsync(_service.Client, "/api/events", last);
            Assert.Equal("welcome", (await stream.NextAsync()).Name);
            for (var i = 0; i < 7 && seen.Count < sent.Count;)
            {
                var one = await stream.NextAsync();
                if (one.Id is { } cursor && one.Name != "heartbeat")
                    last = cursor;
                if (one.Name != "completed")
                    continue;
                seen.Add(one.Json.GetProperty("upload").GetString()!);
                i++;
            }
        }

        Assert.Equal(sent, seen);
    }

    [Fact]
    public async Task No_event_is_lost_while_many_transactions_commit_out_of_order()
    {
        await using var stream = await SseReader.OpenAsync(_service.Client, "/api/events");
        await stream.NextAsync();
        var sent = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => PutAsync(_service.Client, $"many-{i}.txt")));
        var seen = new List<string>();
        while (seen.Count < sent.Length)
        {
            if (await stream.NextAsync() is { Name: "completed" } one)
                seen.Add(one.Json.GetProperty("upload").GetString()!);
        }

        Assert.Equal(sent.Order(), seen.Order());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1-99999999999-1")]
    [InlineData("7-1-1")]
    [InlineData("-1--1--1")]
    [InlineData("99999999999999999999-1-1")]
    public async Task A_cursor_of_another_time_is_told_to_begin_anew(string cursor)
    {
        await using var stream = await SseReader.OpenAsync(_service.Client, "/api/events", cursor);
        Assert.Equal("welcome", (await stream.NextAsync()).Name);
        Assert.Equal("reset", (await stream.NextAsync()).Name);
    }

    [Fact]
    public async Task A_cursor_before_what_was_trimmed_is_told_to_begin_anew()
    {
        string last;
        await PutAsync(_service.Client, "a.txt");
        await using (var stream = await SseReader.OpenAsync(_service.Client, "/api/events"))
            last = (await stream.NextAsync()).Id!;
        await PutAsync(_service.Client, "b.txt");
        await PutAsync(_service.Client, "c.txt");
        await using (var source = NpgsqlDataSource.Create(_service.ConnectionString))
        await using (var command = source.CreateCommand(
            "set search_path = chunkupload, chunkupload_functions; "
            + "select trim_history((select max(id) from incarnations), interval '-1 hour', 1000)"))
            await command.ExecuteNonQueryAsync();
        await using var late = await SseReader.OpenAsync(_service.Client, "/api/events", last);
        Assert.Equal("welcome", (await late.NextAsync()).Name);
        Assert.Equal("reset", (await late.NextAsync()).Name);
    }

    [Fact]
    public async Task A_member_hears_of_his_own_uploads_and_of_the_spaces_that_he_reaches()
    {
        using var ann = await KeyAsync(Scopes.Upload | Scopes.List | Scopes.Read);
        using var bob = await KeyAsync(Scopes.Upload | Scopes.List | Scopes.Read);
        using (var refused = await ann.GetAsync("/api/events?scope=tenant"))
            Assert.Equal(403, (int)refused.StatusCode);
        using (var refused = await ann.GetAsync("/api/events?scope=all"))
            Assert.Equal(403, (int)refused.StatusCode);
        await using var stream = await SseReader.OpenAsync(ann, "/api/events");
        await stream.NextAsync();
        var foreign = await PutAsync(bob, "bob.txt");
        using (var refused = await ann.GetAsync($"/api/events?upload={foreign}"))
            Assert.Equal(404, (int)refused.StatusCode);
        using (await bob.PutAsync("/api/tree/shared.txt", new StringContent("x")))
        {
        }

        var own = await PutAsync(ann, "ann.txt");
        var names = new List<string>();
        while (true)
        {
            var one = await stream.NextAsync();
            Assert.DoesNotContain(foreign, one.Json.GetRawText(), StringComparison.Ordinal);
            names.Add(one.Name);
            if (one.Name == "completed" && one.Json.GetProperty("upload").GetString() == own)
                break;
        }

        Assert.Contains("entries_changed", names);
    }

    [Fact]
    public async Task A_stop_of_the_service_ends_the_streams_at_once()
    {
        await using var stream = await SseReader.OpenAsync(_service.Client, "/api/events");
        await stream.NextAsync();
        var stopping = _service.StopAsync();
        // Ended in order: a stream that the stop had to cut would fail with a broken connection.
        await Assert.ThrowsAsync<EndOfStreamException>(async () =>
        {
            while (true)
                await stream.NextAsync();
        });
        await stopping;
    }

    [Fact]
    public async Task The_keys_of_a_tenant_cannot_take_all_connections_together()
    {
        var feed = _service.Services.GetRequiredService<EventFeed>();
        var open = new List<EventListener>();
        try
        {
            var refused = false;
            for (var i = 0; i < 64 * EventFeed.MostOfSubject && !refused; i++)
            {
                var key = new Caller(Caller.DefaultTenant, Caller.KeySubject(new Guid(i % 64, 0, 0, new byte[8])));
                if (feed.Add(key, out refused) is { } listener)
                    open.Add(listener);
            }

            Assert.True(refused);
            Assert.Equal(EventFeed.MostOfTenantKeys, open.Count);
            open.Add(feed.Add(new Caller(Caller.DefaultTenant, Caller.UserSubject(Guid.NewGuid())), out _)!);
            open.Add(feed.Add(new Caller("other", Caller.KeySubject(Guid.NewGuid())), out _)!);
            Assert.DoesNotContain(null, open);
        }
        finally
        {
            foreach (var one in open)
                one.Dispose();
        }
    }

    [Fact]
    public async Task One_caller_cannot_take_all_connections()
    {
        using var ann = await KeyAsync(Scopes.Upload | Scopes.List | Scopes.Read);
        using var bob = await KeyAsync(Scopes.Upload | Scopes.List | Scopes.Read);
        var open = new List<SseReader>();
        try
        {
            for (var i = 0; i < EventFeed.MostOfSubject; i++)
                open.Add(await SseReader.OpenAsync(ann, "/api/events"));
            using (var refused = await ann.GetAsync("/api/events"))
            {
                Assert.Equal(503, (int)refused.StatusCode);
                var problem = JsonElement.Parse(await refused.Content.ReadAsStringAsync());
                Assert.Equal("too_many_listeners", problem.GetProperty("code").GetString());
                Assert.StartsWith("You have 64 connections", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            }

            open.Add(await SseReader.OpenAsync(bob, "/api/events"));
            for (var i = 0; i <= EventFeed.MostOfSubject; i++)
                open.Add(await SseReader.OpenAsync(_service.Client, "/api/events"));
            await open[0].DisposeAsync();
            await Eventually.HoldsAsync(async () =>
            {
                using var answer = await ann.GetAsync("/api/events", HttpCompletionOption.ResponseHeadersRead);
                return answer.IsSuccessStatusCode;
            });
        }
        finally
        {
            foreach (var one in open)
                await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_member_hears_of_a_space_that_is_made_afterwards()
    {
        using var ann = await KeyAsync(Scopes.Upload | Scopes.List | Scopes.Read);
        await using var stream = await SseReader.OpenAsync(ann, "/api/events");
        await stream.NextAsync();
        using var made = await _service.Client.PostAsJsonAsync("/api/spaces", new { name = "Later" });
        Assert.Equal(201, (int)made.StatusCode);
        var space = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        var subject = (await ann.GetFromJsonAsync<JsonElement>("/api/me")).GetProperty("subject").GetString()!;
        using var given = await _service.Client.PutAsJsonAsync(
            $"/api/spaces/{space}/members/{Uri.EscapeDataString(subject)}", new { canChange = true });
        Assert.True(given.IsSuccessStatusCode, await given.Content.ReadAsStringAsync());
        // Rights are read once a second.
        var feed = _service.Services.GetRequiredService<EventFeed>();
        await Eventually.HoldsAsync(() =>
            Task.FromResult(feed.Listeners.Any(
                listener => listener.Wants(new Topic(TopicKinds.Space, space!), [EventListener.SpaceKey(space!)]))));
        using (await _service.Client.PutAsync($"/api/spaces/{space}/tree/new.txt", new StringContent("x")))
        {
        }

        SseEvent one;
        do
        {
            one = await stream.NextAsync();
        }
        while (one.Name != "entries_changed" || one.Json.GetProperty("data").GetProperty("space").GetString() != space);
    }

    [Fact]
    public async Task The_events_of_one_upload_are_listed()
    {
        using var made = await _service.Client.PostAsJsonAsync("/api/sessions", new { fileName = "a.bin", size = 10 });
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        using (await _service.Client.PostAsync($"/api/sessions/{id}/pause", null))
        using (await _service.Client.PostAsync($"/api/sessions/{id}/resume", null))
        {
        }

        var states = _service.Services.GetRequiredService<IUploadLedger>();
        await states.RecordFailureAsync(
            Parse(id), new FailedAttempt(DateTimeOffset.UnixEpoch, "taken-over", 4, 3, 2, TimeSpan.Zero), default);
        Assert.Equal(["paused", "resumed", "takeover"], await KindsAsync(id));
        using (var page = await _service.Client.GetAsync($"/api/sessions/{id}/events?limit=2"))
        {
            var cursor = (await page.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("nextCursor").GetString();
            Assert.Equal(["takeover"], await KindsAsync(id, $"?cursor={cursor}"));
        }

        var stream = await TusAsync(_service.Client, 10);
        var streams = _service.Services.GetRequiredService<IStreamLedger>();
        Assert.NotNull(await streams.RaiseEpochAsync(Caller.Operator, Parse(stream), 0, default));
        Assert.Null(await streams.RaiseEpochAsync(Caller.Operator, Parse(stream), 7, default));
        Assert.Equal(["takeover"], await KindsAsync(stream));

        using var ann = await KeyAsync(Scopes.Upload | Scopes.List | Scopes.Read);
        using var foreign = await ann.GetAsync($"/api/sessions/{id}/events");
        Assert.Equal(404, (int)foreign.StatusCode);

        async Task<IReadOnlyList<string?>> KindsAsync(string upload, string query = "") =>
            [.. (await _service.Client.GetFromJsonAsync<JsonElement>($"/api/sessions/{upload}/events{query}"))
                .GetProperty("items").EnumerateArray().Select(one => one.GetProperty("kind").GetString())];

        static UploadId Parse(string text) => UploadId.TryParse(text, out var parsed) ? parsed : default;
    }

    private async Task<HttpClient> KeyAsync(Scopes scopes)
    {
        var (text, shown) = KeySecret.New();
        var key = new ApiKey(Guid.NewGuid(), Caller.DefaultTenant, null, "k", shown, scopes, "operator", default, null, null, null);
        await _service.Services.GetRequiredService<IPeopleLedger>().AddKeyAsync(key, KeySecret.Hash(text), default);
        var client = _service.CreateClient(withKey: false);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", text);
        return client;
    }
}
