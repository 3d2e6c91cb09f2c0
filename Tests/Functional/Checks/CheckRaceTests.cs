using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Checks;

/// <summary>Operations on an upload while it is being checked, and the counters afterwards.</summary>
public sealed class CheckRaceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly byte[] Bytes = TusClient.Bytes(3000);

    private readonly TaskCompletionSource _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HookReceiver _checker = null!;
    private CheckedService _service = null!;

    public async Task InitializeAsync()
    {
        _checker = await HookReceiver.StartAsync();
        _service = await CheckedService.StartAsync(postgres, CheckedService.Asking(_checker));
    }

    public async Task DisposeAsync()
    {
        _ = _verdict.TrySetResult();
        await _service.DisposeAsync();
        await _checker.DisposeAsync();
    }

    [Theory]
    [InlineData("""{"verdict":"accept"}""")]
    [InlineData("""{"verdict":"refuse"}""")]
    public async Task An_upload_that_is_cancelled_while_it_is_checked_stays_cancelled(string verdict)
    {
        AnswerAfterVerdict(verdict);
        List<string> ids = [];
        foreach (var way in CheckedService.Ways)
            ids.Add(await CancelledAsync(way));
        _verdict.SetResult();
        await _service.RestartAsync(CheckedService.Asking(_checker));
        foreach (var id in ids)
        {
            Assert.Equal("cancelled", await _service.StateAsync(id));
            Assert.Equal((410, "cancelled"), await _service.ContentAsync(id));
        }

        await _service.CountersAreRightAsync();
    }

    [Fact]
    public async Task Cancelling_and_accepting_at_once_leaves_one_of_them_and_right_counters()
    {
        _checker.Answer = context => context.Response.WriteAsync("""{"verdict":"accept"}""");
        await Parallel.ForAsync(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, stop) =>
        {
            var id = await _service.SendAsync("put", Bytes, 202);
            await Task.Yield();
            using var cancelled = await _service.Client.DeleteAsync($"/api/sessions/{id}", stop);
            await Eventually.HoldsAsync(async () => await _service.StateAsync(id) is "cancelled" or "completed");
            Assert.Equal(cancelled.IsSuccessStatusCode ? "cancelled" : "completed", await _service.StateAsync(id));
        });
        await _service.CountersAreRightAsync();
    }

    [Fact]
    public async Task A_quota_counts_what_is_being_checked_and_a_refusal_gives_it_back()
    {
        AnswerAfterVerdict("""{"verdict":"refuse"}""");
        await _service.Service.Services.GetRequiredService<ILimitLedger>().SetAsync(
            LimitTarget.OfTenant(Caller.DefaultTenant), new LimitValues { StoredBytes = 10_000, Files = 3, OpenUploads = 1 }, default);
        await Eventually.HoldsAsync(async () => (await _service.Client.GetStringAsync("/api/limits"))
            .Contains("10000", StringComparison.Ordinal));
        List<string> ids = [];
        foreach (var way in (string[])["session", "tus", "put"])
            ids.Add(await _service.SendAsync(way, Bytes, 202));
        using (var full = await _service.Client.PutAsync("/api/files/more.bin", new ByteArrayContent(Bytes)))
            Assert.Equal((413, "quota_exceeded"), ((int)full.StatusCode, await CheckedService.CodeAsync(full)));
        await _service.CountersAreRightAsync();
        _verdict.SetResult();
        foreach (var id in ids)
            await _service.BecomesAsync(id, "failed");
        Assert.Equal(0, await _service.StoredAsync());
        await _service.CountersAreRightAsync();
    }

    [Fact]
    public async Task Uploads_of_a_tenant_that_is_suspended_get_their_verdicts()
    {
        AnswerAfterVerdict("""{"verdict":"accept"}""");
        using (var made = await _service.Client.PostAsJsonAsync("/api/tenants", new { name = "studio", title = "Studio" }))
            Assert.Equal(201, (int)made.StatusCode);
        var people = new TestPeople(_service.Service);
        using var client = await people.ClientAsync(await people.UserAsync("ann", Role.Admin, "studio"), "studio");
        var ids = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            using var sent = await client.PutAsync($"/api/files/{i}.bin", new ByteArrayContent(Bytes));
            Assert.Equal(202, (int)sent.StatusCode);
            ids.Add((await sent.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!);
        }

        await AskedAsync();
        using (var suspended = await _service.Client.PatchAsJsonAsync("/api/tenants/studio", new { suspended = true }))
            Assert.True(suspended.IsSuccessStatusCode, await suspended.Content.ReadAsStringAsync());
        _verdict.SetResult();
        await Eventually.HoldsAsync(async () => await CompletedAsync() == 2);
        await _service.CountersAreRightAsync();
    }

    [Fact]
    public async Task Events_tell_of_the_check_and_of_its_outcome()
    {
        _checker.Answer = context => context.Response.WriteAsync("""{"verdict":"accept"}""");
        var id = await _service.SendAsync("session", Bytes, 202);
        await _service.BecomesAsync(id, "completed");
        await using var source = Npgsql.NpgsqlDataSource.Create(_service.Service.ConnectionString);
        await using var command = source.CreateCommand(
            "select string_agg(kind, ' ' order by id) from chunkupload.events where upload_id = $1");
        command.Parameters.AddWithValue(Guid.Parse(id));
        Assert.Equal("created checking completed", await command.ExecuteScalarAsync());
    }

    private async Task<string> CancelledAsync(string way)
    {
        var id = await _service.SendAsync(way, Bytes, 202);
        await AskedAsync();
        // It is no file yet that could be deleted.
        using (var deleted = await _service.Client.DeleteAsync($"/api/files/{id}"))
            Assert.Equal(409, (int)deleted.StatusCode);
        using (var cancelled = way switch
        {
            "tus" or "small tus" or "joined" => await TusDeleteAsync(id),
            "ietf" => await _service.Client.DeleteAsync($"/uploads/{id}"),
            _ => await _service.Client.DeleteAsync($"/api/sessions/{id}"),
        })
        {
            Assert.True(cancelled.IsSuccessStatusCode, await cancelled.Content.ReadAsStringAsync());
        }

        return id;
    }

    private async Task<long> CompletedAsync()
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(_service.Service.ConnectionString);
        await using var command = source.CreateCommand("select count(*) from chunkupload.uploads where state = 'completed'");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private Task AskedAsync() => Eventually.HoldsAsync(() => Task.FromResult(_checker.Received.Count > 0));

    private async Task<HttpResponseMessage> TusDeleteAsync(string id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/files/{id}");
        request.Headers.Add("Tus-Resumable", "1.0.0");
        return await _service.Client.SendAsync(request);
    }

    private void AnswerAfterVerdict(string body) => _checker.Answer = async context =>
    {
        await _verdict.Task.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync(body);
    };
}
