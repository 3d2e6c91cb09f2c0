using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Access;

/// <summary>Each tenant's audit lists the acts on that tenant's objects only; operators see all.</summary>
public sealed class AuditTenantTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private HttpClient _here = null!;
    private HttpClient _there = null!;
    private User _user = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres, TestService.WithJobs);
        var people = new TestPeople(_service);
        Assert.True(await _service.Services.GetRequiredService<IPeopleLedger>().AddTenantAsync("there", "There", default));
        _here = await people.ClientAsync(await people.UserAsync("ada", Role.Admin));
        _there = await people.ClientAsync(await people.UserAsync("bob", Role.Admin, "there"), "there");
        _user = await people.UserAsync("carl", Role.Member, "there");
    }

    public async Task DisposeAsync()
    {
        _here.Dispose();
        _there.Dispose();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task An_operators_acts_on_a_tenant_are_in_that_tenants_audit_only()
    {
        var operators = _service.Client;
        await SendAsync(operators, HttpMethod.Patch, $"/api/users/{_user.Id:n}", new { email = "carl@there.example" });
        await SendAsync(operators, HttpMethod.Post, $"/api/users/{_user.Id:n}/reset", new { });
        await SendAsync(operators, HttpMethod.Put, "/api/limits/tenant/there", new { files = 5 });
        await SendAsync(operators, HttpMethod.Patch, "/api/tenants/there", new { title = "Over there" });
        await SendAsync(operators, HttpMethod.Put, "/api/limits/default/user", new { files = 5 });
        using (var wrong = new BrowserClient(_service))
        {
            (await wrong.PostAsync("/signin", new { name = "carl", password = "canary" })).Dispose();
            (await wrong.PostAsync("/signin", new { name = "nobody there", password = "canary" })).Dispose();
        }

        var there = await AuditAsync(_there);
        foreach (var kind in new[] { "user.changed", "user.link_made", "limits.set", "tenant.changed" })
            Assert.Contains(there, row => KindOf(row) == kind && row.GetProperty("subject").GetString() == "operator");
        Assert.Single(there, row => KindOf(row) == "sign_in_failed");
        Assert.Single(there, row => KindOf(row) == "limits.set");
        Assert.Equal(
            _user.Subject, there.First(row => KindOf(row) == "user.link_made").GetProperty("target").GetString());

        var here = await _here.GetStringAsync("/api/audit?limit=1000");
        Assert.DoesNotContain("carl", here, StringComparison.Ordinal);
        Assert.DoesNotContain(_user.Subject, here, StringComparison.Ordinal);
        foreach (var row in await AuditAsync(_here))
            Assert.Equal("default", row.GetProperty("tenant").GetString());
        var all = await AuditAsync(operators);
        Assert.Equal(2, all.Count(row => KindOf(row) == "sign_in_failed"));
        Assert.Equal(2, all.Count(row => KindOf(row) == "limits.set"));
    }

    [Fact]
    public async Task Acts_of_a_user_of_several_tenants_are_listed_in_each_of_them()
    {
        await SendAsync(_service.Client, HttpMethod.Put, $"/api/users/{_user.Id:n}/memberships/default", new { role = "viewer" });
        await SendAsync(_service.Client, HttpMethod.Patch, $"/api/users/{_user.Id:n}", new { displayName = "Carl" });
        await SendAsync(_service.Client, HttpMethod.Delete, $"/api/users/{_user.Id:n}", null);
        foreach (var client in new[] { _here, _there })
        {
            var kinds = (await AuditAsync(client)).Where(row => row.GetProperty("target").GetString() == _user.Subject).Select(KindOf);
            Assert.Contains("user.changed", kinds);
            Assert.Contains("user.removed", kinds);
        }
    }

    [Fact]
    public async Task Jobs_and_sessions_of_operators_are_shown_to_operators_only()
    {
        await SendAsync(_service.Client, HttpMethod.Post, "/api/jobs/trim-history/run", null);
        using (var browser = new BrowserClient(_service))
            await browser.SignInAsync();
        Assert.DoesNotContain(await AuditAsync(_here), row => KindOf(row) is "job.run" or "signed_in");
        Assert.All(
            (await AuditAsync(_service.Client)).Where(row => KindOf(row) is "job.run" or "signed_in"),
            row => Assert.Equal("", row.GetProperty("tenant").GetString()));
        Assert.Contains(await AuditAsync(_service.Client), row => KindOf(row) == "job.run");
    }

    [Fact]
    public async Task Copies_and_moves_to_another_space_say_what_came_from_where()
    {
        var http = _service.Client;
        await SendAsync(http, HttpMethod.Put, "/api/tree/f/a?parents=true", null);
        using (var made = await http.PostAsJsonAsync("/api/spaces", new { name = "Team" }))
        {
            var space = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            await SendAsync(http, HttpMethod.Post, "/api/tree/copy", new { from = "f/a", to = "b" });
            await SendAsync(http, HttpMethod.Post, "/api/tree/copy", new { from = "f", to = "g" });
            await SendAsync(http, HttpMethod.Post, "/api/tree/move", new { from = "b", to = "b", space });
            await SendAsync(http, HttpMethod.Post, "/api/tree/move", new { from = "f", to = "f", space });
            var rows = (await AuditAsync(_here)).Reverse<JsonElement>().ToList();
            var copies = rows.Where(row => KindOf(row) == "entry.copied").ToList();
            Assert.Equal(["b", "g"], copies.Select(row => row.GetProperty("data").GetProperty("name").GetString()));
            var moves = rows.Where(row => KindOf(row) == "entry.moved").ToList();
            Assert.Equal(["b", "f"], moves.Select(row => row.GetProperty("data").GetProperty("name").GetString()));
            Assert.All(moves, row => Assert.Equal(
                space, Guid.Parse(row.GetProperty("data").GetProperty("space").GetString()!).ToString("n")));
            Assert.Equal(
                copies[0].GetProperty("target").GetString(), moves[0].GetProperty("data").GetProperty("from").GetString());
        }
    }

    private static string? KindOf(JsonElement row) => row.GetProperty("kind").GetString();

    private static async Task<List<JsonElement>> AuditAsync(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("/api/audit?limit=1000")).GetProperty("items").EnumerateArray()];

    private static async Task SendAsync(HttpClient client, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await client.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }
}
