using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Api.Limits;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>
/// How often and how many at a time: 429 with a time to wait; HEAD for an offset passes; an overload refuses new uploads only.
/// </summary>
public sealed class RateTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly FakeLoad _load = new();
    private TestService _service = null!;
    private HttpClient _member = null!;
    private User _user = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres, replace: services => services.AddSingleton<ILedgerLoad>(_load));
        var people = new TestPeople(_service);
        _user = await people.UserAsync("rae", Role.Member);
        _member = await people.ClientAsync(_user);
    }

    public async Task DisposeAsync()
    {
        _member.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task Requests_beyond_the_rate_are_told_when_to_come_back()
    {
        var tus = new TusClient(_member);
        var path = await tus.NewAsync(100);
        await SetAsync($"user/{_user.Id:n}", new { requestsPerMinute = 5 });
        var answers = new List<HttpResponseMessage>();
        for (var count = 0; count < 7; count++)
            answers.Add(await _member.GetAsync("/api/files"));
        Assert.Equal([200, 200, 200, 200, 200, 429, 429], answers.Select(answer => (int)answer.StatusCode));
        // A HEAD that does the work of a GET counts like it.
        foreach (var address in new[] { "/api/tree/?recursive=true", "/api/files" })
        {
            using var head = new HttpRequestMessage(HttpMethod.Head, address);
            Assert.Equal(429, (int)(await _member.SendAsync(head)).StatusCode);
        }

        Assert.Equal("rate_limited", (await answers[^1].Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        Assert.InRange(answers[^1].Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 12);
        // A client may always ask for its offset; other callers are not limited.
        Assert.Equal(200, (await tus.TusAsync(HttpMethod.Head, path, null)).Status);
        Assert.Equal(429, (await tus.PatchAsync(path, 0, TusClient.Bytes(100))).Status);
        Assert.Equal(200, (int)(await _service.Client.GetAsync("/api/files")).StatusCode);
    }

    [Fact]
    public async Task Creations_have_a_rate_of_their_own_and_addresses_too()
    {
        await SetAsync("tenant/default", new { creationsPerMinute = 2 });
        foreach (var status in new[] { 201, 201, 429 })
            Assert.Equal(status, await PutAsync());
        Assert.Equal(200, (int)(await _member.GetAsync("/api/files")).StatusCode);
        await SetAsync("tenant/default", new { });
        await SetAsync("default/address", new { requestsPerMinute = 3 });
        using var anonymous = _service.CreateClient(withKey: false);
        var statuses = new List<int>();
        for (var count = 0; count < 5; count++)
            statuses.Add((int)(await anonymous.GetAsync("/api/files")).StatusCode);
        Assert.Equal([401, 401, 401, 429, 429], statuses);
    }

    [Fact]
    public async Task Only_so_many_uploads_run_at_a_time()
    {
        await SetAsync($"user/{_user.Id:n}", new { requestsAtOnce = 1 });
        var started = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        using var slow = new HeldContent(started, end.Task);
        var running = _member.PutAsync("/api/files/slow.bin", slow);
        await started.Task;
        // It holds its slot as soon as its upload exists.
        var ledger = _service.Services.GetRequiredService<ILimitLedger>();
        await Eventually.HoldsAsync(
            async () => (await ledger.UsageAsync(Caller.DefaultTenant, _user.Subject, default)).OpenUploads == 1);
        Assert.Equal(429, await PutAsync());
        Assert.Equal(200, (int)(await _member.GetAsync("/api/files")).StatusCode);
        end.SetResult();
        Assert.Equal(201, (int)(await running).StatusCode);
        Assert.Equal(201, await PutAsync());
    }

    [Fact]
    public async Task An_overload_refuses_new_uploads_and_lets_running_ones_go_on()
    {
        var tus = new TusClient(_member);
        var path = await tus.NewAsync(100);
        _load.Waiting = RateGate.Overload;
        using (var refused = await _member.PutAsync("/api/files/f.bin", new ByteArrayContent(new byte[10])))
        {
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.Equal("overloaded", (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 11);
        }

        Assert.Equal(503, (await tus.CreateAsync(("Upload-Length", "5"))).Status);
        Assert.Equal(204, (await tus.PatchAsync(path, 0, TusClient.Bytes(100))).Status);
    }

    private async Task SetAsync(string path, object limits)
    {
        using var answer = await _service.Client.PutAsJsonAsync($"/api/limits/{path}", limits);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    private async Task<int> PutAsync()
    {
        using var put = await _member.PutAsync("/api/files/f.bin", new ByteArrayContent(new byte[10]));
        return (int)put.StatusCode;
    }

    private sealed class FakeLoad : ILedgerLoad
    {
        public int Waiting { get; set; }
    }
}
