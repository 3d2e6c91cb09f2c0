using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>The longest paths, conditions that fail late, and concurrent changes.</summary>
[Collection(FilesCollection.Name)]
public sealed class TreeLimitsTests(ApiFixture fixture)
{
    // Percent-encoded each of their bytes takes three characters, and in the JSON of a cursor six.
    private static readonly string[] Folders = [.. Enumerable.Repeat(new string('\u0001', 250), 15)];

    private readonly TreeClient _tree = new(fixture.Service, "limits-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public async Task A_path_of_4096_bytes_is_written_read_and_listed_page_by_page()
    {
        var folder = string.Join('/', [.. Folders, new string('p', 50)]);
        var room = TreePath.MaxPathBytes - Encoding.UTF8.GetByteCount($"{_tree.Root}/{folder}/");
        var name = new string('n', room);
        await _tree.PutAsync($"{folder}/{name}", "content");
        await _tree.PutAsync($"{folder}/{name[..^1]}", "second");
        Assert.Equal("content", await _tree.ReadAsync($"{folder}/{name}"));
        await TreeClient.RefusedAsync(await _tree.TryPutAsync($"{folder}/{name}x", "x"), HttpStatusCode.BadRequest, "invalid_path");

        Assert.Equal(["second", "content"], await ContentsAsync());
        // Moving a folder gives its entries a path that no request can name.
        await _tree.FolderAsync("deep/" + new string('d', 200));
        await _tree.PatchAsync(Folders[0], new { path = $"{_tree.Root}/deep/{new string('d', 200)}/moved" });
        Assert.Equal(["second", "content"], await ContentsAsync());
    }

    [Fact]
    public async Task A_cursor_of_an_entry_that_was_moved_away_is_refused()
    {
        var folder = string.Join('/', Folders);
        await _tree.PutAsync($"a/{folder}/1", "");
        await _tree.PutAsync($"a/{folder}/2", "");
        var first = await _tree.ListAsync("a", "?recursive=true&limit=16");
        var cursor = first.GetProperty("nextCursor").GetString();
        Assert.Single((await _tree.ListAsync("a", $"?recursive=true&limit=16&cursor={cursor}")).GetProperty("items").EnumerateArray());
        await _tree.PatchAsync($"a/{folder}/1", new { path = $"{_tree.Root}/b" });
        await TreeClient.RefusedAsync(
            await _tree.Http.GetAsync(_tree.At("a/", $"?recursive=true&limit=16&cursor={cursor}")), HttpStatusCode.BadRequest,
            "invalid_cursor");
    }

    [Fact]
    public async Task If_None_Match_refuses_each_change_of_what_is_there()
    {
        await _tree.PutAsync("a", "one");
        foreach (var refused in new[]
        {
            await _tree.TryPatchAsync("a", new { name = "b" }, ("If-None-Match", "*")),
            await _tree.SendAsync(HttpMethod.Delete, "a", "", null, ("If-None-Match", "*")),
            await _tree.SendAsync(HttpMethod.Put, "a", "", null, ("If-None-Match", "*"), ("X-Link-Target", "b")),
        })
            await TreeClient.RefusedAsync(refused, HttpStatusCode.PreconditionFailed, "precondition_failed");
        Assert.Equal("one", await _tree.ReadAsync("a"));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a/")]
    public async Task Of_many_requests_at_once_that_find_nothing_one_writes(string path)
    {
        await _tree.FolderAsync("base");
        for (var round = 0; round < 5; round++)
        {
            var at = $"{round}{path}";
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
                _ => _tree.SendAsync(HttpMethod.Put, at, "", path == "a" ? new ByteArrayContent([1]) : null, ("If-None-Match", "*"))));
            Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
            foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
                await TreeClient.RefusedAsync(answer, HttpStatusCode.PreconditionFailed, "precondition_failed");
        }
    }

    [Fact]
    public async Task Of_many_files_written_at_once_to_one_path_one_is_new()
    {
        await _tree.FolderAsync("base");
        for (var round = 0; round < 5; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(one => _tree.TryPutAsync($"{round}", $"{one}")));
            Assert.Equal(1, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
            Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        }
    }

    [Fact]
    public async Task A_copy_that_is_moved_into_what_it_copies_ends()
    {
        await _tree.PutAsync("a/x/file", "1");
        await _tree.PutAsync("a/z", "2");
        var files = fixture.Service.Services.GetRequiredService<FileTree>();
        var caller = Caller.Operator;
        var space = await files.DefaultSpaceAsync(caller, CancellationToken.None);
        var source = (await files.FindAsync(space, [_tree.Root, "a"], CancellationToken.None)).Value!;
        // As if the copy's folder was still elsewhere when its path was compared with that of the source.
        var copied = await files.CopyAsync(
            caller, source, new Place(space, source.Entry.Id, ["b"]), ["elsewhere", "b"], NameConflict.Fail, CancellationToken.None)
            .WaitAsync(Eventually.Limit);
        Assert.True(copied.Ok);
        Assert.Equal(["a/", "a/b/", "a/b/x/", "a/b/x/file", "a/b/z", "a/x/", "a/x/file", "a/z"], await _tree.PathsAsync());
    }

    [Theory]
    [InlineData("％％％")]
    [InlineData("＿＿＿")]
    [InlineData("＼＼＼")]
    [InlineData("%_\\")]
    public async Task A_search_takes_every_character_as_itself(string text)
    {
        await _tree.PutAsync("plain name", "");
        await _tree.PutAsync("here it is: " + text, "");
        var found = await _tree.ListAsync("", "?search=" + Uri.EscapeDataString(text));
        Assert.Equal(["here it is: " + text], TreeClient.Names(found));
    }

    [Fact]
    public async Task A_name_that_the_entry_has_already_is_free_for_it()
    {
        await _tree.PutAsync("a", "1");
        await _tree.PutAsync("a", "2", "?conflict=rename");
        var renamed = await _tree.PatchAsync("a (2)", new { name = "a", conflict = "rename" });
        Assert.Equal(("a (2)", 1L), (renamed.GetProperty("name").GetString(), renamed.GetProperty("revision").GetInt64()));
    }

    [Fact]
    public async Task One_content_is_deleted_from_the_trash_and_the_others_stay()
    {
        var file = await _tree.PutAsync("a", "1");
        await _tree.PutAsync("a", "22", "", HttpStatusCode.OK);
        await _tree.PutAsync("a", "333", "", HttpStatusCode.OK);
        var id = file.GetProperty("id").GetString();
        var address = new Uri($"/api/trash/{id}?version=1", UriKind.Relative);
        using (var given = await _tree.Http.DeleteAsync(address))
            Assert.Equal(HttpStatusCode.NoContent, given.StatusCode);
        await TreeClient.RefusedAsync(await _tree.Http.DeleteAsync(address), HttpStatusCode.NotFound, "no_entry");
        // The entry itself is not in the trash.
        await TreeClient.RefusedAsync(
            await _tree.Http.DeleteAsync(new Uri($"/api/trash/{id}", UriKind.Relative)), HttpStatusCode.NotFound, "no_entry");
        using var restored = await _tree.Http.PostAsJsonAsync(new Uri($"/api/trash/{id}/restore", UriKind.Relative), new { version = 2 });
        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
        Assert.Equal("22", await _tree.ReadAsync("a"));
    }

    private async Task<string[]> ContentsAsync()
    {
        var contents = new List<string>();
        string? cursor = null;
        do
        {
            var page = await _tree.ListAsync("", "?recursive=true&limit=3" + (cursor is null ? "" : "&cursor=" + cursor));
            foreach (var item in page.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("kind").GetString() == "file"))
                contents.Add(await _tree.Http.GetStringAsync(new Uri(item.GetProperty("contentUrl").GetString()!, UriKind.Relative)));
            cursor = page.GetProperty("nextCursor") is { ValueKind: JsonValueKind.String } next ? next.GetString() : null;
        }
        while (cursor is not null);
        return [.. contents];
    }
}
