using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Statistics;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Statistics;

/// <summary>The figures and the history of a running service, made from what its ledger recorded.</summary>
public sealed class StatisticsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const int Chunk = 1 << 20;

    private TestService _service = null!;
    private ApiClient _client = null!;

    private IStatisticsLedger Ledger => _service.Services.GetRequiredService<IStatisticsLedger>();

    public async Task InitializeAsync()
    {
        // The tests run the roll-up themselves.
        _service = await TestService.StartAsync(
            postgres, new Dictionary<string, string> { ["Schedules:RollUpStatistics"] = "0 0 0 1 1 ?" });
        _client = new ApiClient(_service);
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Uploads_and_how_they_ended_are_counted()
    {
        await FinishAsync("whole.bin");
        var cut = await FinishAsync("cut.bin", cuts: 2);
        await CancelAsync("gone.bin");
        await FailAsync("bad.bin", "the bytes are wrong");
        _ = await _client.CreateAsync(Chunk, "open.bin");

        var stats = await GetAsync("/api/stats?range=1h");

        var total = stats.GetProperty("total");
        Assert.Equal(5, total.GetProperty("begun").GetInt64());
        Assert.Equal(2, total.GetProperty("completed").GetInt64());
        Assert.Equal(1, total.GetProperty("cancelled").GetInt64());
        Assert.Equal(1, total.GetProperty("failed").GetInt64());
        Assert.Equal(0.6667, total.GetProperty("successRate").GetDouble());
        Assert.Equal(3, total.GetProperty("retries").GetInt64());
        // 3 breaks in 4 MiB.
        Assert.Equal(768, total.GetProperty("retriesPerGiB").GetDouble());
        // The kept bytes of the failed upload saved nothing.
        Assert.Equal(600_000, total.GetProperty("savedBytes").GetInt64());
        Assert.True(total.GetProperty("durationMs").GetProperty("p50").GetInt64() > 0);
        Assert.True(
            total.GetProperty("speed").GetProperty("p95").GetInt64() >= total.GetProperty("speed").GetProperty("p50").GetInt64());
        Assert.Equal("disconnect", stats.GetProperty("cuts")[0].GetProperty("name").GetString());
        Assert.Equal("the bytes are wrong", stats.GetProperty("failures")[0].GetProperty("name").GetString());
        Assert.Equal("minute", stats.GetProperty("step").GetString());
        var points = stats.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("figures")).ToList();
        Assert.Equal(5, points.Sum(point => point.GetProperty("begun").GetInt64()));
        var day = await GetAsync("/api/stats?range=30d&step=day");
        Assert.Equal(2, day.GetProperty("total").GetProperty("completed").GetInt64());

        var story = await StoryAsync("cut.bin");
        Assert.Equal(cut, story.GetProperty("id").GetString());
        Assert.Equal(2, story.GetProperty("cuts").GetInt64());
        Assert.Equal(2, story.GetProperty("causes").GetProperty("disconnect").GetInt64());
        Assert.Equal(4, story.GetProperty("attempts").GetInt64());
        Assert.Equal(600_000, story.GetProperty("savedBytes").GetInt64());
        Assert.Equal(2 * Chunk, story.GetProperty("received").GetInt64());
        Assert.True(story.GetProperty("speed").GetInt64() > 0);
    }

    [Fact]
    public async Task Received_bytes_are_counted_by_protocol_also_before_an_upload_ends()
    {
        var open = ApiClient.Id(await _client.CreateAsync(2 * Chunk, "open.bin"));
        _ = await _client.PutOkAsync(open, 0, ApiClient.Bytes(Chunk));
        using (await _service.Client.PutAsync("/api/files/small.txt", new StringContent("small")))
        {
        }

        await Eventually.HoldsAsync(async () =>
        {
            var stats = await GetAsync("/api/stats?range=1h");
            var protocols = stats.GetProperty("protocols").EnumerateArray()
                .ToDictionary(one => one.GetProperty("name").GetString()!, one => one.GetProperty("value").GetInt64());
            return protocols.GetValueOrDefault("session") == Chunk && protocols.GetValueOrDefault("put") == 5;
        });
        var now = (await GetAsync("/api/stats")).GetProperty("now");
        Assert.Equal(1, now.GetProperty("active").GetInt32());
    }

    [Fact]
    public async Task A_page_that_is_counted_twice_counts_once()
    {
        for (var i = 0; i < 3; i++)
            await FinishAsync($"{i}.bin");
        var page = await PageAsync(completed: 3);
        var stories = page.Endings.Where(one => one.Kind == "completed").Select(one => one.Upload).ToList();
        Figure[] figures = [new("default", stories[0].EndedAt, "sum", "completed", 3)];

        Assert.True(await Ledger.CountAsync(page, stories, figures, default));
        // The reply to the commit was lost, or another process counted the same page.
        Assert.False(await Ledger.CountAsync(page, stories, figures, default));
        await RunJobAsync();
        await RunJobAsync();

        Assert.Equal(3, await CompletedAsync());
        Assert.Equal(3, (await GetAsync("/api/history")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Killed_and_concurrent_runs_give_the_same_figures()
    {
        for (var i = 0; i < 5; i++)
            await FinishAsync($"{i}.bin");
        var page = await PageAsync(completed: 5);
        // All of its work is done but for the commit.
        await using (var killed = NpgsqlDataSource.Create(_service.ConnectionString + ";Pooling=false"))
        {
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => CountAndDieAsync(killed));
        }

        var job = _service.Services.GetServices<IMaintenanceJob>().Single(one => one.Name == "roll-up-statistics");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => job.RunAsync(new SilentProgress(), default)));

        Assert.Equal(5, page.Endings.Count(one => one.Kind == "completed"));
        Assert.Equal(5, await CompletedAsync());
    }

    [Fact]
    public async Task A_batch_of_received_bytes_counts_once()
    {
        Figure[] figures = [new("default", null, "received", "tus", 1000)];
        await Ledger.CountReceivedAsync(1_000_001, figures, default);
        await Ledger.CountReceivedAsync(1_000_001, figures, default);
        await Ledger.CountReceivedAsync(1_000_002, figures, default);
        Assert.Equal(2000, (await GetAsync("/api/stats?range=1h")).GetProperty("total").GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task Rights_hold_for_figures_and_for_the_history()
    {
        await FinishAsync("operators.bin");
        using (await _service.Client.PostAsJsonAsync("/api/tenants", new { name = "foreign" }))
        {
        }

        using var member = await MemberAsync("member", Role.Member, "default");
        using var other = await MemberAsync("other", Role.Member, "default");
        using var stranger = await MemberAsync("stranger", Role.Admin, "foreign");
        foreach (var (client, name) in new[] { (member, "mine.bin"), (stranger, "strange.bin") })
        {
            using var answer = await client.PutAsync($"/api/files/{name}", new StringContent("x"));
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        }

        Assert.Equal(["mine.bin"], await NamesAsync(member));
        Assert.Empty(await NamesAsync(other));
        Assert.Equal(["strange.bin"], await NamesAsync(stranger));
        Assert.Equal(["strange.bin", "mine.bin", "operators.bin"], await NamesAsync(_service.Client));
        Assert.Equal(["strange.bin"], await NamesAsync(_service.Client, "?tenant=foreign"));
        using (var refused = await member.GetAsync("/api/stats"))
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using (var refused = await stranger.GetAsync("/api/stats?tenant=default"))
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(1, (await GetAsync("/api/stats", stranger)).GetProperty("total").GetProperty("completed").GetInt64());
        Assert.Equal(3, (await GetAsync("/api/stats")).GetProperty("total").GetProperty("completed").GetInt64());
    }

    [Fact]
    public async Task The_history_is_filtered_paged_and_exported()
    {
        for (var i = 0; i < 5; i++)
            await FinishAsync($"report {i}.bin");
        await FailAsync("=cmd().bin", "the bytes are wrong");
        await CancelAsync("gone.bin");

        var paged = new List<string>();
        string? cursor = null;
        do
        {
            var page = await GetAsync($"/api/history?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            paged.AddRange(page.GetProperty("items").EnumerateArray().Select(one => one.GetProperty("name").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(
            ["gone.bin", "=cmd().bin", "report 4.bin", "report 3.bin", "report 2.bin", "report 1.bin", "report 0.bin"], paged);
        Assert.Equal(["gone.bin", "=cmd().bin"], await NamesAsync(_service.Client, "?state=failed,cancelled"));
        Assert.Equal(["report 3.bin"], await NamesAsync(_service.Client, "?name=PORT%203&protocol=session"));
        Assert.Empty(await NamesAsync(_service.Client, "?protocol=tus"));
        Assert.Empty(await NamesAsync(_service.Client, "?to=2020-01-01T00:00:00Z"));
        Assert.Equal(7, (await NamesAsync(_service.Client, "?from=2020-01-01T00:00:00Z")).Count);
        var csv = (await _service.Client.GetStringAsync("/api/history?format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(8, csv.Length);
        Assert.Contains("'=cmd().bin", csv[2], StringComparison.Ordinal);
        var lines = (await _service.Client.GetStringAsync("/api/history?format=json&state=completed")).Split('\n');
        Assert.Equal(6, lines.Length);
        Assert.StartsWith("start,bytes,", await _service.Client.GetStringAsync("/api/stats?format=csv"), StringComparison.Ordinal);
        foreach (var wrong in (string[])["state=open", "protocol=ftp", "cursor=x", "format=xml", "limit=0"])
        {
            using var answer = await _service.Client.GetAsync($"/api/history?{wrong}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        foreach (var wrong in (string[])["step=week", "range=30d&step=minute", "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"])
        {
            using var answer = await _service.Client.GetAsync($"/api/stats?{wrong}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Uploads_and_their_history_show_the_user_agent()
    {
        _service.Client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "Sender/1.0 " + new string('x', 300));
        var client = ("Sender/1.0 " + new string('x', 300))[..UserAgent.Longest];
        var id = await FinishAsync("session.bin");
        using var put = await _service.Client.PutAsync("/api/tree/whole.bin", new ByteArrayContent(new byte[100]));
        var whole = (await ApiClient.JsonAsync(put, HttpStatusCode.Created)).GetProperty("fileId").GetString();
        foreach (var one in (string[])[id, whole!])
            Assert.Equal(client, (await GetAsync($"/api/sessions/{one}")).GetProperty("userAgent").GetString());
        Assert.Equal(client, (await StoryAsync("session.bin")).GetProperty("userAgent").GetString());
        Assert.Equal(client, (await StoryAsync("whole.bin")).GetProperty("userAgent").GetString());
        Assert.Equal(2, (await _service.Client.GetStringAsync("/api/history?format=csv")).Split(client).Length - 1);
    }

    [Fact]
    public async Task A_deleted_file_stays_in_the_history_and_old_rows_go()
    {
        var id = await FinishAsync("deleted.bin");
        using (var answer = await _service.Client.DeleteAsync($"/api/files/{id}"))
            Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal("completed", (await StoryAsync("deleted.bin")).GetProperty("state").GetString());
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await connection.ExecuteAsync("""
            update chunkupload.finished_uploads set ended_at = now() - interval '500 days';
            insert into chunkupload.statistics (width, tenant, start, kind, name, value)
            select w, 'default', now() - a * interval '1 day', 'test', 'x', 1
            from unnest(array['minute', 'hour', 'day']) w, unnest(array[1, 3, 100, 500]) a
            """);

        await RunJobAsync();

        Assert.Empty(await NamesAsync(_service.Client));
        var left = await connection.QueryAsync<(string Width, int Rows)>(
            "select width, count(*)::int from chunkupload.statistics where kind = 'test' group by width");
        Assert.Equal(
            new Dictionary<string, int> { ["minute"] = 1, ["hour"] = 2, ["day"] = 3 },
            left.ToDictionary(row => row.Width, row => row.Rows));
    }

    private static async Task CountAndDieAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            set search_path = chunkupload_functions, chunkupload;
            begin;
            select count_endings(xid, id, '9999999', 1, '[]', '[{"tenant":"default","kind":"sum","name":"completed","value":5}]')
            from statistics_position;
            select pg_terminate_backend(pg_backend_pid())
            """);
    }

    private async Task<string> FinishAsync(string name, int cuts = 0)
    {
        var id = ApiClient.Id(await _client.CreateAsync(2 * Chunk, name));
        await CutAsync(id, cuts);
        _ = await _client.PutOkAsync(id, 0, ApiClient.Bytes(Chunk));
        _ = await _client.PutOkAsync(id, Chunk, ApiClient.Bytes(Chunk));
        using var answer = await _client.CompleteAsync(id);
        Assert.True(answer.IsSuccessStatusCode);
        return id;
    }

    private async Task CutAsync(string id, int cuts)
    {
        var ledger = _service.Services.GetRequiredService<IUploadLedger>();
        Assert.True(UploadId.TryParse(id, out var upload));
        for (var i = 0; i < cuts; i++)
        {
            await ledger.RecordFailureAsync(
                upload, new FailedAttempt(TimeProvider.System.GetUtcNow(), "disconnect", 0, 400_000, 300_000, TimeSpan.FromSeconds(1)),
                default);
        }
    }

    private async Task CancelAsync(string name)
    {
        var id = ApiClient.Id(await _client.CreateAsync(Chunk, name));
        using var answer = await _service.Client.DeleteAsync($"/api/sessions/{id}");
        Assert.True(answer.IsSuccessStatusCode);
    }

    private async Task FailAsync(string name, string reason)
    {
        Assert.True(UploadId.TryParse(ApiClient.Id(await _client.CreateAsync(Chunk, name)), out var id));
        await CutAsync(id.ToString(), 1);
        var ledger = _service.Services.GetRequiredService<IUploadLedger>();
        await ledger.EndAsync(Caller.Operator, id, UploadState.Failed, reason, default);
    }

    /// <summary>Reads the next page once it has all that ended: events can be read when every earlier transaction has ended.</summary>
    private async Task<EndingsPage> PageAsync(int completed)
    {
        EndingsPage? page = null;
        await Eventually.HoldsAsync(async () =>
        {
            page = await Ledger.ReadAsync(1000, default);
            return page?.Endings.Count(one => one.Kind == "completed") == completed;
        });
        return page!;
    }

    private async Task RunJobAsync()
    {
        var job = _service.Services.GetServices<IMaintenanceJob>().Single(one => one.Name == "roll-up-statistics");
        Assert.Null((await job.RunAsync(new SilentProgress(), default)).Error);
    }

    private async Task<long> CompletedAsync() =>
        (await GetAsync("/api/stats?range=1h")).GetProperty("total").GetProperty("completed").GetInt64();

    private async Task<JsonElement> StoryAsync(string name) =>
        (await GetAsync("/api/history")).GetProperty("items").EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);

    private async Task<JsonElement> GetAsync(string address, HttpClient? client = null)
    {
        // Events are read once every earlier transaction has ended, and an answer counts only from time to time.
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        await Eventually.HoldsAsync(async () =>
        {
            await _service.Services.GetRequiredService<StatisticsCollector>().RunAsync(_ => { }, default);
            return await connection.ExecuteScalarAsync<bool>("""
                select not exists (
                    select from chunkupload.events e, chunkupload.statistics_position p where (e.xid, e.id) > (p.xid, p.id))
                """);
        });
        return await (client ?? _service.Client).GetFromJsonAsync<JsonElement>(address);
    }

    private async Task<IReadOnlyList<string>> NamesAsync(HttpClient client, string query = "") =>
    [
        .. (await GetAsync("/api/history" + query, client)).GetProperty("items").EnumerateArray()
            .Select(one => one.GetProperty("name").GetString()!),
    ];

    private async Task<HttpClient> MemberAsync(string name, Role role, string tenant)
    {
        var people = new TestPeople(_service);
        return await people.ClientAsync(await people.UserAsync(name, role, tenant), tenant);
    }
}
