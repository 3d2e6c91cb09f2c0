using System.Net;
using ChunkUpload.Core.Tree;
using ChunkUpload.Tests.Functional.Api;
using ChunkUpload.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Files and folders by path: written, listed, moved, copied, removed.</summary>
[Collection(FilesCollection.Name)]
public sealed class TreeTests(ApiFixture fixture)
{
    private readonly TreeClient _tree = new(fixture.Service, "tree-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public async Task A_file_is_written_with_its_folders_and_read_by_its_path()
    {
        var entry = await _tree.PutAsync(
            "2026/jan/report.pdf", "content", headers: [("X-OC-Mtime", "1769765400.123456789"), ("X-File-Mode", "0640")]);
        Assert.Equal("2026-01-30T09:30:00.123456789Z", entry.GetProperty("modifiedAt").GetString());
        Assert.Equal("0640", entry.GetProperty("mode").GetString());
        Assert.Equal($"{_tree.Root}/2026/jan/report.pdf", entry.GetProperty("path").GetString());

        using var answer = await _tree.Http.GetAsync(_tree.At("2026/jan/report.pdf"));
        Assert.Equal("content", await answer.Content.ReadAsStringAsync());
        Assert.Equal($"\"{entry.GetProperty("fileId").GetString()}\"", answer.Headers.ETag!.ToString());
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal(new DateTimeOffset(2026, 1, 30, 9, 30, 0, TimeSpan.Zero), answer.Content.Headers.LastModified);
        using var part = await _tree.SendAsync(HttpMethod.Get, "2026/jan/report.pdf", "", null, ("Range", "bytes=3-4"));
        Assert.Equal((HttpStatusCode.PartialContent, "te"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        using var head = await _tree.SendAsync(HttpMethod.Head, "2026/jan/report.pdf");
        Assert.Equal((HttpStatusCode.OK, 7L), (head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal(["2026/", "2026/jan/", "2026/jan/report.pdf"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_missing_folder_is_made_only_where_that_is_asked_for()
    {
        await TreeClient.RefusedAsync(await _tree.TryPutAsync("a/b.txt", "x"), HttpStatusCode.Conflict, "no_folder");
        await _tree.FolderAsync("a");
        await _tree.PutAsync("a/b.txt", "x", "");
        await TreeClient.RefusedAsync(await _tree.TryPutAsync("a/b.txt/c", "x", "?parents=true"), HttpStatusCode.Conflict, "not_a_folder");
        await TreeClient.RefusedAsync(await _tree.TryPutAsync("a", "x"), HttpStatusCode.Conflict, "not_a_file");
    }

    [Fact]
    public async Task A_taken_name_is_replaced_renamed_or_refused()
    {
        var first = await _tree.PutAsync("a.tar.gz", "one");
        var second = await _tree.PutAsync("a.tar.gz", "two", "", HttpStatusCode.OK);
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
        Assert.Equal((2, 2L), (second.GetProperty("version").GetInt32(), second.GetProperty("revision").GetInt64()));
        var third = await _tree.PutAsync("a.tar.gz", "three", "?conflict=rename");
        Assert.Equal("a.tar (2).gz", third.GetProperty("name").GetString());
        await TreeClient.RefusedAsync(await _tree.TryPutAsync("a.tar.gz", "four", "?conflict=fail"), HttpStatusCode.Conflict, "name_taken");
        await TreeClient.RefusedAsync(
            await _tree.TryPutAsync("a.tar.gz", "four", "", ("If-None-Match", "*")), HttpStatusCode.PreconditionFailed,
                "precondition_failed");
        Assert.Equal("two", await _tree.ReadAsync("a.tar.gz"));
        Assert.Equal("three", await _tree.ReadAsync("a.tar (2).gz"));
    }

    [Fact]
    public async Task A_change_of_another_state_than_the_client_saw_is_refused()
    {
        var entry = await _tree.PutAsync("a", "one");
        var etag = $"\"{entry.GetProperty("fileId").GetString()}\"";
        await _tree.PutAsync("a", "two", "", HttpStatusCode.OK, ("If-Match", etag));
        foreach (var tag in new[] { etag, "\"r1\"" })
        {
            await TreeClient.RefusedAsync(
                await _tree.TryPutAsync("a", "three", "", ("If-Match", tag)), HttpStatusCode.PreconditionFailed, "entry_changed");
            await TreeClient.RefusedAsync(
                await _tree.TryPatchAsync("a", new { name = "b" }, ("If-Match", tag)), HttpStatusCode.PreconditionFailed, "entry_changed");
            await TreeClient.RefusedAsync(
                await _tree.SendAsync(HttpMethod.Delete, "a", "", null, ("If-Match", tag)), HttpStatusCode.PreconditionFailed,
                    "entry_changed");
        }

        using var renamed = await _tree.TryPatchAsync("a", new { name = "b" }, ("If-Match", "\"r2\""));
        Assert.Equal(HttpStatusCode.OK, renamed.StatusCode);
        Assert.Equal("two", await _tree.ReadAsync("b"));
    }

    [Fact]
    public async Task A_folder_moves_with_all_that_is_in_it_and_never_into_itself()
    {
        var file = await _tree.PutAsync("a/b/c.txt", "x");
        var moved = await _tree.PatchAsync("a/b", new { path = $"{_tree.Root}/d/e", parents = true });
        Assert.Equal("e", moved.GetProperty("name").GetString());
        Assert.Equal(["a/", "d/", "d/e/", "d/e/c.txt"], await _tree.PathsAsync());
        var found = await TreeClient.JsonAsync(await _tree.Http.GetAsync(_tree.At("d/e/c.txt", "?format=json")), HttpStatusCode.OK);
        Assert.Equal(file.GetProperty("id").GetString(), found.GetProperty("id").GetString());
        await TreeClient.RefusedAsync(
            await _tree.TryPatchAsync("d", new { path = $"{_tree.Root}/d/e/f" }), HttpStatusCode.Conflict, "into_itself");
        await TreeClient.RefusedAsync(await _tree.TryPatchAsync("d", new { name = "a" }), HttpStatusCode.Conflict, "name_taken");
        Assert.Equal(["a/", "d/", "d/e/", "d/e/c.txt"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_move_that_creates_folders_does_not_put_a_folder_into_itself()
    {
        var folder = await _tree.FolderAsync("a");
        var ledger = fixture.Service.Services.GetRequiredService<ITreeChangeLedger>();
        Assert.True(EntryId.TryParse(folder.GetProperty("id").GetString(), out var id));
        var found = await fixture.Service.Services.GetRequiredService<ITreeLedger>()
            .FindAsync(ChunkUpload.Core.Access.Caller.Operator, id, default);
        var entry = found!.Entry;
        // The folder got the name on the way after the request had looked for the place.
        var place = new Place(entry.Space, entry.Parent!.Value, ["a", "made", "b"]);
        var moved = await ledger.ChangeAsync(
            entry.Space, id, new EntryChange(place, NameConflict.Fail, null, null, null, "operator"), default);
        Assert.Equal(UploadError.IntoItself, moved.Failure?.Error);
        Assert.Equal(["a/"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_copy_has_the_same_content_and_a_life_of_its_own()
    {
        var file = await _tree.PutAsync("a/b/c.txt", "x");
        await _tree.FolderAsync("a/empty");
        var copy = await TreeClient.JsonAsync(await _tree.TryCopyAsync("a", "z"), HttpStatusCode.Created);
        Assert.NotEqual(file.GetProperty("id").GetString(), copy.GetProperty("id").GetString());
        Assert.Equal(["a/", "a/b/", "a/b/c.txt", "a/empty/", "z/", "z/b/", "z/b/c.txt", "z/empty/"], await _tree.PathsAsync());
        await _tree.PutAsync("z/b/c.txt", "y", "", HttpStatusCode.OK);
        Assert.Equal(("x", "y"), (await _tree.ReadAsync("a/b/c.txt"), await _tree.ReadAsync("z/b/c.txt")));
        await TreeClient.RefusedAsync(await _tree.TryCopyAsync("a", "a/b/d"), HttpStatusCode.Conflict, "into_itself");
        await TreeClient.RefusedAsync(await _tree.TryCopyAsync("a", "z"), HttpStatusCode.Conflict, "name_taken");
        var again = await TreeClient.JsonAsync(await _tree.TryCopyAsync("a/b/c.txt", "a/b/c.txt", "rename"), HttpStatusCode.Created);
        Assert.Equal("c (2).txt", again.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Content_that_the_caller_can_read_need_not_be_sent_again()
    {
        var content = Guid.NewGuid().ToString();
        var digest = ("X-Content-SHA256", ApiClient.Hex(System.Text.Encoding.UTF8.GetBytes(content)));
        await _tree.PutAsync("c", "other");
        await TreeClient.RefusedAsync(await _tree.TryPutAsync("b", "", "", digest), HttpStatusCode.Conflict, "content_unknown");
        await _tree.PutAsync("a", content);
        await _tree.PutAsync("b", "", "", HttpStatusCode.Created, digest);
        Assert.Equal(content, await _tree.ReadAsync("b"));
        Assert.Equal(2, (await _tree.PutAsync("c", "", "", HttpStatusCode.OK, digest)).GetProperty("version").GetInt32());
        foreach (var path in new[] { "a", "b", "c" })
            (await _tree.SendAsync(HttpMethod.Delete, path)).Dispose();
        // Items in the trash cannot be read.
        await TreeClient.RefusedAsync(await _tree.TryPutAsync("d", "", "", digest), HttpStatusCode.Conflict, "content_unknown");
    }

    [Fact]
    public async Task A_removed_folder_is_gone_with_its_content()
    {
        var file = await _tree.PutAsync("a/b/c.txt", "x");
        using (var removed = await _tree.SendAsync(HttpMethod.Delete, "a"))
            Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await TreeClient.RefusedAsync(await _tree.Http.GetAsync(_tree.At("a/b/c.txt")), HttpStatusCode.NotFound, "no_entry");
        await TreeClient.RefusedAsync(
            await _tree.Http.GetAsync(new Uri($"/api/entries/{file.GetProperty("id").GetString()}", UriKind.Relative)),
            HttpStatusCode.NotFound, "no_entry");
        await TreeClient.RefusedAsync(await _tree.SendAsync(HttpMethod.Delete, "a"), HttpStatusCode.NotFound, "no_entry");
        await _tree.PutAsync("a/b/c.txt", "y");
        Assert.Equal("y", await _tree.ReadAsync("a/b/c.txt"));
    }

    [Fact]
    public async Task The_root_stays_where_it_is()
    {
        var root = new Uri("/api/tree/", UriKind.Relative);
        await TreeClient.RefusedAsync(await _tree.SendAsync(HttpMethod.Delete, root), HttpStatusCode.Conflict, "root_folder");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Patch, root, System.Net.Http.Json.JsonContent.Create(new { name = "x" })),
            HttpStatusCode.Conflict, "root_folder");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Put, root, new ByteArrayContent([])), HttpStatusCode.Conflict, "root_folder");
    }

    [Fact]
    public async Task A_link_is_kept_and_not_followed()
    {
        await _tree.PutAsync("a.txt", "x");
        using (var made = await _tree.SendAsync(HttpMethod.Put, "link", "", null, ("X-Link-Target", "..%2Fa.txt")))
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var link = await TreeClient.JsonAsync(await _tree.Http.GetAsync(_tree.At("link", "?format=json")), HttpStatusCode.OK);
        Assert.Equal(("link", "../a.txt"), (link.GetProperty("kind").GetString(), link.GetProperty("linkTarget").GetString()));
        await TreeClient.RefusedAsync(await _tree.Http.GetAsync(_tree.At("link")), HttpStatusCode.Conflict, "not_a_file");
    }

    [Fact]
    public async Task A_link_and_a_file_replace_each_other()
    {
        var link = ("X-Link-Target", "target");
        await _tree.PutAsync("a", "file", headers: ("If-None-Match", "*"));
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Put, "a", "?conflict=fail", null, link), HttpStatusCode.Conflict, "name_taken");
        await TreeClient.JsonAsync(await _tree.SendAsync(HttpMethod.Put, "a", "", null, link), HttpStatusCode.Created);
        await TreeClient.JsonAsync(await _tree.SendAsync(HttpMethod.Put, "a", "", null, link), HttpStatusCode.Created);
        await _tree.PutAsync("a", "file again", "", HttpStatusCode.Created);
        Assert.Equal("file again", await _tree.ReadAsync("a"));
        Assert.Equal(["a"], await _tree.PathsAsync());
        // A folder stays.
        await _tree.FolderAsync("f");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Put, "f", "", null, link), HttpStatusCode.Conflict, "name_taken");
        var trash = await TreeClient.JsonAsync(
            await _tree.Http.GetAsync(new Uri("/api/trash?limit=1000", UriKind.Relative)), HttpStatusCode.OK);
        Assert.Equal(3, trash.GetProperty("items").EnumerateArray().Count(
            item => item.GetProperty("path").GetString() == $"{_tree.Root}/a"));
    }

    [Theory]
    [InlineData("name", new[] { "A", "b", "c", "d" })]
    [InlineData("-name", new[] { "d", "c", "b", "A" })]
    [InlineData("size", new[] { "c", "A", "d", "b" })]
    [InlineData("-modifiedAt", new[] { "b", "d", "A", "c" })]
    public async Task A_folder_is_listed_in_order_a_page_at_a_time(string sort, string[] expected)
    {
        await _tree.FolderAsync("c");
        await _tree.PutAsync("A", "1", headers: ("X-OC-Mtime", "1000"));
        await _tree.PutAsync("b", "333", headers: ("X-OC-Mtime", "3000"));
        await _tree.PutAsync("d", "22", headers: ("X-OC-Mtime", "2000.5"));
        await _tree.PatchAsync("c", new { modifiedAt = "1970-01-01T00:00:01Z" });
        var names = new List<string>();
        var cursor = "";
        do
        {
            var page = await _tree.ListAsync("", $"?limit=1&sort={sort}{cursor}");
            names.AddRange(TreeClient.Names(page));
            cursor = page.GetProperty("nextCursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(expected, names);
        Assert.Equal(["c"], TreeClient.Names(await _tree.ListAsync("", "?kind=folder")));
    }

    [Fact]
    public async Task Everything_below_a_folder_is_walked_in_order_and_searched_by_name()
    {
        foreach (var path in new[] { "a/x.txt", "a/b/Résumé.pdf", "a.b/RÉSUMÉ.pdf", "a/b/c/d.txt", "z.txt" })
            await _tree.PutAsync(path, "x");
        await _tree.PutAsync("gone/résumé.pdf", "x");
        (await _tree.SendAsync(HttpMethod.Delete, "gone")).Dispose();
        var paths = new List<string>();
        var cursor = "";
        do
        {
            var page = await _tree.ListAsync("", $"?limit=2&recursive=true{cursor}");
            paths.AddRange(page.GetProperty("items").EnumerateArray()
                .Select(item => item.GetProperty("path").GetString()![(_tree.Root.Length + 1)..]));
            cursor = page.GetProperty("nextCursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(["a", "a/b", "a/b/Résumé.pdf", "a/b/c", "a/b/c/d.txt", "a/x.txt", "a.b", "a.b/RÉSUMÉ.pdf", "z.txt"], paths);
        Assert.Equal(["RÉSUMÉ.pdf", "Résumé.pdf"], TreeClient.Names(await _tree.ListAsync("", "?search=r%C3%A9sum")));
        Assert.Equal(["Résumé.pdf"], TreeClient.Names(await _tree.ListAsync("a", "?search=r%C3%A9sum")));
        Assert.Empty(TreeClient.Names(await _tree.ListAsync("", "?search=%25txt")));
    }

    [Fact]
    public async Task Names_that_not_every_file_system_can_hold_beside_each_other_are_marked()
    {
        foreach (var name in new[] { "Readme", "README", "\u00e9", "e\u0301", "other" })
            await _tree.PutAsync(name, "x");
        var items = (await _tree.ListAsync()).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(5, items.Count);
        Assert.All(items, item => Assert.Equal(item.GetProperty("name").GetString() != "other", item.TryGetProperty("hasTwin", out _)));
    }

    [Theory]
    [InlineData("a/../b", "invalid_path")]
    [InlineData("a%2fb", "invalid_path")]
    [InlineData("a//b", "invalid_path")]
    [InlineData("a%00b", null)]
    [InlineData("%ff", "invalid_path")]
    public async Task An_impossible_path_is_refused(string path, string? code)
    {
        // HttpClient would mend some of these.
        var answer = await RawConnection.AnswerAsync(
            fixture.Service.Address,
            $"PUT /api/tree/{path} HTTP/1.1\r\nHost: {fixture.Service.Address.Authority}\r\nConnection: close\r\n"
                + $"Authorization: Bearer {fixture.Service.Key}\r\nContent-Length: 0\r\n\r\n");
        if (code is null)
            Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        else
            Raw.Problem(answer, 400, code);
    }

    [Fact]
    public async Task Names_and_paths_that_are_too_long_are_refused()
    {
        await TreeClient.RefusedAsync(await _tree.TryPutAsync(new string('é', 128), "x"), HttpStatusCode.BadRequest, "invalid_path");
        await TreeClient.RefusedAsync(
            await _tree.TryPutAsync(string.Join('/', Enumerable.Repeat("a", 128)), "x", "?parents=true"), HttpStatusCode.BadRequest,
                "invalid_path");
        await _tree.PutAsync(new string('é', 127), "x");
    }

    [Theory]
    [InlineData("?parents=maybe")]
    [InlineData("?conflict=merge")]
    [InlineData("?parent=true")]
    public async Task Unknown_parameters_are_refused(string query) =>
        await TreeClient.RefusedAsync(await _tree.TryPutAsync("a", "x", query), HttpStatusCode.BadRequest, "invalid_parameter");

    [Fact]
    public async Task Thirty_clients_that_write_one_name_leave_one_file_and_thirty_versions()
    {
        await _tree.FolderAsync("a");
        await Task.WhenAll(Enumerable.Range(0, 30).Select(async i => (await _tree.TryPutAsync("a/b", $"{i}")).EnsureSuccessStatusCode()));
        var item = Assert.Single((await _tree.ListAsync("a")).GetProperty("items").EnumerateArray().ToArray());
        Assert.Equal(30, item.GetProperty("version").GetInt32());
        await Task.WhenAll(
            Enumerable.Range(0, 30)
                .Select(async i => (await _tree.TryPutAsync("a/c", $"{i}", "?conflict=rename")).EnsureSuccessStatusCode()));
        Assert.Equal(31, TreeClient.Names(await _tree.ListAsync("a")).Length);
    }
}
