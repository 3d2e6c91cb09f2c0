using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Uploads of every protocol that name the path at which they are published.</summary>
[Collection(FilesCollection.Name)]
public sealed class UploadByPathTests(ApiFixture fixture)
{
    private readonly TreeClient _tree = new(fixture.Service, "way-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public async Task A_session_is_published_at_its_path()
    {
        var id = await BeginAsync(new { path = $"{_tree.Root}/a/b.txt", size = 3, modifiedAt = "1700000000.5", mode = "600" });
        Assert.Empty(await PathsOrNoneAsync());
        await CompleteAsync(id, "abc");
        Assert.Equal(["a/", "a/b.txt"], await _tree.PathsAsync());
        var entry = await TreeClient.JsonAsync(await _tree.Http.GetAsync(_tree.At("a/b.txt", "?format=json")), HttpStatusCode.OK);
        Assert.Equal("2023-11-14T22:13:20.5Z", entry.GetProperty("modifiedAt").GetString());
        Assert.Equal("0600", entry.GetProperty("mode").GetString());
        Assert.Equal("abc", await _tree.ReadAsync("a/b.txt"));
    }

    [Fact]
    public async Task An_unfinished_upload_is_shown_as_arriving_in_its_folder()
    {
        await _tree.FolderAsync("a");
        var id = await BeginAsync(new { path = $"{_tree.Root}/a/b.txt", size = 3 });
        var arriving = Assert.Single((await _tree.ListAsync("a", "?arriving=true")).GetProperty("arriving").EnumerateArray().ToArray());
        Assert.Equal(id, arriving.GetProperty("id").GetString());
        Assert.Equal($"{_tree.Root}/a/b.txt", arriving.GetProperty("path").GetString());
        await CompleteAsync(id, "abc");
        Assert.Empty((await _tree.ListAsync("a", "?arriving=true")).GetProperty("arriving").EnumerateArray());
    }

    [Fact]
    public async Task An_upload_follows_its_folder_when_that_is_moved()
    {
        await _tree.FolderAsync("a");
        var id = await BeginAsync(new { path = $"{_tree.Root}/a/b/c.txt", size = 3 });
        await _tree.PatchAsync("a", new { name = "moved" });
        await _tree.FolderAsync("a");
        await CompleteAsync(id, "abc");
        Assert.Equal(["a/", "moved/", "moved/b/", "moved/b/c.txt"], await _tree.PathsAsync());
    }

    [Theory]
    [InlineData("rename", "a (2).txt")]
    [InlineData("replace", "a.txt")]
    public async Task A_name_that_is_taken_meanwhile_is_treated_as_asked(string conflict, string name)
    {
        var id = await BeginAsync(new { path = $"{_tree.Root}/a.txt", size = 3, conflict });
        await _tree.PutAsync("a.txt", "first");
        await CompleteAsync(id, "abc");
        Assert.Equal("abc", await _tree.ReadAsync(name));
    }

    [Fact]
    public async Task An_upload_that_cannot_be_published_stays_unfiled_and_loses_no_byte()
    {
        var taken = await BeginAsync(new { path = $"{_tree.Root}/a.txt", size = 3, conflict = "fail" });
        await _tree.PutAsync("a.txt", "first");
        await CompleteAsync(taken, "abc");
        await _tree.FolderAsync("gone");
        var homeless = await BeginAsync(new { path = $"{_tree.Root}/gone/b.txt", size = 3 });
        (await _tree.SendAsync(HttpMethod.Delete, "gone")).Dispose();
        await CompleteAsync(homeless, "abd");

        Assert.Equal(["a.txt"], await _tree.PathsAsync());
        foreach (var (id, content) in new[] { (taken, "abc"), (homeless, "abd") })
            Assert.Equal(content, await _tree.Http.GetStringAsync(new Uri($"/api/files/{id}/content", UriKind.Relative)));
    }

    [Fact]
    public async Task A_conflict_that_is_known_at_the_creation_is_refused_there()
    {
        await _tree.PutAsync("a.txt", "first");
        await TreeClient.RefusedAsync(
            await PostAsync(new { path = $"{_tree.Root}/a.txt", size = 3, conflict = "fail" }), HttpStatusCode.Conflict, "name_taken");
        await TreeClient.RefusedAsync(
            await PostAsync(new { path = $"{_tree.Root}/a.txt/b", size = 3 }), HttpStatusCode.Conflict, "not_a_folder");
        await TreeClient.RefusedAsync(
            await PostAsync(new { path = $"{_tree.Root}/x/../y", size = 3 }), HttpStatusCode.BadRequest, "invalid_field");
        await TreeClient.RefusedAsync(
            await PostAsync(new { fileName = "x", size = 3, mode = "644" }), HttpStatusCode.BadRequest, "invalid_field");
        Assert.Equal(["a.txt"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_session_for_content_that_the_caller_can_read_is_complete_at_once()
    {
        var content = Guid.NewGuid().ToString();
        var sha256 = ApiClient.Hex(Encoding.UTF8.GetBytes(content));
        await _tree.PutAsync("a", content);
        var known = await TreeClient.JsonAsync(
            await PostAsync(new { path = $"{_tree.Root}/b/c", size = content.Length, sha256 }), HttpStatusCode.OK);
        Assert.Equal("completed", known.GetProperty("state").GetString());
        Assert.Equal(content, await _tree.ReadAsync("b/c"));
        // Repeated, it makes no second file; with another size, it is not this content.
        var again = await TreeClient.JsonAsync(
            await PostAsync(new { path = $"{_tree.Root}/b/c", size = content.Length, sha256 }), HttpStatusCode.OK);
        Assert.Equal(known.GetProperty("id").GetString(), again.GetProperty("id").GetString());
        var other = await TreeClient.JsonAsync(
            await PostAsync(new { path = $"{_tree.Root}/b/d", size = content.Length + 1, sha256 }), HttpStatusCode.Created);
        Assert.Equal("open", other.GetProperty("state").GetString());
        Assert.Equal(["a", "b/", "b/c"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task A_session_that_is_created_again_after_it_was_published_is_the_same()
    {
        var content = Encoding.UTF8.GetBytes(Guid.NewGuid().ToString());
        var body = new { path = $"{_tree.Root}/a", size = content.Length, sha256 = ApiClient.Hex(content) };
        var id = await BeginAsync(body);
        await CompleteAsync(id, Encoding.UTF8.GetString(content));
        var again = await TreeClient.JsonAsync(await PostAsync(body), HttpStatusCode.OK);
        Assert.Equal(id, again.GetProperty("id").GetString());
        Assert.Equal(["a"], await _tree.PathsAsync());
    }

    [Theory]
    [InlineData("path")]
    [InlineData("relativePath")]
    public async Task A_tus_upload_is_published_where_its_metadata_says(string key)
    {
        using var created =
            await TusAsync($"filename {Base64("x")},lastModified {Base64("1700000000250")},{key} {Base64($"{_tree.Root}/d/x.txt")}");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("abc", await _tree.ReadAsync("d/x.txt"));
        var entry = await TreeClient.JsonAsync(await _tree.Http.GetAsync(_tree.At("d/x.txt", "?format=json")), HttpStatusCode.OK);
        Assert.Equal("2023-11-14T22:13:20.25Z", entry.GetProperty("modifiedAt").GetString());
    }

    [Theory]
    [InlineData("relativePath bnVsbA==")]
    [InlineData("relativePath ")]
    [InlineData("relativePath")]
    public async Task Uppys_value_for_a_missing_path_counts_as_none(string metadata)
    {
        using var created = await TusAsync($"filename {Base64("x.txt")},{metadata}");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var id = created.Headers.Location!.ToString().Split('/')[^1];
        Assert.Equal("abc", await _tree.Http.GetStringAsync(new Uri($"/api/files/{id}/content", UriKind.Relative)));
        await TreeClient.RefusedAsync(await TusAsync($"path {Base64("a//b")}"), HttpStatusCode.BadRequest, "invalid_path");
    }

    [Fact]
    public async Task An_upload_of_the_draft_is_published_at_the_path_of_its_address()
    {
        var address = new Uri($"/uploads/{_tree.Root}/e/f.txt", UriKind.Relative);
        using (var plain = await _tree.SendAsync(HttpMethod.Put, address, new ByteArrayContent("abc"u8.ToArray())))
            Assert.Equal(HttpStatusCode.Created, plain.StatusCode);
        using (var begun = await _tree.SendAsync(
            HttpMethod.Put, address, new ByteArrayContent("ab"u8.ToArray()), ("Upload-Draft-Interop-Version", "8"),
                ("Upload-Complete", "?0"),
            ("X-OC-Mtime", "1700000000")))
        {
            Assert.Equal(HttpStatusCode.Created, begun.StatusCode);
            var rest = new ByteArrayContent("d"u8.ToArray());
            rest.Headers.ContentType = new("application/partial-upload");
            using var ended = await _tree.SendAsync(
                HttpMethod.Patch, begun.Headers.Location!, rest, ("Upload-Draft-Interop-Version", "8"), ("Upload-Complete", "?1"),
                ("Upload-Offset", "2"));
            Assert.True(ended.IsSuccessStatusCode, await ended.Content.ReadAsStringAsync());
        }

        Assert.Equal(["e/", "e/f (2).txt", "e/f.txt"], await _tree.PathsAsync());
        Assert.Equal(("abc", "abd"), (await _tree.ReadAsync("e/f.txt"), await _tree.ReadAsync("e/f (2).txt")));
    }

    [Fact]
    public async Task A_published_upload_is_in_no_list_of_unfiled_files_and_is_deleted_by_its_entry_only()
    {
        using var created = await TusAsync($"path {Base64($"{_tree.Root}/only.txt")}");
        var id = created.Headers.Location!.ToString().Split('/')[^1];
        var list = await _tree.Http.GetFromJsonAsync<JsonElement>(new Uri("/api/files?limit=200", UriKind.Relative));
        Assert.DoesNotContain(list.GetProperty("items").EnumerateArray(), item => item.GetProperty("id").GetString() == id);
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Delete, new Uri($"/api/files/{id}", UriKind.Relative)), HttpStatusCode.Conflict, "published");
        await TreeClient.RefusedAsync(
            await _tree.SendAsync(HttpMethod.Delete, created.Headers.Location!, null, ("Tus-Resumable", "1.0.0")),
            HttpStatusCode.Forbidden, "published");
        Assert.Equal("abc", await _tree.ReadAsync("only.txt"));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private Task<HttpResponseMessage> PostAsync(object body) =>
        _tree.Http.PostAsJsonAsync(new Uri("/api/sessions", UriKind.Relative), body);

    private async Task<string> BeginAsync(object body) =>
        (await TreeClient.JsonAsync(await PostAsync(body), HttpStatusCode.Created)).GetProperty("id").GetString()!;

    private async Task CompleteAsync(string id, string content)
    {
        (await fixture.Api.PutAsync(id, 0, Encoding.UTF8.GetBytes(content))).EnsureSuccessStatusCode().Dispose();
        using var completed = await _tree.Http.PostAsync(new Uri($"/api/sessions/{id}/complete", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, completed.StatusCode);
    }

    private async Task<string[]> PathsOrNoneAsync()
    {
        using var answer = await _tree.Http.GetAsync(_tree.At("", ""));
        return answer.StatusCode == HttpStatusCode.NotFound ? [] : await _tree.PathsAsync();
    }

    private Task<HttpResponseMessage> TusAsync(string metadata)
    {
        var content = new ByteArrayContent("abc"u8.ToArray());
        content.Headers.ContentType = new("application/offset+octet-stream");
        return _tree.SendAsync(
            HttpMethod.Post, new Uri("/files", UriKind.Relative), content, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "3"),
            ("Upload-Metadata", metadata));
    }
}
