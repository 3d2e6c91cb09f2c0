using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Versions of files by the API: listed, read, restored, named, deleted, kept by policies.</summary>
public sealed class VersionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private TestService _service = null!;
    private TreeClient _tree = null!;

    public async Task InitializeAsync()
    {
        _service = await TestService.StartAsync(postgres);
        _tree = new TreeClient(_service, "versions");
    }

    public async Task DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task Every_replaced_content_is_listed_and_can_be_read_in_ranges()
    {
        var id = await FileAsync("a.txt", "one", "three", "four!");
        var list = await ListAsync(id);
        Assert.Equal([3, 2, 1], list.Select(item => item.GetProperty("number").GetInt32()));
        Assert.Equal([5L, 5, 3], list.Select(item => item.GetProperty("size").GetInt64()));
        Assert.Equal([true, false, false], list.Select(item => item.GetProperty("replacedAt").ValueKind == JsonValueKind.Null));
        Assert.All(list, item => Assert.Equal("operator", item.GetProperty("by").GetString()));
        Assert.Equal("one", await _service.Client.GetStringAsync(At(list[2].GetProperty("contentUrl").GetString()!)));

        using var request = new HttpRequestMessage(HttpMethod.Get, At($"/api/entries/{id}/versions/2/content"));
        request.Headers.Range = new RangeHeaderValue(1, 2);
        using var range = await _service.Client.SendAsync(request);
        Assert.Equal((HttpStatusCode.PartialContent, "hr"), (range.StatusCode, await range.Content.ReadAsStringAsync()));
        Assert.Equal("a.txt", range.Content.Headers.ContentDisposition!.FileName!.Trim('"'));

        var page = await JsonAsync($"/api/entries/{id}/versions?limit=2");
        var next = await JsonAsync($"/api/entries/{id}/versions?limit=2&cursor={page.GetProperty("nextCursor").GetString()}");
        Assert.Equal(1, Assert.Single(next.GetProperty("items").EnumerateArray()).GetProperty("number").GetInt32());
        Assert.Equal(JsonValueKind.Null, next.GetProperty("nextCursor").ValueKind);
    }

    [Fact]
    public async Task A_restored_content_becomes_a_new_version_and_nothing_is_lost()
    {
        var id = await FileAsync("a.txt", "one", "two");
        var entry = await TreeClient.JsonAsync(await PostAsync($"/api/entries/{id}/versions/1/restore"), HttpStatusCode.OK);
        Assert.Equal((id, 3), (entry.GetProperty("id").GetString(), entry.GetProperty("version").GetInt32()));
        Assert.Equal("one", await _tree.ReadAsync("a.txt"));
        Assert.Equal([3, 2, 1], (await ListAsync(id)).Select(item => item.GetProperty("number").GetInt32()));

        // The present content stays as it is.
        entry = await TreeClient.JsonAsync(await PostAsync($"/api/entries/{id}/versions/3/restore"), HttpStatusCode.OK);
        Assert.Equal(3, entry.GetProperty("version").GetInt32());
        await TreeClient.RefusedAsync(await PostAsync($"/api/entries/{id}/versions/9/restore"), HttpStatusCode.NotFound, "no_entry");
        using var old = new HttpRequestMessage(HttpMethod.Post, At($"/api/entries/{id}/versions/2/restore"));
        old.Headers.TryAddWithoutValidation("If-Match", "\"r1\"");
        await TreeClient.RefusedAsync(await _service.Client.SendAsync(old), HttpStatusCode.PreconditionFailed, "entry_changed");
    }

    [Fact]
    public async Task A_named_version_leaves_the_trash_and_stays()
    {
        var id = await FileAsync("a.txt", "one", "two");
        Assert.Single(await TrashOfAsync(id));
        var named = await TreeClient.JsonAsync(await NameAsync(id, 1, "Sent"), HttpStatusCode.OK);
        Assert.Equal("Sent", named.GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, named.GetProperty("leavesAt").ValueKind);
        Assert.Empty(await TrashOfAsync(id));
        using (var emptied = await _service.Client.DeleteAsync(At("/api/trash")))
            Assert.Equal(HttpStatusCode.NoContent, emptied.StatusCode);
        await PassAsync(TimeSpan.FromDays(400));
        Assert.Equal("one", await _service.Client.GetStringAsync(At($"/api/entries/{id}/versions/1/content")));

        await TreeClient.JsonAsync(await NameAsync(id, 1, null), HttpStatusCode.OK);
        await PurgeAsync();
        Assert.Single(await ListAsync(id));
    }

    [Fact]
    public async Task A_version_is_deleted_for_good_and_the_present_content_is_not()
    {
        var id = await FileAsync("a.txt", "one", "two");
        await TreeClient.RefusedAsync(
            await _service.Client.DeleteAsync(At($"/api/entries/{id}/versions/2")), HttpStatusCode.Conflict, "current_version");
        using (var deleted = await _service.Client.DeleteAsync(At($"/api/entries/{id}/versions/1")))
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Single(await ListAsync(id));
        await TreeClient.RefusedAsync(
            await _service.Client.GetAsync(At($"/api/entries/{id}/versions/1/content")), HttpStatusCode.NotFound, "no_entry");
        await TreeClient.RefusedAsync(await NameAsync(id, 1, "x"), HttpStatusCode.NotFound, "no_entry");
        Assert.Empty(await TrashOfAsync(id));
        foreach (var number in new[] { "0", "x", "-1", "99999999999" })
        {
            await TreeClient.RefusedAsync(
                await _service.Client.GetAsync(At($"/api/entries/{id}/versions/{number}/content")), HttpStatusCode.NotFound, "no_entry");
        }
    }

    [Fact]
    public async Task What_a_policy_keeps_is_not_in_the_trash_and_survives_its_emptying()
    {
        var id = await FileAsync("p/a.txt", "one", "two", "three", "four");
        Assert.Equal(3, (await TrashOfAsync(id)).Length);
        await PolicyAsync(new { last = 2 }, "versions/p");
        Assert.Empty(await TrashOfAsync(id));
        await PurgeAsync();
        using (var emptied = await _service.Client.DeleteAsync(At("/api/trash")))
            Assert.Equal(HttpStatusCode.NoContent, emptied.StatusCode);
        Assert.Equal(4, (await ListAsync(id)).Length);

        var view = await JsonAsync($"/api/entries/{id}/versions");
        Assert.Equal(2, view.GetProperty("policy").GetProperty("last").GetInt32());
        Assert.Equal(
            [true, true, true, false],
            view.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("leavesAt").ValueKind == JsonValueKind.Null));
        var space = await SpaceAsync();
        var policies = await JsonAsync($"/api/spaces/{space}/versions");
        var policy = Assert.Single(policies.GetProperty("policies").EnumerateArray());
        Assert.Equal("versions/p", policy.GetProperty("path").GetString());
        Assert.NotEqual(JsonValueKind.Null, policy.GetProperty("settlesAt").ValueKind);
        Assert.Equal((11L, 1L), (policies.GetProperty("bytes").GetInt64(), policies.GetProperty("leavingVersions").GetInt64()));

        await PassAsync(TimeSpan.FromDays(7) + TimeSpan.FromSeconds(1));
        await PurgeAsync();
        Assert.Equal([4, 3, 2], (await ListAsync(id)).Select(item => item.GetProperty("number").GetInt32()));

        // Removed, the service's rule holds again after a week.
        await PolicyAsync(new { inherit = true }, "versions/p");
        await PassAsync(TimeSpan.FromDays(6));
        await PurgeAsync();
        Assert.Equal(3, (await ListAsync(id)).Length);
        await PassAsync(TimeSpan.FromDays(2));
        await PurgeAsync();
        Assert.Single(await ListAsync(id));
    }

    [Fact]
    public async Task Nothing_that_was_replaced_is_let_go_on_its_first_day()
    {
        await _tree.PutAsync("p/b.txt", "");
        await PolicyAsync(new { bytes = 1 }, "versions/p");
        await PassAsync(TimeSpan.FromDays(8));
        var id = await FileAsync("p/a.txt", "one", "two");
        await PassAsync(TimeSpan.FromHours(23));
        await PurgeAsync();
        Assert.Equal(2, (await ListAsync(id)).Length);
        await PassAsync(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        await PurgeAsync();
        Assert.Single(await ListAsync(id));
    }

    [Fact]
    public async Task Content_that_an_upload_replaces_which_began_before_it_stays_for_thirty_days()
    {
        var id = await FileAsync("a.txt", "one");
        using var begun = await _service.Client.PostAsJsonAsync(
            At("/api/sessions"), new { fileName = "a.txt", size = 3, path = "versions/a.txt", conflict = "replace" });
        var session = await TreeClient.JsonAsync(begun, HttpStatusCode.Created);
        await _tree.PutAsync("a.txt", "two", "", HttpStatusCode.OK);
        var at = $"/api/sessions/{session.GetProperty("id").GetString()}";
        using (var chunk = await _service.Client.PutAsync(At($"{at}/chunks/0"), Chunk("new")))
            Assert.True(chunk.IsSuccessStatusCode, await chunk.Content.ReadAsStringAsync());
        using (var completed = await _service.Client.PostAsync(At($"{at}/complete"), null))
            Assert.True(completed.IsSuccessStatusCode, await completed.Content.ReadAsStringAsync());
        Assert.Equal("new", await _tree.ReadAsync("a.txt"));
        Assert.Equal([false, true, false], (await ListAsync(id)).Select(item => item.GetProperty("lostConflict").GetBoolean()));

        await PassAsync(TimeSpan.FromDays(29));
        await PurgeAsync();
        Assert.Equal([3, 2], (await ListAsync(id)).Select(item => item.GetProperty("number").GetInt32()));
        await PassAsync(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));
        await PurgeAsync();
        Assert.Single(await ListAsync(id));
    }

    [Fact]
    public async Task Versions_move_with_the_file_to_another_space_and_are_not_copied()
    {
        var id = await FileAsync("a.txt", "one", "two", "three");
        await TreeClient.JsonAsync(await NameAsync(id, 1, "first"), HttpStatusCode.OK);
        using var made = await _service.Client.PostAsJsonAsync(At("/api/spaces"), new { name = "Other" });
        var there = (await TreeClient.JsonAsync(made, HttpStatusCode.Created)).GetProperty("id").GetString()!;
        using var moving = await _service.Client.PostAsJsonAsync(
            At("/api/tree/move"), new { from = "versions/a.txt", to = "b.txt", space = there });
        var moved = (await TreeClient.JsonAsync(moving, HttpStatusCode.OK)).GetProperty("id").GetString()!;
        var list = await ListAsync(moved);
        Assert.Equal([3, 2, 1], list.Select(item => item.GetProperty("number").GetInt32()));
        Assert.Equal("first", list[2].GetProperty("name").GetString());
        Assert.Equal("one", await _service.Client.GetStringAsync(At($"/api/entries/{moved}/versions/1/content")));

        using var copying = await _service.Client.PostAsJsonAsync(
            At("/api/tree/copy"), new { from = "b.txt", to = "versions/c.txt", fromSpace = there });
        if (copying.IsSuccessStatusCode)
        {
            var copy = await copying.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Single(await ListAsync(copy.GetProperty("id").GetString()!));
        }
    }

    [Fact]
    public async Task Those_who_only_read_a_space_read_its_versions_and_change_none()
    {
        var people = new TestPeople(_service);
        var (owner, reader) = (await people.UserAsync("Olga", Role.Member), await people.UserAsync("Rita", Role.Member));
        using var mine = await people.ClientAsync(owner);
        using var theirs = await people.ClientAsync(reader);
        using var lister = await people.ClientAsync(owner, scopes: Scopes.List | Scopes.Upload);
        var space = await MadeAsync(await mine.PostAsJsonAsync(At("/api/spaces"), new { name = "Team" }));
        using (var let = await mine.PutAsJsonAsync(At($"/api/spaces/{space}/members/{reader.Subject}"), new { canChange = false }))
            Assert.Equal(HttpStatusCode.NoContent, let.StatusCode);
        var id = await MadeAsync(await mine.PutAsync(At($"/api/spaces/{space}/tree/a.txt"), new StringContent("one")));
        using (var replaced = await mine.PutAsync(At($"/api/spaces/{space}/tree/a.txt"), new StringContent("two")))
            Assert.True(replaced.IsSuccessStatusCode);

        var at = $"/api/entries/{id}/versions";
        Assert.Equal("one", await theirs.GetStringAsync(At($"{at}/1/content")));
        await TreeClient.RefusedAsync(await theirs.PostAsync(At($"{at}/1/restore"), null), HttpStatusCode.Forbidden, "read_only");
        await TreeClient.RefusedAsync(
            await theirs.PatchAsJsonAsync(At($"{at}/1"), new { name = "x" }), HttpStatusCode.Forbidden, "read_only");
        await TreeClient.RefusedAsync(await theirs.DeleteAsync(At($"{at}/1")), HttpStatusCode.Forbidden, "read_only");
        await TreeClient.RefusedAsync(
            await theirs.PatchAsJsonAsync(At($"/api/spaces/{space}"), new { versions = new { last = 1 } }), HttpStatusCode.Forbidden,
            "read_only");
        // A key needs the right to read to list and read versions.
        foreach (var path in new[] { at, $"{at}/1/content" })
            await TreeClient.RefusedAsync(await lister.GetAsync(At(path)), HttpStatusCode.Forbidden, "not_permitted");

        // To restore needs the right to upload, to delete the right to delete.
        using var onlyReader = await people.ClientAsync(owner, scopes: Scopes.Read | Scopes.List);
        await TreeClient.RefusedAsync(
            await onlyReader.PostAsync(At($"{at}/1/restore"), null), HttpStatusCode.Forbidden, "not_permitted");
        await TreeClient.RefusedAsync(await lister.DeleteAsync(At($"{at}/1")), HttpStatusCode.Forbidden, "not_permitted");
        // The answer to a new name describes the version, so it needs the right to read. A policy deletes versions.
        await TreeClient.RefusedAsync(
            await lister.PatchAsJsonAsync(At($"{at}/1"), new { name = "x" }), HttpStatusCode.Forbidden, "not_permitted");
        await TreeClient.RefusedAsync(
            await lister.PatchAsJsonAsync(At($"/api/spaces/{space}"), new { versions = new { last = 1 } }), HttpStatusCode.Forbidden,
            "not_permitted");

        static async Task<string> MadeAsync(HttpResponseMessage answer) =>
            (await TreeClient.JsonAsync(answer, HttpStatusCode.Created)).GetProperty("id").GetString()!;
    }

    [Theory]
    [InlineData("""{"versions":{}}""", "invalid_field")]
    [InlineData("""{"versions":{"last":-1}}""", "invalid_field")]
    [InlineData("""{"versions":{"last":1,"inherit":true}}""", "invalid_field")]
    [InlineData("""{"versions":{"weeks":99999}}""", "invalid_field")]
    [InlineData("""{"versions":{"last":"many"}}""", "malformed_json")]
    [InlineData("""{"folder":"x"}""", "invalid_field")]
    [InlineData("""{}""", "invalid_field")]
    [InlineData("""{"versions":{"last":1},"folder":"a/../b"}""", "invalid_field")]
    public async Task A_policy_that_says_nothing_valid_is_refused(string body, string code)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        await TreeClient.RefusedAsync(
            await _service.Client.PatchAsync(At($"/api/spaces/{await SpaceAsync()}"), content), HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task A_policy_is_for_a_folder_that_is_there()
    {
        await FileAsync("a.txt", "one");
        await TreeClient.RefusedAsync(await TryPolicyAsync(new { last = 1 }, "versions/none"), HttpStatusCode.NotFound, "no_entry");
        await TreeClient.RefusedAsync(await TryPolicyAsync(new { last = 1 }, "versions/a.txt"), HttpStatusCode.Conflict, "not_a_folder");
    }

    private static Uri At(string path) => new(path, UriKind.Relative);

    private static ByteArrayContent Chunk(string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        var content = new ByteArrayContent(bytes);
        content.Headers.Add("X-Chunk-SHA256", Sha256Digest.Of(bytes).ToString());
        return content;
    }

    /// <summary>Puts the contents one after the other.</summary>
    /// <returns>The id of the file.</returns>
    private async Task<string> FileAsync(string path, params string[] contents)
    {
        string? id = null;
        foreach (var content in contents)
        {
            var entry = await _tree.PutAsync(
                path, content, "?parents=true", id is null ? HttpStatusCode.Created : HttpStatusCode.OK);
            id = entry.GetProperty("id").GetString()!;
        }

        return id!;
    }

    private async Task<JsonElement[]> ListAsync(string id) =>
        [.. (await JsonAsync($"/api/entries/{id}/versions")).GetProperty("items").EnumerateArray()];

    private async Task<JsonElement[]> TrashOfAsync(string id) =>
        [.. (await JsonAsync("/api/trash")).GetProperty("items").EnumerateArray()
            .Where(item => item.GetProperty("id").GetString() == id)];

    private async Task<string> SpaceAsync() => (await _tree.SharedSpaceAsync()).GetProperty("id").GetString()!;

    private async Task PolicyAsync(object policy, string folder)
    {
        using var answer = await TryPolicyAsync(policy, folder);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<HttpResponseMessage> TryPolicyAsync(object policy, string folder) =>
        await _service.Client.PatchAsJsonAsync(At($"/api/spaces/{await SpaceAsync()}"), new { versions = policy, folder });

    private Task<HttpResponseMessage> PostAsync(string path) => _service.Client.PostAsync(At(path), null);

    private Task<HttpResponseMessage> NameAsync(string id, int number, string? name) =>
        _service.Client.PatchAsJsonAsync(At($"/api/entries/{id}/versions/{number}"), new { name });

    private async Task<JsonElement> JsonAsync(string path) =>
        await TreeClient.JsonAsync(await _service.Client.GetAsync(At(path)), HttpStatusCode.OK);

    private Task PassAsync(TimeSpan time) => _service.Services.AgeAsync(time);

    private async Task PurgeAsync() => _ = await _service.Services.GetRequiredService<TrashPurger>().RunAsync(null, CancellationToken.None);
}
