using ChunkUpload.Core.Access;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Browser;

/// <summary>The Overview and the History page in Chromium.</summary>
public sealed class StatisticsPagesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int Size = 2 << 20;

    [ConsoleFact]
    public async Task The_overview_follows_what_happens_and_keeps_it_while_the_service_is_away()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        await using (var connection = new NpgsqlConnection(service.ConnectionString))
        {
            await connection.ExecuteAsync("""
                insert into chunkupload.job_runs (job, by_hand, node, started_at, ended_at, duration_ms, outcome, summary, counts, error)
                values ('trim-history', false, 'node', now(), now(), 5, 'failed', 'No.', '{}', 'The disk is full: free 3 GiB.')
                """);
        }

        var client = new ApiClient(service);
        using var browser = ConsoleRig.Start("overview", service.Address, service.Key);
        await ConsoleRig.AtAsync(browser, "finish", async () =>
        {
            var done = ApiClient.Id(await client.CreateAsync(Size, "done.bin"));
            _ = await client.PutOkAsync(done, 0, ApiClient.Bytes(Size));
            using var answer = await client.CompleteAsync(done);
            Assert.True(answer.IsSuccessStatusCode);
            await FailAsync(service, client);
        });
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Contains("B/s", result.GetProperty("table").GetString(), StringComparison.Ordinal);
        Assert.Contains("1 of 2", result.GetProperty("kept").GetString(), StringComparison.Ordinal);
        Assert.True(result.GetProperty("loadedOnce").GetBoolean());
    }

    [ConsoleFact]
    public async Task The_history_is_filtered_by_address_and_exported()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        var client = new ApiClient(service);
        for (var i = 0; i < 60; i++)
        {
            using var answer = await service.Client.PutAsync(ApiClient.At($"/api/files/number {i}.txt"), new StringContent($"{i}"));
            Assert.True(answer.IsSuccessStatusCode);
        }

        await FailAsync(service, client);
        await CountedAsync(client, 61);
        using var browser = ConsoleRig.Start("history", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        Assert.Equal(50, result.GetProperty("first").GetInt32());
        Assert.Equal(61, result.GetProperty("all").GetInt32());
        Assert.Equal("bad.bin", Assert.Single(result.GetProperty("unfinished").EnumerateArray()).GetString());
        Assert.Equal("number 7.txt", Assert.Single(result.GetProperty("found").EnumerateArray()).GetString());
        var lines = result.GetProperty("csv").GetString()!.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.Contains("number 7.txt", lines[1], StringComparison.Ordinal);
    }

    [ConsoleFact]
    public async Task The_overview_and_the_history_share_their_range_and_their_sums()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        for (var i = 0; i < 3; i++)
        {
            using var answer = await service.Client.PutAsync(ApiClient.At($"/api/files/{i}.txt"), new StringContent($"{i}"));
            Assert.True(answer.IsSuccessStatusCode);
        }

        await CountedAsync(new ApiClient(service), 3);
        using var browser = ConsoleRig.Start("sameRange", service.Address, service.Key);
        var (result, _) = await ConsoleRig.EndAsync(browser);
        var overview = result.GetProperty("overview").GetDateTimeOffset();
        Assert.Equal(0, overview.Minute);
        Assert.Equal(overview, result.GetProperty("figures").GetDateTimeOffset());
        Assert.Equal(overview, result.GetProperty("list").GetDateTimeOffset());
        Assert.Contains("3 of 3", result.GetProperty("shown").GetString(), StringComparison.Ordinal);
        Assert.Equal("3", result.GetProperty("completed").GetString()!.Split('\n')[0]);
        // The hour that has just begun counts, too.
        Assert.Contains(
            result.GetProperty("steps").EnumerateArray(), step => step.GetString()!.Contains("3\u00a0B", StringComparison.Ordinal));
    }

    [ConsoleFact]
    public async Task A_member_sees_the_own_history_and_no_figures()
    {
        await using var service = await ConsoleRig.ServiceAsync(postgres);
        using (await service.Client.PutAsync(ApiClient.At("/api/files/mine.txt"), new StringContent("mine")))
        {
            await CountedAsync(new ApiClient(service), 1);
            using var browser = ConsoleRig.Start("ownHistory", service.Address, service.Key);
            var (result, _) = await ConsoleRig.EndAsync(browser);
            Assert.Equal(0, result.GetProperty("figures").GetInt32());
        }
    }

    // Events are counted once every transaction of the server that began before them has ended, and other tests share the server. Bytes are
    // counted apart from uploads.
    private static Task CountedAsync(ApiClient client, int uploads) => Eventually.HoldsAsync(async () =>
        (await client.GetAsync("/api/history?limit=100")).GetProperty("items").GetArrayLength() == uploads
        && (await client.GetAsync("/api/stats")).GetProperty("total").GetProperty("bytes").GetInt64() > 0);

    private static async Task FailAsync(TestService service, ApiClient client)
    {
        Assert.True(UploadId.TryParse(ApiClient.Id(await client.CreateAsync(Size, "bad.bin")), out var id));
        await service.Services.GetRequiredService<IUploadLedger>()
            .EndAsync(Caller.Operator, id, UploadState.Failed, "the bytes are wrong", default);
    }
}
