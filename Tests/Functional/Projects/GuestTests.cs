using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Projects;
using ChunkUpload.Tests.Functional.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>A user of another tenant joins a project as a guest, where that is allowed, and reaches nothing else of the tenant.</summary>
[Collection(DeviceCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class GuestTests(ApiFixture fixture) : IAsyncLifetime
{
    private const string Host = Caller.DefaultTenant;

    private readonly TestService _service = fixture.Service;
    private readonly string _home = $"home-{Guid.NewGuid():n}"[..20];
    private readonly BrowserClient _guest = new(fixture.Service);
    private DeviceRig _mara = null!;
    private Guid _project;
    private string _subject = "";

    public async Task InitializeAsync()
    {
        _mara = await StartAsync(_service, "Mara");
        _project = await _mara.ProjectAsync("Skagen 2026");
        await _mara.ServeAsync(_project, "/line-14");
        await _mara.TellAsync(_project, [Upsert("/line-14/a.bin", 5)]);
        await SendAsync(_service.Client, HttpMethod.Post, "/api/tenants", new { name = _home, title = "Home" }, 201);
        var made = await SendAsync(
            _service.Client, HttpMethod.Post, "/api/users", new { name = $"gast{Guid.NewGuid():n}", role = "member", tenant = _home }, 201);
        var link = made.GetProperty("invitation").GetProperty("link").GetString()!.Split("#link=")[1];
        using var entered = await _guest.PostAsync("/signin", new { link, password = "canary-password-of-the-guest" });
        Assert.Equal(HttpStatusCode.OK, entered.StatusCode);
        _subject = (await _guest.SubjectAsync())!;
        Options.Guests = true;
    }

    public Task DisposeAsync()
    {
        Options.Guests = false;
        _guest.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_guest_sees_the_project_and_nothing_else_of_the_tenant()
    {
        using (var shared = await _service.Client.PutAsync("/api/tree/secret-of-the-tenant.txt", new StringContent("secret")))
            Assert.True(shared.IsSuccessStatusCode);
        var token = await InviteAsync();
        var offer = await ApiClient.JsonAsync(await _guest.PostAsync("/api/projects/join/offer", new { token }), HttpStatusCode.OK);
        Assert.Equal((Host, true, false), (
            offer.GetProperty("tenant").GetString(), offer.GetProperty("as_guest").GetBoolean(),
            offer.GetProperty("can_change").GetBoolean()));
        var joined = await ApiClient.JsonAsync(await _guest.PostAsync("/api/projects/join", new { token }), HttpStatusCode.OK);
        Assert.Equal((_project, false), (joined.GetProperty("id").GetGuid(), joined.GetProperty("can_change").GetBoolean()));

        var me = await ApiClient.JsonAsync(await _guest.PostAsync("/api/me/tenant", new { tenant = Host }), HttpStatusCode.OK);
        Assert.Equal("guest", me.GetProperty("role").GetString());
        // The token of the page is that of the tenant.
        _ = await _guest.SubjectAsync();
        var listed = await GetAsync("/api/projects");
        Assert.Equal(_project, Assert.Single(listed.GetProperty("projects").EnumerateArray()).GetProperty("id").GetGuid());
        Assert.Equal("/line-14/a.bin", (await GetAsync($"/api/projects/{_project}/files-paginated")).GetProperty("files")[0]
            .GetProperty("path").GetString());
        Assert.Equal(200, await _guest.StatusAsync($"/api/spaces/{_project:n}/tree/"));
        // The shared space, as if it were not there.
        foreach (var path in new[] { "/api/tree/", "/api/tree/secret-of-the-tenant.txt" })
            Assert.Contains(await _guest.StatusAsync(path), new[] { 403, 404 });
        var spaces = await GetAsync("/api/spaces");
        Assert.DoesNotContain(spaces.GetProperty("items").EnumerateArray(), space => space.GetProperty("kind").GetString() == "shared");
        foreach (var path in new[] { "/api/users", "/api/audit", "/api/webhooks", $"/api/spaces/{_project:n}/people" })
            Assert.Contains(await _guest.StatusAsync(path), new[] { 400, 403, 404 });
        using (var made = await _guest.PostAsync("/api/projects", new { name = "Mine" }))
            Assert.Equal(HttpStatusCode.Forbidden, made.StatusCode);
        using (var asked = await _guest.PostAsync($"/api/projects/{_project}/files/download", new { file_path = "/line-14/a.bin" }))
            Assert.Equal(HttpStatusCode.OK, asked.StatusCode);

        // Removed, the guest has left the tenant, and needs a newer invitation.
        var late = await InviteAsync();
        await SendAsync(_mara.Client, HttpMethod.Delete, $"/api/projects/{_project}/members/{_subject}", null, 204);
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        Assert.Equal([_home], await connection.QueryAsync<string>(
            "select tenant from chunkupload.memberships where user_id = @User", new { User = Guid.Parse(_subject[5..]) }));
        await Eventually.HoldsAsync(async () => await _guest.StatusAsync($"/api/projects/{_project}") is 401 or 403 or 404);
        Assert.True(await connection.ExecuteScalarAsync<bool>(
            "select not exists (select from chunkupload_functions.find_invitation(@Token, @Tenant, @Subject, true))",
            new { Token = Core.Access.Links.LinkToken.Hash(late), Tenant = _home, Subject = _subject }));
        Assert.Contains("project.joined", await connection.QueryAsync<string>(
            """
            select kind from (
                select kind, tenant, subject from chunkupload.audit
                union all select kind, tenant, subject from chunkupload.audit_arrivals) a
            where tenant = @Host and subject = @Subject
            """,
            new { Host, Subject = _subject }));
    }

    [Fact]
    public async Task Without_the_setting_and_by_a_key_nobody_of_another_tenant_joins()
    {
        var token = await InviteAsync();
        Options.Guests = false;
        foreach (var path in new[] { "/api/projects/join/offer", "/api/projects/join" })
        {
            using var refused = await _guest.PostAsync(path, new { token });
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        }

        Options.Guests = true;
        var people = new TestPeople(_service);
        using var key = await people.ClientAsync(await people.UserAsync($"gast{Guid.NewGuid():n}", Role.Member, _home), _home);
        await SendAsync(key, HttpMethod.Post, "/api/projects/join", new { token }, 404, "no_such_invitation");
    }

    private ProjectOptions Options => _service.Services.GetRequiredService<ProjectOptions>();

    private async Task<string> InviteAsync() =>
        (await SendAsync(_mara.Client, HttpMethod.Post, $"/api/projects/{_project}/invitations", new { can_change = true }, 201))
        .GetProperty("link").GetString()!.Split('/')[^1];

    private async Task<JsonElement> GetAsync(string path) =>
        await ApiClient.JsonAsync(await _guest.SendAsync(HttpMethod.Get, path), HttpStatusCode.OK);
}
