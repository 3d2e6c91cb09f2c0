using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Deleted entries and replaced contents: listed, restored, purged from the trash, freed.</summary>
[Collection(FilesCollection.Name)]
public sealed class TrashTests(ApiFixture fixture) : IAsyncLifetime
{
    private readonly TreeClient _tree = new(fixture.Service, "trash-" + Guid.NewGuid().ToString("N"));

    // The tests of a collection run one after the other, so each can use the trash alone.
    public Task InitializeAsync() => EmptyAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_trash_lists_removed_entries_and_replaced_contents_newest_first()
    {
        await _tree.PutAsync("a.txt", "one", headers: ("X-OC-Mtime", "1000"));
        await _tree.PutAsync("a.txt", "three", status: HttpStatusCode.OK);
        await _tree.PutAsync("a.txt", "x", status: HttpStatusCode.OK);
        await _tree.FolderAsync("f/g");
        await _tree.PutAsync("f/b.txt", "bb");
        await RemoveAsync("f/b.txt");
        await RemoveAsync("f");
        await RemoveAsync("a.txt");

        var items = await TrashAsync(limit: 2);

        Assert.Equal(["a.txt", "f", "b.txt", "a.txt 2", "a.txt 1"], items.Select(Label));
        Assert.Equal(
            [$"{_tree.Root}/a.txt", $"{_tree.Root}/f", null, null, null], items.Select(item => item.GetProperty("path").GetString()));
        Assert.Equal([1L, null, 2, 5, 3], items.Select(item => Number(item, "size")));
        Assert.Equal("1970-01-01T00:16:40Z", items[^1].GetProperty("modifiedAt").GetString());
        Assert.Equal("folder", items[1].GetProperty("kind").GetString());
        Assert.All(items, item => Assert.Equal(
            TimeSpan.FromDays(7), item.GetProperty("expiresAt").GetDateTimeOffset() - item.GetProperty("removedAt").GetDateTimeOffset()));
    }

    [Fact]
    public async Task A_removed_file_comes_back_to_its_place()
    {
        var before = await _tree.PutAsync("d/a.txt", "one");
        await RemoveAsync("d/a.txt");
        Assert.Equal(["d/"], await _tree.PathsAsync());

        var after = await RestoreAsync(Id(before));

        Assert.Equal($"{_tree.Root}/d/a.txt", after.GetProperty("path").GetString());
        Assert.Equal(Id(before), Id(after));
        Assert.Equal("one", await _tree.ReadAsync("d/a.txt"));
        Assert.Empty(await TrashAsync());
        await TreeClient.RefusedAsync(await TryRestoreAsync(Id(before)), HttpStatusCode.NotFound, "no_entry");
    }

    [Fact]
    public async Task A_folder_comes_back_with_what_is_in_it_and_without_what_was_removed_before()
    {
        await _tree.PutAsync("f/kept.txt", "1");
        var gone = await _tree.PutAsync("f/gone.txt", "2");
        await RemoveAsync("f/gone.txt");
        var folder = Folder(await _tree.ListAsync("f"));
        await RemoveAsync("f");

        await TreeClient.RefusedAsync(await TryRestoreAsync(Id(gone)), HttpStatusCode.Conflict, "no_folder");
        await RestoreAsync(Id(folder));
        Assert.Equal(["f/", "f/kept.txt"], await _tree.PathsAsync());
        await RestoreAsync(Id(gone));
        Assert.Equal(["f/", "f/gone.txt", "f/kept.txt"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_file_of_a_removed_folder_is_restored_to_a_path_with_new_folders()
    {
        var file = await _tree.PutAsync("f/a.txt", "1");
        await RemoveAsync("f/a.txt");
        await RemoveAsync("f");

        var restored = await RestoreAsync(Id(file), new { path = $"{_tree.Root}/x/y/b.txt" });

        Assert.Equal($"{_tree.Root}/x/y/b.txt", restored.GetProperty("path").GetString());
        Assert.Equal(["x/", "x/y/", "x/y/b.txt"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_folder_is_not_restored_into_itself()
    {
        await _tree.PutAsync("f/a.txt", "1");
        var folder = Folder(await _tree.ListAsync("f"));
        await RemoveAsync("f");

        // The former path does not lead into the removed folder, but into a new one.
        await RestoreAsync(Id(folder), new { path = $"{_tree.Root}/f/g" });

        Assert.Equal(["f/", "f/g/", "f/g/a.txt"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_taken_name_is_refused_renamed_or_replaced()
    {
        var ids = new List<string>();
        for (var count = 0; count < 3; count++)
        {
            ids.Add(Id(await _tree.PutAsync("a.txt", $"{count}")));
            await RemoveAsync("a.txt");
        }

        var present = await _tree.PutAsync("a.txt", "present");
        await TreeClient.RefusedAsync(await TryRestoreAsync(ids[0]), HttpStatusCode.Conflict, "name_taken");
        Assert.Equal("a (2).txt", (await RestoreAsync(ids[1], new { conflict = "rename" })).GetProperty("name").GetString());
        await RestoreAsync(ids[2], new { conflict = "replace" });

        Assert.Equal(["a (2).txt", "a.txt"], await _tree.PathsAsync());
        Assert.Equal(("1", "2"), (await _tree.ReadAsync("a (2).txt"), await _tree.ReadAsync("a.txt")));
        Assert.Equal([Id(present), ids[0]], (await TrashAsync()).Select(Id));
    }

    [Fact]
    public async Task A_folder_replaces_nothing_and_nothing_replaces_a_folder()
    {
        await _tree.FolderAsync("x");
        var folder = Folder(await _tree.ListAsync("x"));
        await RemoveAsync("x");
        var file = await _tree.PutAsync("x", "file");
        await TreeClient.RefusedAsync(
            await TryRestoreAsync(Id(folder), new { conflict = "replace" }), HttpStatusCode.Conflict, "name_taken");
        await RemoveAsync("x");
        await _tree.FolderAsync("x");
        await TreeClient.RefusedAsync(
            await TryRestoreAsync(Id(file), new { conflict = "replace" }), HttpStatusCode.Conflict, "name_taken");
    }

    [Fact]
    public async Task An_earlier_content_becomes_the_newest_one_again()
    {
        var file = await _tree.PutAsync("a.txt", "one", headers: ("X-OC-Mtime", "1000"));
        await _tree.PutAsync("a.txt", "two", status: HttpStatusCode.OK);

        var restored = await RestoreAsync(Id(file), new { version = 1 });

        Assert.Equal((Id(file), 3), (Id(restored), restored.GetProperty("version").GetInt32()));
        Assert.Equal("1970-01-01T00:16:40Z", restored.GetProperty("modifiedAt").GetString());
        Assert.Equal("one", await _tree.ReadAsync("a.txt"));
        Assert.Equal(["a.txt 2", "a.txt 1"], (await TrashAsync()).Select(Label));
    }

    [Fact]
    public async Task An_earlier_content_becomes_another_file()
    {
        var file = await _tree.PutAsync("a.txt", "one");
        await _tree.PutAsync("a.txt", "two", status: HttpStatusCode.OK);

        var restored = await RestoreAsync(Id(file), new { version = 1, path = $"{_tree.Root}/old/a.txt" });
        await TreeClient.RefusedAsync(
            await TryRestoreAsync(Id(file), new { version = 1, path = $"{_tree.Root}/old/a.txt" }), HttpStatusCode.Conflict, "name_taken");
        await RemoveAsync("a.txt");
        await TreeClient.RefusedAsync(await TryRestoreAsync(Id(file), new { version = 1 }), HttpStatusCode.Conflict, "no_folder");

        Assert.NotEqual(Id(file), Id(restored));
        Assert.Equal("one", await _tree.ReadAsync("old/a.txt"));
    }

    [Fact]
    public async Task A_purged_item_is_freed_soon_and_a_copy_keeps_its_content()
    {
        var file = await _tree.PutAsync("a.txt", "one");
        var upload = file.GetProperty("fileId").GetString();
        var second = (await _tree.PutAsync("a.txt", "two", status: HttpStatusCode.OK)).GetProperty("fileId").GetString();
        (await _tree.TryCopyAsync("a.txt", "copy.txt")).Dispose();
        await RemoveAsync("a.txt");

        await GiveUpAsync(Id(file), "?version=1");
        await WhenGoneAsync(upload);
        Assert.Equal(["a.txt"], (await TrashAsync()).Select(Label));
        await GiveUpAsync(Id(file));
        Assert.Empty(await TrashAsync());
        await TreeClient.RefusedAsync(await TryRestoreAsync(Id(file)), HttpStatusCode.NotFound, "no_entry");
        Assert.Equal("two", await _tree.ReadAsync("copy.txt"));
        await RemoveAsync("copy.txt");
        await EmptyAsync();
        await WhenGoneAsync(second);
        using var again = await _tree.Http.DeleteAsync(new Uri($"/api/trash/{Id(file)}", UriKind.Relative));
        await TreeClient.RefusedAsync(again, HttpStatusCode.NotFound, "no_entry");
    }

    [Fact]
    public async Task Emptying_frees_folders_with_all_that_is_in_them()
    {
        var before = (await _tree.SharedSpaceAsync()).GetProperty("entries").GetInt64();
        var uploads = new List<string?>();
        for (var count = 0; count < 5; count++)
        {
            uploads.Add((await _tree.PutAsync($"f/g/{count}", "content")).GetProperty("fileId").GetString());
            uploads.Add((await _tree.PutAsync($"f/g/{count}", "again", status: HttpStatusCode.OK)).GetProperty("fileId").GetString());
        }

        await RemoveAsync("f/g/0");
        await RemoveAsync("f");
        await EmptyAsync();

        foreach (var upload in uploads)
            await WhenGoneAsync(upload);
        // The folder of the test stays. Remains of other tests are freed meanwhile.
        await Eventually.HoldsAsync(async () => (await _tree.SharedSpaceAsync()).GetProperty("entries").GetInt64() <= before + 1);
    }

    [Theory]
    [InlineData("GET", "/api/trash?cursor=xyz", HttpStatusCode.BadRequest, "invalid_cursor")]
    [InlineData("GET", "/api/trash?limit=0", HttpStatusCode.BadRequest, "invalid_parameter")]
    [InlineData("GET", "/api/spaces/nonsense/trash", HttpStatusCode.NotFound, "no_entry")]
    [InlineData("DELETE", "/api/trash/nonsense", HttpStatusCode.NotFound, "no_entry")]
    [InlineData("DELETE", "/api/trash/nonsense?version=0", HttpStatusCode.BadRequest, "invalid_parameter")]
    public async Task An_invalid_request_is_refused(string method, string address, HttpStatusCode status, string code) =>
        await TreeClient.RefusedAsync(await _tree.SendAsync(new HttpMethod(method), new Uri(address, UriKind.Relative)), status, code);

    [Fact]
    public async Task An_invalid_body_is_refused()
    {
        var id = Guid.NewGuid().ToString("N");
        foreach (var body in new object[] { new { version = 0 }, new { path = "a/../b" }, new { path = "" }, new { conflict = "no" } })
            await TreeClient.RefusedAsync(await TryRestoreAsync(id, body), HttpStatusCode.BadRequest, "invalid_field");
    }

    [Fact]
    public async Task The_default_space_is_listed_and_addressed()
    {
        var space = await _tree.SharedSpaceAsync();
        await _tree.PutAsync("a.txt", "one");
        await RemoveAsync("a.txt");
        var list = await TreeClient.JsonAsync(
            await _tree.Http.GetAsync(new Uri($"/api/spaces/{Id(space)}/trash", UriKind.Relative)), HttpStatusCode.OK);
        Assert.Equal(1, list.GetProperty("items").GetArrayLength());
    }

    private static string Id(JsonElement item) => item.GetProperty("id").GetString()!;

    private static JsonElement Folder(JsonElement list) => list.GetProperty("folder");

    private static string Label(JsonElement item) =>
        item.GetProperty("name").GetString() + (Number(item, "version") is { } version ? $" {version}" : "");

    private static long? Number(JsonElement item, string name) =>
        item.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;

    private async Task RemoveAsync(string path)
    {
        using var answer = await _tree.SendAsync(HttpMethod.Delete, path);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private async Task<List<JsonElement>> TrashAsync(int limit = 200)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var address = new Uri($"/api/trash?limit={limit}" + (cursor is null ? "" : $"&cursor={cursor}"), UriKind.Relative);
            var page = await TreeClient.JsonAsync(await _tree.Http.GetAsync(address), HttpStatusCode.OK);
            Assert.InRange(page.GetProperty("items").GetArrayLength(), 0, limit);
            items.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        return items;
    }

    private Task<HttpResponseMessage> TryRestoreAsync(string id, object? body = null) =>
        _tree.SendAsync(
            HttpMethod.Post, new Uri($"/api/trash/{id}/restore", UriKind.Relative), body is null ? null : JsonContent.Create(body));

    private async Task<JsonElement> RestoreAsync(string id, object? body = null) =>
        await TreeClient.JsonAsync(await TryRestoreAsync(id, body), HttpStatusCode.OK);

    private async Task GiveUpAsync(string id, string query = "")
    {
        using var answer = await _tree.Http.DeleteAsync(new Uri($"/api/trash/{id}{query}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private async Task EmptyAsync()
    {
        using var answer = await _tree.Http.DeleteAsync(new Uri("/api/trash", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private Task WhenGoneAsync(string? upload) => Eventually.HoldsAsync(async () =>
    {
        using var answer = await _tree.Http.GetAsync(new Uri($"/api/files/{upload}", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.Gone;
    });
}
