using ChunkUpload.Core.Jobs;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Jobs;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;

namespace ChunkUpload.Tests.Browser;

/// <summary>The Jobs page, the Uploads page and an upload's page in Chromium, and the events that keep them up to date.</summary>
public sealed class OperatePagesTests : IClassFixture<PostgresFixture>, IDisposable
{
    private const int Chunk = 1 << 20;

    private readonly PostgresFixture _postgres;
    private readonly ConsoleRig _rig = new();

    public OperatePagesTests(PostgresFixture postgres) => _postgres = postgres;

    public void Dispose() => _rig.Dispose();

    [ConsoleFact]
    public async Task Jobs_run_fail_pause_and_are_seen_without_a_reload()
    {
        var job = new FakeJob();
        await using var service = await ConsoleRig.ServiceAsync(_postgres, TestService.WithJobs, services =>
        {
            services.RemoveAll<IMaintenanceJob>();
            _ = services.AddSingleton<IMaintenanceJob>(job);
        });
        using var browser = ConsoleRig.Start("jobs", service.Address, service.Key);
        FakeJob.Run? run = null;
        await ConsoleRig.AtAsync(browser, "running", async () =>
        {
            run = await job.NextAsync();
            run.Progress.Report(3, 10, "holiday.mp4");
        });
        await ConsoleRig.AtAsync(browser, "fail", () =>
        {
            run!.Finish(error: "The disk is full: free 3 GiB, then run it again.");
            return Task.CompletedTask;
        });
        await ConsoleRig.AtAsync(browser, "elsewhere", async () =>
        {
            using var answer = await service.Client.PostAsync("/api/jobs/trim-history/run", null);
            Assert.True(answer.IsSuccessStatusCode);
            (await job.NextAsync()).Finish();
        });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("The disk is full: free 3 GiB, then run it again.", result.GetProperty("why").GetString());
        Assert.True(result.GetProperty("loadedOnce").GetBoolean());
    }

    [ConsoleFact]
    public async Task Jobs_that_are_off_are_said_to_be_off()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres, new Dictionary<string, string> { ["Jobs:Enabled"] = "false" });
        using var browser = ConsoleRig.Start("jobsOff", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.StartsWith("This service runs no jobs. Its setting Jobs:Enabled is false.", result.GetProperty("off").GetString(),
            StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task Networks_are_shown_by_class_and_found_by_address()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("networks", service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "know", async () =>
        {
            await using var connection = new NpgsqlConnection(service.ConnectionString);
            // Bytes and seconds decide the speed class, breaks in that time the stability class; the figures are in the ledger's order.
            await connection.ExecuteAsync("""
                insert into chunkupload.client_networks (
                    tenant, subject, network, first_seen_at, seen_at, uploaded, requests, failures, figures)
                select 'default', 'operator', n.network, now(), now(), 1 << 30, 1000, n.failures,
                       array[n.rate * 4, 4, n.rate * 12, 12, n.rate ^ 2 * 12, 0.1, n.breaks, n.breaks, 600, 0, 0, 1 << 20, 0, 600]
                from (values ('203.0.113.0/24', 9e6::float8, 0::float8, 0), ('198.51.100.0/24', 7e5, 4, 30), ('192.0.2.0/24', 5e4, 60, 200))
                     n (network, rate, breaks, failures)
                """);
        });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.StartsWith("Fast, steady", result.GetProperty("first").GetString(), StringComparison.Ordinal);
        Assert.Contains("8.58\u00a0MiB/s", result.GetProperty("first").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("198.51.100.0/24", result.GetProperty("found").GetString(), StringComparison.Ordinal);
        Assert.Contains("3.0\u00a0%", result.GetProperty("found").GetString(), StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task Uploads_come_move_and_end_without_a_reload()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        var client = new ApiClient(service);
        service.Client.DefaultRequestHeaders.UserAgent.ParseAdd("curl/8.14.1");
        var one = ApiClient.Id(await client.CreateAsync(2 * Chunk, "one.bin"));
        _ = await client.CreateAsync(2 * Chunk, "two.bin");
        using var browser = ConsoleRig.Start("uploads", service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "send", async () =>
        {
            _ = await client.PutOkAsync(one, 0, ApiClient.Bytes(Chunk));
            _ = await client.CreateAsync(5, "later.bin");
        });
        await ConsoleRig.AtAsync(browser, "finish", async () =>
        {
            _ = await client.PutOkAsync(one, Chunk, ApiClient.Bytes(Chunk));
            using var answer = await client.CompleteAsync(one);
            Assert.True(answer.IsSuccessStatusCode);
            using var filed = await service.Client.PutAsync(ApiClient.At("/api/tree/filed.bin"), new ByteArrayContent(ApiClient.Bytes(5)));
            Assert.True(filed.IsSuccessStatusCode);
        });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal("high", result.GetProperty("priority").GetString());
        Assert.Equal("high", (await client.GetAsync($"/api/sessions/{one}")).GetProperty("priority").GetString());
        Assert.StartsWith("Cell 1 at 0", result.GetProperty("cell").GetString(), StringComparison.Ordinal);
        Assert.True(result.GetProperty("loadedOnce").GetBoolean());
    }

    [ConsoleFact]
    public async Task Ten_thousand_uploads_are_a_few_rows()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        using var browser = ConsoleRig.Start("many", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.InRange(result.GetProperty("rows").GetInt32(), 10, 60);
    }

    [ConsoleFact]
    public async Task Tabs_share_one_connection_and_hand_it_on()
    {
        await using var service = await ConsoleRig.ServiceAsync(_postgres);
        var client = new ApiClient(service);
        var one = ApiClient.Id(await client.CreateAsync(2 * Chunk, "one.bin"));
        using var browser = ConsoleRig.Start("shared", service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "send", () => client.PutOkAsync(one, 0, ApiClient.Bytes(Chunk)));
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(1, result.GetProperty("together").GetInt32());
        Assert.Equal(["first", "second"], result.GetProperty("sockets").EnumerateArray().Select(tab => tab.GetString()!));
    }
}
