using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Functional.Events;
using ChunkUpload.Tests.Support;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static ChunkUpload.Tests.Functional.Projects.DeviceRig;

namespace ChunkUpload.Tests.Functional.Projects;

/// <summary>Projects, their members, their devices and the folders that these serve: who sees and does what.</summary>
[Collection(DeviceCollection.Name)]
public sealed class ProjectTests(ApiFixture fixture) : IAsyncLifetime
{
    private readonly TestService _service = fixture.Service;
    private DeviceRig _mara = null!;

    public async Task InitializeAsync()
    {
        _mara = await StartAsync(_service, "Mara");
    }

    public Task DisposeAsync() => Task.CompletedTask;

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

        var seen = Assert.Single(
            (await admin.GetAsync("/api/projects")).GetProperty("projects").EnumerateArray(),
            one => one.GetProperty("id").GetGuid() == project);
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
    public async Task The_user_of_a_device_decides_who_gets_its_files()
    {
        var ines = await StartAsync(_service, "Ines");
        var project = await _mara.ProjectAsync("Approvals");
        var served = await _mara.ServeAsync(project, "/line-14");
        Assert.Equal("ask", served.GetProperty("approval").GetString());
        await SendAsync(_mara.Client, HttpMethod.Put, Member(project, ines), new { can_change = true }, 204);
        var path = $"/api/projects/{project}/folders/{_mara.Folder}";
        object rule = new { subject = ines.User.Subject, approval = "always", bytes_a_day = 5000 };
        var changed = await SendAsync(
            _mara.Client, HttpMethod.Patch, path,
            new { approval = "never", bytes_a_day = 100, straight_only = true, member_rules = new[] { rule } }, 200);
        Assert.Equal(("never", 100, true), (
            changed.GetProperty("approval").GetString(), changed.GetProperty("bytes_a_day").GetInt64(),
            changed.GetProperty("straight_only").GetBoolean()));
        var own = Assert.Single(changed.GetProperty("member_rules").EnumerateArray());
        Assert.Equal(("always", 5000), (own.GetProperty("approval").GetString(), own.GetProperty("bytes_a_day").GetInt64()));
        // Missing fields do not change; 0 removes the limit.
        changed = await SendAsync(_mara.Client, HttpMethod.Patch, path, new { bytes_a_day = 0 }, 200);
        Assert.Equal(("never", JsonValueKind.Null, 1), (
            changed.GetProperty("approval").GetString(), changed.GetProperty("bytes_a_day").ValueKind,
            changed.GetProperty("member_rules").GetArrayLength()));
        // Other members see the rule, and not the rules of single members.
        var seen = (await ines.GetAsync($"/api/projects/{project}/folders")).GetProperty("folders")[0];
        Assert.Equal("never", seen.GetProperty("approval").GetString());
        Assert.False(seen.TryGetProperty("member_rules", out _));

        await SendAsync(ines.Client, HttpMethod.Patch, path, new { approval = "always" }, 403, "not_permitted");
        await SendAsync(_mara.Client, HttpMethod.Patch, path, new { approval = "maybe" }, 400, "invalid_field");
        await SendAsync(_mara.Client, HttpMethod.Patch, path, new { bytes_a_day = -1 }, 400, "invalid_field");
        await SendAsync(_mara.Client, HttpMethod.Patch, path, new { member_rules = new[] { rule, rule } }, 400, "invalid_field");
        await SendAsync(
            _mara.Client, HttpMethod.Patch, path,
            new { member_rules = new[] { new { subject = $"user:{Guid.NewGuid():n}", approval = "ask" } } }, 404, "no_such_user");
        await SendAsync(
            _mara.Client, HttpMethod.Patch, $"/api/projects/{project}/folders/{Guid.NewGuid()}", new { approval = "ask" }, 404,
            "no_such_folder");
        // When a member leaves, the member's rule is removed.
        await SendAsync(ines.Client, HttpMethod.Delete, Member(project, ines), null, 204);
        var left = (await _mara.GetAsync($"/api/projects/{project}/folders")).GetProperty("folders")[0];
        Assert.Equal(0, left.GetProperty("member_rules").GetArrayLength());
    }

    [Fact]
    public async Task An_invitation_is_used_as_often_as_it_may_and_ends_with_the_right_of_its_maker()
    {
        var (ines, jun) = (await StartAsync(_service, "Ines"), await StartAsync(_service, "Jun"));
        var project = await _mara.ProjectAsync("Invitations");
        var path = $"/api/projects/{project}/invitations";
        await SendAsync(_mara.Client, HttpMethod.Post, path, new { days = 91 }, 400, "invalid_field");
        await SendAsync(_mara.Client, HttpMethod.Post, path, new { uses = 0 }, 400, "invalid_field");
        await SendAsync(ines.Client, HttpMethod.Post, path, new { }, 404, "no_such_project");
        var token = await InviteAsync(new { can_change = false });
        var offer = await SendAsync(ines.Client, HttpMethod.Post, "/api/projects/join/offer", new { token }, 200);
        Assert.Equal(("Invitations", _mara.User.DisplayName, false), (
            offer.GetProperty("name").GetString(), offer.GetProperty("invited_by").GetString(),
            offer.GetProperty("is_member").GetBoolean()));

        // Of two concurrent requests, one gets the last use.
        var both = await Task.WhenAll(JoinAsync(ines, token), JoinAsync(jun, token));
        Assert.Equal([200, 404], both.Order());
        var (joined, other) = both[0] == 200 ? (ines, jun) : (jun, ines);
        // Once more is no fault, and uses nothing.
        Assert.Equal(200, await JoinAsync(joined, token));
        Assert.False((await joined.GetAsync($"/api/projects/{project}")).GetProperty("can_change").GetBoolean());
        var events = (await _mara.GetAsync($"/api/projects/{project}/project_events")).GetProperty("events").EnumerateArray();
        Assert.Single(events, one => one.GetProperty("type").GetString() == "member_joined");

        // A removed member needs a newer one; a member who has left does not.
        token = await InviteAsync(new { uses = 5 });
        await SendAsync(_mara.Client, HttpMethod.Delete, Member(project, joined), null, 204);
        Assert.Equal(404, await JoinAsync(joined, token));
        Assert.Equal(200, await JoinAsync(other, token));
        await SendAsync(other.Client, HttpMethod.Delete, Member(project, other), null, 204);
        Assert.Equal(200, await JoinAsync(other, token));
        token = await InviteAsync(new { uses = 5 });
        Assert.Equal(200, await JoinAsync(joined, token));

        // It ends by hand, by time, and when its maker owns the project no more.
        var third = await StartAsync(_service, "Tom");
        var listed = (await _mara.GetAsync(path)).GetProperty("invitations");
        Assert.Equal(2, listed.GetArrayLength());
        Assert.DoesNotContain(token, listed.GetRawText(), StringComparison.Ordinal);
        var newest = listed[0].GetProperty("id").GetGuid();
        await SendAsync(ines.Client, HttpMethod.Delete, $"{path}/{newest}", null, 403, "not_permitted");
        await SendAsync(_mara.Client, HttpMethod.Delete, $"{path}/{newest}", null, 204);
        await SendAsync(_mara.Client, HttpMethod.Delete, $"{path}/{newest}", null, 404, "no_such_invitation");
        Assert.Equal(404, await JoinAsync(third, token));
        token = await InviteAsync(new { uses = 5 });
        await using (var connection = new NpgsqlConnection(_service.ConnectionString))
        {
            await connection.ExecuteAsync(
                "update chunkupload.project_invitations set expires_at = now() where project_id = @project", new { project });
            Assert.Equal(404, await JoinAsync(third, token));
            token = await InviteAsync(new { uses = 5 });
            Assert.Equal(0, await connection.ExecuteScalarAsync<int>(
                "select count(*)::int from chunkupload.audit_arrivals a where a::text like '%' || @token || '%'", new { token }));
        }

        await SendAsync(_mara.Client, HttpMethod.Put, Member(project, other), new { can_change = true }, 204);
        await SendAsync(_mara.Client, HttpMethod.Patch, $"/api/projects/{project}", new { owner = other.User.Subject }, 200);
        Assert.Equal(404, await JoinAsync(third, token));
        await SendAsync(third.Client, HttpMethod.Post, "/api/projects/join", new { token = "x" }, 404, "no_such_invitation");
        await SendAsync(third.Client, HttpMethod.Post, "/api/projects/join", new { }, 400, "invalid_field");

        async Task<string> InviteAsync(object body)
        {
            var made = await SendAsync(_mara.Client, HttpMethod.Post, path, body, 201);
            return made.GetProperty("link").GetString()!.Split("/console/#/projects/join/")[1];
        }

        static async Task<int> JoinAsync(DeviceRig who, string token) =>
            (int)(await who.Client.PostAsJsonAsync("/api/projects/join", new { token })).StatusCode;
    }

    [Fact]
    public async Task A_socket_tells_each_change_until_the_member_has_left()
    {
        var ines = await StartAsync(_service, "Ines");
        var project = await _mara.ProjectAsync("Socket");
        await _mara.ServeAsync(project, "/line-14");
        await SendAsync(ines.Client, HttpMethod.Get, $"/api/projects/{project}/events/ws", null, 400, "bad_request");
        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(ines, project));
        await SendAsync(_mara.Client, HttpMethod.Put, Member(project, ines), new { can_change = false }, 204);
        using var socket = await OpenAsync(ines, project);
        await _mara.TellAsync(project, [Upsert("/line-14/a", 5), Upsert("/line-14/b", 6)]);
        await _mara.TellAsync(project, [Upsert("/line-14/a", 7), new { op = "delete", path = "/line-14/b" }]);
        var heard = new List<(string? Type, string? Path)>();
        for (var i = 0; i < 4; i++)
        {
            var one = await HearAsync(socket);
            Assert.Equal(["type", "data"], one.EnumerateObject().Select(field => field.Name));
            heard.Add((one.GetProperty("type").GetString(), one.GetProperty("data").GetProperty("path").GetString()));
        }

        Assert.Equal(
            [
                ("file_added", "/line-14/a"), ("file_added", "/line-14/b"), ("file_deleted", "/line-14/b"), ("file_updated", "/line-14/a"),
            ],
            heard);
        // Of a large batch, the first hundred changes are sent; then the list must be read again.
        await _mara.TellAsync(project, [.. Enumerable.Range(0, 150).Select(number => Upsert($"/line-14/n{number}"))]);
        for (var i = 0; i < 100; i++)
            Assert.Equal("file_added", (await HearAsync(socket)).GetProperty("type").GetString());
        Assert.Equal("resync", (await HearAsync(socket)).GetProperty("type").GetString());

        using (var late = await OpenAsync(ines, project, "?since=999999"))
            Assert.Equal("resync", (await HearAsync(late)).GetProperty("type").GetString());
        await SendAsync(_mara.Client, HttpMethod.Delete, Member(project, ines), null, 204);
        await _mara.TellAsync(project, [Upsert("/line-14/secret", 5)]);
        var last = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
                Assert.DoesNotContain("secret", (await HearAsync(socket)).GetRawText(), StringComparison.Ordinal);
        });
        Assert.True(last is WebSocketException or InvalidOperationException, last.ToString());
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

    private async Task<ClientWebSocket> OpenAsync(DeviceRig who, Guid project, string query = "")
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", who.Client.DefaultRequestHeaders.Authorization!.ToString());
        await socket.ConnectAsync(new Uri($"ws://{_service.Address.Authority}/api/projects/{project}/events/ws{query}"), default);
        return socket;
    }

    /// <summary>The next message.</summary>
    /// <exception cref="InvalidOperationException">The service has closed the socket.</exception>
    private static async Task<JsonElement> HearAsync(ClientWebSocket socket)
    {
        using var patience = new CancellationTokenSource(Eventually.Limit);
        var buffer = new byte[64 << 10];
        var got = await socket.ReceiveAsync(buffer, patience.Token);
        return got.MessageType == WebSocketMessageType.Close
            ? throw new InvalidOperationException("The socket is closed.")
            : JsonDocument.Parse(buffer.AsMemory(0, got.Count)).RootElement.Clone();
    }

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
