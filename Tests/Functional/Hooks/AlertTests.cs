using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Events;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Hooks;

/// <summary>Webhooks of the service itself, which report conditions that need an operator.</summary>
public sealed class AlertTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private static readonly Dictionary<string, string> Settings = new() { ["Webhooks:AllowPrivateNetworks"] = "true" };

    private TestService _service = null!;
    private HookReceiver _alerts = null!;
    private HookReceiver _others = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres, Settings);
        _alerts = await HookReceiver.StartAsync();
        _others = await HookReceiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _service.DisposeAsync();
        await _alerts.DisposeAsync();
        await _others.DisposeAsync();
    }

    [Fact]
    public async Task Operators_are_told_of_disk_damage_failed_jobs_and_the_certificate_and_tenants_are_not()
    {
        Assert.Equal(201, await AddAsync(_service.Client, new { url = _alerts.Url, service = true }));
        Assert.Equal(201, await AddAsync(_service.Client, new { url = _others.Url }));
        var events = _service.Services.GetRequiredService<IEventLedger>();
        await events.AddAsync(EventKinds.StoreDegraded, "main", """{"reason":"full"}""", default);
        await events.AddAsync(EventKinds.CertificateEnds, "a.pem", """{"file":"a.pem"}""", default);
        await events.AddAsync(EventKinds.JobEnded, "scrub-files", """{"job":"scrub-files","outcome":"succeeded"}""", default);
        await events.AddAsync(EventKinds.JobEnded, "scrub-files", """{"job":"scrub-files","outcome":"failed","summary":"no"}""", default);
        await using (var source = NpgsqlDataSource.Create(_service.ConnectionString))
        await using (var command = source.CreateCommand(
            "insert into chunkupload.events (tenant, subject, kind, data) values ('default', 'operator', 'damaged', '{}')"))
            await command.ExecuteNonQueryAsync();
        using (var put = await _service.Client.PutAsync("/api/files/a.txt", new StringContent("a")))
            Assert.Equal(201, (int)put.StatusCode);
        await Eventually.HoldsAsync(() => Task.FromResult(_alerts.Received.Count >= 4 && KindsOf(_others).Contains("completed")));
        Assert.Equal(["certificate_ends", "damaged", "job_failed", "store_degraded"], KindsOf(_alerts));
        Assert.DoesNotContain(KindsOf(_others), kind => kind is "job_failed" or "job_ended" or "store_degraded" or "certificate_ends");
        var failed = JsonElement.Parse(_alerts.Received.First(hook => hook.Body.Contains("job_failed", StringComparison.Ordinal)).Body);
        Assert.Equal("scrub-files", failed.GetProperty("data").GetProperty("job").GetString());
        Assert.Equal("job", failed.GetProperty("topic").GetProperty("kind").GetString());
        Assert.Equal("scrub-files", failed.GetProperty("topic").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Only_operators_create_see_and_change_webhooks_of_the_service()
    {
        var people = new TestPeople(_service);
        using var admin = await people.ClientAsync(await people.UserAsync("ada", Role.Admin));
        Assert.Equal(403, await AddAsync(admin, new { url = _alerts.Url, service = true }));
        Assert.Equal(400, await AddAsync(_service.Client, new { url = _alerts.Url, service = true, events = new[] { "completed" } }));
        Assert.Equal(400, await AddAsync(_service.Client, new { url = _alerts.Url, events = new[] { "job_failed" } }));
        Assert.Equal(400, await AddAsync(_service.Client, new { url = _alerts.Url, service = true, format = "tusd" }));
        Assert.Equal(201, await AddAsync(_service.Client, new { url = _alerts.Url, service = true, events = new[] { "job_failed" } }));
        var listed = Assert.Single(await ListAsync(_service.Client));
        Assert.True(listed.GetProperty("service").GetBoolean());
        Assert.Empty(await ListAsync(admin));
        var path = $"/api/webhooks/{listed.GetProperty("id").GetString()}";
        Assert.Equal(404, (int)(await admin.GetAsync(path)).StatusCode);
        Assert.Equal(404, (int)(await admin.DeleteAsync(path)).StatusCode);
        using (var wrong = await _service.Client.PatchAsJsonAsync(path, new { events = new[] { "created" } }))
            Assert.Equal(400, (int)wrong.StatusCode);
        Assert.Equal(204, (int)(await _service.Client.DeleteAsync(path)).StatusCode);
    }

    private static List<string> KindsOf(HookReceiver receiver) =>
        [.. receiver.Received.Select(hook => JsonElement.Parse(hook.Body).GetProperty("kind").GetString()!).Order(StringComparer.Ordinal)];

    private static async Task<int> AddAsync(HttpClient client, object body)
    {
        using var answer = await client.PostAsJsonAsync("/api/webhooks", body);
        return (int)answer.StatusCode;
    }

    private static async Task<List<JsonElement>> ListAsync(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("/api/webhooks")).GetProperty("items").EnumerateArray()];
}
