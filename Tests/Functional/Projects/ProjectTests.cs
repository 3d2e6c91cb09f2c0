using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>Projects, their members, their devices and the folders that these serve: who sees and does what.</summary>
public sealed class ProjectTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private DeviceRig _mara = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _mara = await StartAsync(_service, "Mara");
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_project_is_seen_by_its_members_and_an_administrator_sees_only_that_it_exists()
    {
        var (ines, admin) = (await StartAsync(_service, "Ines"), await StartAsync(_service, "Ada", Role.Admin));
        var project = await _mara.ProjectAsync("Skagen 2026");
        await _mara.ServeAsync(project, "/line-14");
        await _mara.TellAsync(project, [Upsert("/line-14/a")]);
        await SendAsync(ines.Client, HttpMethod.Get, $"/api/projects/{project}", null, 404, "no_such_project");
        Assert.Empty((await ines.GetAsync("/api/projects")).GetProperty("projects").EnumerateArray());
        await SendAsync(_mara.Client, HttpMethod.Put, Member(project, ines), new { can_change = false }, 204);
        Assert.Equal(["/line-14/a"], await ines.PathsAsync(project));
        await ines.ServeAsync(project, "/ines", 403, "not_permitted");
        Assert.Equal(2, (await ines.GetAsync($"/api/projects/{project}/members")).GetProperty("members").GetArrayLength());

        var seen = Assert.Single((await admin.GetAsync("/api/projects")).GetProperty("projects").EnumerateArray());
        Assert.Equal(("Skagen 2026", false, 0), (
            seen.GetProperty("name").GetString(), seen.GetProperty("is_member").GetBoolean(),
            seen.GetProperty("folders").GetArrayLength()));
        foreach (var path in (string[])["files-paginated", "project_events", "members", "folders"])
            await SendAsync(admin.Client, HttpMethod.Get, $"/api/projects/{project}/{path}", null, 403, "not_permitted");

        // An administrator who joins is seen.
        await SendAsync(admin.Client, HttpMethod.Put, Member(project, admin), new { can_change = false }, 204);
        Assert.Equal(["/line-14/a"], await admin.PathsAsync(project));
        var events = (await _mara.GetAsync($"/api/projects/{project}/project_events")).GetProperty("events").EnumerateArray().ToList();
        Assert.Contains(events, one => one.GetProperty("type").GetString() == "member_joined"
            && one.GetProperty("data").GetProperty("member").GetString() == admin.User.Subject
            && one.GetProperty("by").GetString() == admin.User.Subject);
        await SendAsync(ines.Client, HttpMethod.Delete, $"/api/projects/{project}", null, 403, "not_permitted");
        await SendAsync(admin.Client, HttpMethod.Delete, $"/api/projects/{project}", null, 204);
        await SendAsync(_mara.Client, HttpMethod.Get, $"/api/projects/{project}", null, 404, "no_such_project");
        // The team space with its files stays.
        await SendAsync(_mara.Client, HttpMethod.Get, $"/api/spaces/{project:n}/tree/", null, 200);
    }

    [Fact]
    public async Task Members_hear_what_changes_and_a_member_who_leaves_hears_no_more()
    {
        var (ines, jun) = (await StartAsync(_service, "Ines"), await StartAsync(_service, "Jun"));
        var project = await _mara.ProjectAsync("Harbour north");
        await _mara.ServeAsync(project, "/secret-name");
        await SendAsync(_mara.Client, HttpMethod.Put, Member(project, ines), new { can_change = true }, 204);
        await using var heard = await SseReader.OpenAsync(ines.Client, "/api/events");
        await heard.NextAsync();
        await using var outside = await SseReader.OpenAsync(jun.Client, "/api/events");
        await outside.NextAsync();
        await _mara.TellAsync(project, [Upsert("/secret-name/a", 5)]);
        var one = await NextAsync(heard, "files_changed");
        Assert.Equal(1, one.Json.GetProperty("data").GetProperty("added").GetInt32());
        // Events hold ids and sizes, never a path.
        Assert.DoesNotContain("secret-name", one.Json.GetRawText(), StringComparison.Ordinal);
        await SendAsync(_mara.Client, HttpMethod.Put, Member(project, jun), new { can_change = false }, 204);
        var joined = await NextAsync(heard, "member_joined");
        Assert.Equal(jun.User.Subject, joined.Json.GetProperty("data").GetProperty("member").GetString());
        await SendAsync(jun.Client, HttpMethod.Delete, Member(project, jun), null, 204);
        await NextAsync(heard, "member_left");
        await SendAsync(jun.Client, HttpMethod.Get, $"/api/projects/{project}/files-paginated", null, 404, "no_such_project");
        await using var connection = new NpgsqlConnection(_service.ConnectionString);
        foreach (var table in (string[])["events", "audit_arrivals", "audit"])
        {
            Assert.Equal(0, await connection.ExecuteScalarAsync<int>(
                $"select count(*)::int from chunkupload.{table} e where e::text like '%secret-name%'"));
        }
    }

    [Fact]
    public async Task No_place_lies_in_another_one()
    {
        var ines = await StartAsync(_service, "Ines");
        var project = await _mara.ProjectAsync("Places");
        await SendAsync(_mara.Client, HttpMethod.Put, Member(project, ines), new { can_change = true }, 204);
        await _mara.ServeAsync(project, "/line-14/raw");
        // The same folder at its place once more is no fault.
        await _mara.ServeAsync(project, "/line-14/raw");
        await _mara.ServeAsync(project, "/elsewhere", 409, "place_taken");
        foreach (var place in (string[])["/", "/line-14", "/LINE-14/raw", "/line-14/raw/deep"])
            await ines.ServeAsync(project, place, 409, "place_taken");
        foreach (var place in (string[])["", "line-15", "/../x", "/.hidden", "/a//b"])
            await ines.ServeAsync(project, place, 400, "invalid_field");
        await ines.ServeAsync(project, "/line-14/rawer");
        // Another user's folder cannot be taken over; the same user's next device takes it over, and tells its list anew.
        await _mara.TellAsync(project, [Upsert("/line-14/raw/a")]);
        await SendAsync(
            ines.Client, HttpMethod.Post, $"/api/projects/{project}/folders",
            new { id = _mara.Folder, device_id = ines.Device, place = "/line-14/raw" }, 409, "place_taken");
        var next = await new TestPeople(_service).ClientAsync(_mara.User);
        var device = (await SendAsync(next, HttpMethod.Post, "/api/devices", new { name = "new laptop" }, 201)).GetProperty("id").GetGuid();
        var taken = await SendAsync(
            next, HttpMethod.Post, $"/api/projects/{project}/folders",
            new { id = _mara.Folder, device_id = device, place = "/line-14/raw" }, 200);
        Assert.Equal((0, device), (taken.GetProperty("sequence").GetInt32(), taken.GetProperty("device_id").GetGuid()));
        // The owner of the project releases what a member serves.
        await SendAsync(_mara.Client, HttpMethod.Delete, $"/api/projects/{project}/folders/{ines.Folder}", null, 204);
        await SendAsync(_mara.Client, HttpMethod.Delete, $"/api/projects/{project}/folders/{ines.Folder}", null, 404, "no_such_folder");
    }

    [Fact]
    public async Task A_device_stands_beside_one_key_with_one_fingerprint_and_ends_with_it()
    {
        var first = new string('a', 64);
        var again = await SendAsync(
            _mara.Client, HttpMethod.Post, "/api/devices", new { name = "other name", version = "0.2.0", fingerprint = first }, 200);
        Assert.Equal(("Mara's laptop", first), (again.GetProperty("name").GetString(), again.GetProperty("fingerprint").GetString()));
        Assert.True(again.GetProperty("online").GetBoolean());
        await SendAsync(
            _mara.Client, HttpMethod.Post, "/api/devices", new { name = "x", fingerprint = new string('b', 64) }, 403, "not_your_device");
        var renamed = await SendAsync(_mara.Client, HttpMethod.Patch, $"/api/devices/{_mara.Device}", new { name = "Survey" }, 200);
        Assert.Equal("Survey", renamed.GetProperty("name").GetString());
        var ines = await StartAsync(_service, "Ines");
        await SendAsync(ines.Client, HttpMethod.Patch, $"/api/devices/{_mara.Device}", new { name = "x" }, 404, "no_such_device");
        await SendAsync(ines.Client, HttpMethod.Delete, $"/api/devices/{_mara.Device}", null, 404, "no_such_device");
        // A key of the tenant, and the operator's, have no device.
        await SendAsync(_service.Client, HttpMethod.Post, "/api/devices", new { name = "server" }, 403, "not_permitted");

        var second = await new TestPeople(_service).ClientAsync(_mara.User);
        var project = await _mara.ProjectAsync("Ends");
        await _mara.ServeAsync(project, "/a");
        await SendAsync(second, HttpMethod.Delete, $"/api/devices/{_mara.Device}", null, 204);
        await Eventually.HoldsAsync(async () => (int)(await _mara.Client.GetAsync("/api/projects")).StatusCode == 401);
        var folder = (await SendAsync(second, HttpMethod.Get, $"/api/projects/{project}", null, 200)).GetProperty("folders")[0];
        Assert.False(folder.GetProperty("online").GetBoolean());
        // The row stays.
        var row = (await SendAsync(second, HttpMethod.Get, "/api/devices", null, 200)).GetProperty("devices")[0];
        Assert.NotNull(row.GetProperty("revoked_at").GetString());
    }

    [Fact]
    public async Task An_archived_project_is_read_only_and_is_brought_back()
    {
        var project = await _mara.ProjectAsync("Dover trial");
        await _mara.ServeAsync(project, "/a");
        await _mara.TellAsync(project, [Upsert("/a/x")]);
        var archived = await SendAsync(_mara.Client, HttpMethod.Patch, $"/api/projects/{project}", new { archived = true }, 200);
        Assert.NotNull(archived.GetProperty("archived_at").GetString());
        Assert.Equal(0, archived.GetProperty("folders").GetArrayLength());
        Assert.Empty(await _mara.PathsAsync(project));
        await _mara.ServeAsync(project, "/a", 409, "project_archived");
        using (var put = await _mara.Client.PutAsync($"/api/spaces/{project:n}/tree/x", new StringContent("x")))
            Assert.Equal(403, (int)put.StatusCode);
        await SendAsync(_mara.Client, HttpMethod.Patch, $"/api/projects/{project}", new { archived = false }, 200);
        await _mara.ServeAsync(project, "/a");
        using (var put = await _mara.Client.PutAsync($"/api/spaces/{project:n}/tree/x", new StringContent("x")))
            Assert.Equal(201, (int)put.StatusCode);
    }

    [Fact]
    public async Task A_project_is_handed_over_to_a_member_who_may_change_it()
    {
        var ines = await StartAsync(_service, "Ines");
        var project = await _mara.ProjectAsync("Quay 7");
        await SendAsync(
            _mara.Client, HttpMethod.Patch, $"/api/projects/{project}", new { owner = ines.User.Subject }, 404, "no_such_user");
        await SendAsync(_mara.Client, HttpMethod.Put, Member(project, ines), new { can_change = true }, 204);
        var changed = await SendAsync(
            _mara.Client, HttpMethod.Patch, $"/api/projects/{project}", new { name = "Quay 8", owner = ines.User.Subject }, 200);
        Assert.Equal(("Quay 8", ines.User.Subject), (changed.GetProperty("name").GetString(), changed.GetProperty("owner").GetString()));
        await SendAsync(_mara.Client, HttpMethod.Delete, $"/api/projects/{project}", null, 403, "not_permitted");
        await SendAsync(ines.Client, HttpMethod.Delete, Member(project, ines), null, 403, "not_permitted");
        await SendAsync(ines.Client, HttpMethod.Delete, Member(project, _mara), null, 204);
    }

    private static string Member(Guid project, DeviceRig who) => $"/api/projects/{project}/members/{who.User.Subject}";

    private static async Task<SseEvent> NextAsync(SseReader reader, string kind)
    {
        while (true)
        {
            var next = await reader.NextAsync();
            if (next.Name == kind)
                return next;
        }
    }
}
