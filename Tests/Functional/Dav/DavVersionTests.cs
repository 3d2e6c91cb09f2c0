using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Dav;

/// <summary>WebDAV makes versions as every other way does, and a file with a history keeps it.</summary>
[Collection(FilesCollection.Name)]
[SuppressMessage("Design", "CA1001", Justification = "xUnit calls DisposeAsync of IAsyncLifetime.")]
public sealed class DavVersionTests(ApiFixture fixture) : IAsyncLifetime
{
    private readonly DavClient _dav = new(fixture.Service, $"dav-{Guid.NewGuid():n}");

    private HttpClient Client => fixture.Service.Client;

    private string Folder => _dav.Root["/dav/shared/".Length..];

    public Task InitializeAsync() => _dav.FolderAsync("");

    public Task DisposeAsync()
    {
        _dav.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_key_without_the_right_to_delete_moves_nothing_onto_a_file_and_writes_new_versions()
    {
        using var made = await Client.PostAsJsonAsync(At("/api/keys"), new { name = "drive", scopes = new[] { "list", "read", "upload" } });
        var key = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()!;
        using var drive = new DavClient(fixture.Service.Address, key, Folder);
        await drive.PutAsync("report", "old");
        await drive.PutAsync("new", "new");
        Assert.Equal(403, await drive.PutAtAsync("MOVE", "new", "report"));
        Assert.Equal("old", await drive.ReadAsync("report"));
        Assert.Equal(201, await drive.PutAtAsync("MOVE", "new", "newer"));
        Assert.Equal(204, await drive.PutAtAsync("COPY", "newer", "report"));
        Assert.Equal("new", await drive.ReadAsync("report"));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("MOVE")]
    [InlineData("COPY")]
    public async Task What_is_replaced_is_a_version_that_the_policy_keeps(string method)
    {
        await PolicyAsync(new { last = 1 });
        await _dav.PutAsync("report", "old");
        await _dav.PutAsync("new", "new");
        var id = await IdAsync("report");
        var status = method == "PUT" ? await _dav.StatusAsync("PUT", "report", "new") : await _dav.PutAtAsync(method, "new", "report");
        Assert.Equal(204, status);
        var versions = await VersionsAsync(id);
        Assert.Equal([2, 1], versions.Select(version => version.GetProperty("number").GetInt32()));
        Assert.Equal(JsonValueKind.Null, versions[1].GetProperty("leavesAt").ValueKind);
        Assert.Equal("old", await Client.GetStringAsync(At($"/api/entries/{id}/versions/1/content")));
        await using var connection = new NpgsqlConnection(fixture.Service.ConnectionString);
        Assert.True(await connection.ExecuteScalarAsync<bool>(
            "select kept and due is not null from entry_versions where entry = @Entry::uuid and number = 1", new { Entry = id }));
        Assert.Empty(await CountersAsync());
    }

    [Fact]
    public async Task A_file_with_a_named_version_keeps_its_id_when_it_is_moved_onto_a_file()
    {
        await _dav.PutAsync("old", "old");
        await _dav.PutAsync("document", "1");
        var id = await IdAsync("document");
        using (var named = await Client.PatchAsJsonAsync(At($"/api/entries/{id}/versions/1"), new { name = "Sent" }))
            Assert.Equal(HttpStatusCode.OK, named.StatusCode);
        Assert.Equal(204, await _dav.PutAtAsync("MOVE", "document", "old"));
        Assert.Equal(id, await IdAsync("old"));
        Assert.Equal("Sent", Assert.Single(await VersionsAsync(id)).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_file_that_a_program_moves_below_a_stricter_policy_loses_nothing_for_a_week()
    {
        await PolicyAsync(new { last = 5 });
        await _dav.FolderAsync("strict");
        await PolicyAsync(new { last = 0 }, "/strict");
        await _dav.PutAsync("x", "1");
        await _dav.PutAsync("x", "2");
        Assert.Equal(201, await _dav.PutAtAsync("MOVE", "x", "strict/x"));
        await using var connection = new NpgsqlConnection(fixture.Service.ConnectionString);
        Assert.NotNull(await connection.ExecuteScalarAsync<long?>(
            "select placed_clock from entries where id = @Entry::uuid", new { Entry = await IdAsync("strict/x") }));
    }

    [Theory]
    [InlineData("._x")]
    [InlineData(".DS_Store")]
    [InlineData("Thumbs.db")]
    [InlineData("desktop.ini")]
    public async Task What_file_managers_note_makes_no_versions(string name)
    {
        await PolicyAsync(new { last = 5 });
        await _dav.PutAsync(name, "one");
        await _dav.PutAsync(name, "two");
        Assert.Equal("two", await _dav.ReadAsync(name));
        Assert.Equal(2, Assert.Single(await VersionsAsync(await IdAsync(name))).GetProperty("number").GetInt32());
        Assert.Empty(await CountersAsync());
    }

    [Fact]
    public async Task The_audit_names_who_named_and_deleted_a_version()
    {
        await _dav.PutAsync("x", "1");
        await _dav.PutAsync("x", "2");
        var id = await IdAsync("x");
        foreach (var name in new[] { "Sent", null })
        {
            using var named = await Client.PatchAsJsonAsync(At($"/api/entries/{id}/versions/1"), new { name });
            Assert.Equal(HttpStatusCode.OK, named.StatusCode);
        }

        using (var deleted = await Client.DeleteAsync(At($"/api/entries/{id}/versions/1")))
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        var rows = (await Client.GetFromJsonAsync<JsonElement>(At("/api/audit?limit=1000&kind=entry"))).GetProperty("items")
            .EnumerateArray().Where(row => row.GetProperty("target").GetString() == id).Reverse().ToList();
        Assert.Equal(
            ["entry.replaced", "entry.version_named", "entry.version_unnamed", "entry.version_deleted"],
            rows.Select(row => row.GetProperty("kind").GetString()));
        Assert.Equal("Sent", rows[1].GetProperty("data").GetProperty("label").GetString());
        Assert.Equal("operator", rows[3].GetProperty("subject").GetString());
    }

    private static Uri At(string path) => new(path, UriKind.Relative);

    private async Task<IEnumerable<dynamic>> CountersAsync()
    {
        await using var connection = new NpgsqlConnection(fixture.Service.ConnectionString);
        await connection.OpenAsync();
        return await connection.QueryAsync("""
            select s.id, s.bytes, s.earlier_bytes, c.bytes as own, c.earlier
            from spaces s
            join (
                select e.space, sum(v.size) as bytes, coalesce(sum(v.size) filter (where v.until is not null), 0) as earlier
                from entry_versions v join entries e on e.id = v.entry group by e.space
            ) c on c.space = s.id
            where (s.bytes, s.earlier_bytes) is distinct from (c.bytes, c.earlier)
            """);
    }

    private async Task PolicyAsync(object policy, string below = "")
    {
        var space = (await Client.GetFromJsonAsync<JsonElement>(At("/api/spaces"))).GetProperty("items").EnumerateArray()
            .First(one => one.GetProperty("kind").GetString() == "shared").GetProperty("id").GetString();
        using var answer = await Client.PatchAsJsonAsync(
            At($"/api/spaces/{space}"), new { versions = policy, folder = $"{Folder}{below}" });
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<JsonElement[]> VersionsAsync(string id) =>
        [.. (await Client.GetFromJsonAsync<JsonElement>(At($"/api/entries/{id}/versions"))).GetProperty("items").EnumerateArray()];

    private async Task<string> IdAsync(string path) =>
        (await Client.GetFromJsonAsync<JsonElement>(At($"/api/tree/{Folder}/{path}?format=json"))).GetProperty("id").GetString()!;
}
