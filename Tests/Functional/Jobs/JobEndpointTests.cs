using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class JobEndpointTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Lists_all_jobs()
    {
        await using var service = await TestService.StartAsync(postgres, TestService.WithJobs);

        var list = await service.Client.GetFromJsonAsync<JsonElement>("/api/jobs");

        Assert.Equal(JsonValueKind.Null, list.GetProperty("nextCursor").ValueKind);
        var jobs = list.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["finish-pending", "move-between-spaces", "purge-stale-sessions", "remove-tenants", "roll-up-statistics",
                "scrub-files", "sweep-orphans", "trim-history"],
            jobs.Select(job => Text(job, "name")));
        Assert.All(jobs, job => Assert.NotEmpty(Text(job, "description")!));
        Assert.Equal("0 41 1 * * ?", Text(jobs[5], "schedule"));
    }

    [Fact]
    public async Task Runs_a_job_and_shows_it_while_it_runs_and_afterwards()
    {
        var job = new FakeJob();
        await using var service = await StartAsync(job);

        using var accepted = await service.Client.PostAsync("/api/jobs/trim-history/run", null);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        Assert.Equal("/api/jobs/trim-history", accepted.Headers.Location!.OriginalString);
        Assert.Equal("running", Text(await JsonAsync(accepted), "state"));

        var run = await job.NextAsync();
        run.Progress.Report(1, 4, "parts");
        using var again = await service.Client.PostAsync("/api/jobs/trim-history/run", null);
        Assert.Equal((HttpStatusCode.Conflict, "job_running"), (again.StatusCode, Text(await JsonAsync(again), "code")));
        var shown = await UntilAsync(service, now => now.GetProperty("running") is { ValueKind: JsonValueKind.Object } running
            && running.GetProperty("progress").ValueKind == JsonValueKind.Object);
        var progress = shown.GetProperty("running").GetProperty("progress");
        Assert.Equal((1, 4, 25.0, "parts"), (progress.GetProperty("done").GetInt64(), progress.GetProperty("total").GetInt64(),
            progress.GetProperty("percent").GetDouble(), Text(progress, "what")));

        run.Finish("Did it all.", 4);
        var ended = await UntilAsync(service, now => Text(now, "state") == "idle");
        var last = ended.GetProperty("lastRun");
        Assert.Equal(("succeeded", "Did it all.", 4),
            (Text(last, "outcome"), Text(last, "summary"), last.GetProperty("counts").GetProperty("did").GetInt64()));
        Assert.True(last.GetProperty("byHand").GetBoolean());
    }

    [Fact]
    public async Task Pauses_and_resumes_as_often_as_one_likes()
    {
        var job = new FakeJob();
        await using var service = await StartAsync(job);

        foreach (var (verb, state, isPaused) in new[] { ("pause", "paused", true), ("pause", "paused", true), ("resume", "idle", false),
            ("resume", "idle", false) })
        {
            using var answer = await service.Client.PostAsync($"/api/jobs/trim-history/{verb}", null);
            var shown = await JsonAsync(answer);
            Assert.Equal(
                (HttpStatusCode.OK, state, isPaused), (answer.StatusCode, Text(shown, "state"), shown.GetProperty("paused").GetBoolean()));
            Assert.Equal(isPaused, shown.GetProperty("nextRunAt").ValueKind == JsonValueKind.Null);
        }
    }

    [Fact]
    public async Task Pages_the_history()
    {
        var job = new FakeJob();
        await using var service = await StartAsync(job);
        for (var number = 1; number <= 3; number++)
        {
            (await service.Client.PostAsync("/api/jobs/trim-history/run", null)).Dispose();
            (await job.NextAsync()).Finish($"Run {number}.");
            await UntilAsync(service, now => Text(now, "state") == "idle");
        }

        var first = await service.Client.GetFromJsonAsync<JsonElement>("/api/jobs/trim-history/history?limit=2");
        var second = await service.Client.GetFromJsonAsync<JsonElement>(
            $"/api/jobs/trim-history/history?limit=2&cursor={Text(first, "nextCursor")}");

        Assert.Equal(["Run 3.", "Run 2."], first.GetProperty("items").EnumerateArray().Select(run => Text(run, "summary")));
        Assert.Equal(["Run 1."], second.GetProperty("items").EnumerateArray().Select(run => Text(run, "summary")));
        Assert.Null(Text(second, "nextCursor"));
    }

    [Fact]
    public async Task Refuses_with_a_stable_code()
    {
        await using var service = await StartAsync(new FakeJob());
        foreach (var (method, address, status, code) in new[]
        {
            ("GET", "/api/jobs/no-such-job", 404, "no_such_job"),
            ("GET", "/api/jobs/Trim-History", 404, "no_such_job"),
            ("GET", "/api/jobs/no-such-job/history", 404, "no_such_job"),
            ("POST", "/api/jobs/no-such-job/run", 404, "no_such_job"),
            ("POST", "/api/jobs/no-such-job/pause", 404, "no_such_job"),
            ("POST", "/api/jobs/%0d%0aX:y/resume", 404, "no_such_job"),
            ("POST", $"/api/jobs/{new string('a', 5000)}/run", 404, "no_such_job"),
            ("GET", "/api/jobs/trim-history/history?limit=0", 400, "invalid_parameter"),
            ("GET", "/api/jobs/trim-history/history?limit=1000000", 400, "invalid_parameter"),
            ("GET", "/api/jobs/trim-history/history?cursor=bm9uc2Vuc2U", 400, "invalid_cursor"),
            ("GET", "/api/jobs?state=idle", 400, "invalid_parameter"),
            ("DELETE", "/api/jobs/trim-history", 405, "method_not_allowed"),
        })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), address);
            using var answer = await service.Client.SendAsync(request);
            Assert.Equal((address, status, code), (address, (int)answer.StatusCode, Text(await JsonAsync(answer), "code")));
        }
    }

    [Fact]
    public async Task Starts_and_promises_nothing_while_jobs_are_off()
    {
        await using var service = await TestService.StartAsync(postgres, new Dictionary<string, string> { ["Jobs:Enabled"] = "false" });
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var refused = await service.Client.PostAsync("/api/jobs/trim-history/run", null);
            var problem = await JsonAsync(refused);
            Assert.Equal((HttpStatusCode.Conflict, "jobs_off"), (refused.StatusCode, Text(problem, "code")));
            Assert.Contains("Jobs:Enabled", Text(problem, "detail")!, StringComparison.Ordinal);
        }

        using (var triggered = await service.Client.PostAsync(
            "/hangfire/recurring/trigger", new FormUrlEncodedContent([KeyValuePair.Create("jobs[]", "trim-history")])))
            Assert.Equal("jobs_off", Text(await JsonAsync(triggered), "code"));

        // A run that the last start interrupted, or that was asked for before it, waits for the next start with jobs on.
        await using (var connection = new NpgsqlConnection(service.ConnectionString))
            await connection.ExecuteAsync("insert into chunkupload.job_runs (job, by_hand) values ('scrub-files', false)");
        using var unknown = await service.Client.PostAsync("/api/jobs/no-such-job/run", null);
        var list = await service.Client.GetFromJsonAsync<JsonElement>("/api/jobs");

        Assert.Equal("no_such_job", Text(await JsonAsync(unknown), "code"));
        Assert.All(list.GetProperty("items").EnumerateArray(), job => Assert.Equal(
            ("idle", null), (Text(job, "state"), Text(job, "nextRunAt"))));
    }

    [Fact]
    public async Task Asks_for_the_key()
    {
        await using var service = await StartAsync(new FakeJob());
        using var client = service.CreateClient(withKey: false);
        using var list = await client.GetAsync(new Uri("/api/jobs", UriKind.Relative));
        using var run = await client.PostAsync("/api/jobs/trim-history/run", null);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (list.StatusCode, run.StatusCode));
    }

    private Task<TestService> StartAsync(FakeJob job) => TestService.StartAsync(postgres, TestService.WithJobs, services =>
    {
        services.RemoveAll<IMaintenanceJob>();
        _ = services.AddSingleton<IMaintenanceJob>(job);
    });

    private static Task<JsonElement> UntilAsync(
        TestService service, Func<JsonElement, bool> isSo, [CallerArgumentExpression(nameof(isSo))] string condition = "") =>
        Eventually.BecomesAsync(() => service.Client.GetFromJsonAsync<JsonElement>("/api/jobs/trim-history"), isSo, condition);

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>();

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
