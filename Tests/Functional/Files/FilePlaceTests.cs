using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Files by id: their path in the tree, their deletion through the tree only, and how an unfiled file gets a path.</summary>
[Collection(FilesCollection.Name)]
public sealed class FilePlaceTests(ApiFixture fixture)
{
    private readonly ApiClient _api = fixture.Api;
    private readonly TreeClient _tree = new(fixture.Service, "place-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public async Task A_file_says_where_it_lies()
    {
        var id = (await _tree.PutAsync("d/a.txt", "one")).GetProperty("fileId").GetString()!;
        (await _tree.TryCopyAsync("d/a.txt", "d/copy.txt")).Dispose();
        (await _tree.TryCopyAsync("d/a.txt", "gone.txt")).Dispose();
        (await _tree.SendAsync(HttpMethod.Delete, "gone.txt")).Dispose();

        var file = await _api.GetAsync($"/api/files/{id}");

        Assert.Equal([$"{_tree.Root}/d/a.txt", $"{_tree.Root}/d/copy.txt"], Places(file));
        Assert.Equal(JsonValueKind.Null, file.GetProperty("expiresAt").ValueKind);
        Assert.Empty(Places(await _api.GetAsync($"/api/files/{ApiClient.Id(await _api.FileAsync([1]))}")));
    }

    [Fact]
    public async Task A_published_upload_is_deleted_in_the_tree_and_nowhere_else()
    {
        var id = (await _tree.PutAsync("a.txt", "one")).GetProperty("fileId").GetString()!;
        await RefusedAsync($"/api/files/{id}", HttpStatusCode.Conflict, $"\\\"{_tree.Root}/a.txt\\\"");
        (await _tree.SendAsync(HttpMethod.Delete, "a.txt")).Dispose();
        await RefusedAsync($"/api/files/{id}", HttpStatusCode.Conflict, "in the trash");
        Assert.Equal(HttpStatusCode.OK, (await _api.Http.GetAsync(ApiClient.At($"/api/files/{id}"))).StatusCode);
    }

    [Fact]
    public async Task A_published_tus_upload_is_not_terminated()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ApiClient.At("/files"));
        var path = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{_tree.Root}/t.txt"));
        request.Headers.Add("Tus-Resumable", "1.0.0");
        request.Headers.Add("Upload-Length", "0");
        request.Headers.Add("Upload-Metadata", $"relativePath {path}");
        using var created = await _api.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal(["t.txt"], await _tree.PathsAsync());

        await RefusedAsync(
            created.Headers.Location!.ToString(), HttpStatusCode.Forbidden, $"\\\"{_tree.Root}/t.txt\\\"", ("Tus-Resumable", "1.0.0"));
    }

    [Fact]
    public async Task A_published_resumable_upload_is_not_cancelled()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, ApiClient.At("/uploads")) { Content = new ByteArrayContent([1]) };
        request.Headers.Add("Upload-Draft-Interop-Version", "6");
        request.Headers.Add("Upload-Complete", "?1");
        using var created = await _api.Http.SendAsync(request);
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
        var address = created.Headers.Location!.ToString();
        using var placed =
            await PlaceAsync(address[(address.LastIndexOf('/') + 1)..], new { path = $"{_tree.Root}/r.txt", parents = true });
        Assert.Equal(HttpStatusCode.Created, placed.StatusCode);

        await RefusedAsync(address, HttpStatusCode.Conflict, $"\\\"{_tree.Root}/r.txt\\\"", ("Upload-Draft-Interop-Version", "6"));
    }

    [Fact]
    public async Task An_unfiled_upload_gets_a_place_once()
    {
        var id = ApiClient.Id(await _api.FileAsync("content"u8.ToArray()));
        await TreeClient.RefusedAsync(
            await PlaceAsync(id, new { path = $"{_tree.Root}/x/a.txt" }), HttpStatusCode.Conflict, "no_folder");

        using var answer = await PlaceAsync(id, new { path = $"{_tree.Root}/x/a.txt", parents = true });
        var entry = await ApiClient.JsonAsync(answer, HttpStatusCode.Created);

        Assert.Equal($"/api/tree/{_tree.Root}/x/a.txt", answer.Headers.Location!.ToString());
        Assert.Equal((id, $"{_tree.Root}/x/a.txt"), (entry.GetProperty("fileId").GetString(), entry.GetProperty("path").GetString()));
        Assert.Equal("content", await _tree.ReadAsync("x/a.txt"));
        Assert.Equal([$"{_tree.Root}/x/a.txt"], Places(await _api.GetAsync($"/api/files/{id}")));
        await TreeClient.RefusedAsync(await PlaceAsync(id, new { path = $"{_tree.Root}/b.txt" }), HttpStatusCode.Conflict, "published");
    }

    [Fact]
    public async Task A_taken_name_is_renamed_unless_asked_otherwise()
    {
        await _tree.PutAsync("a.txt", "one");
        async Task<JsonElement> PlacedAsync(string? conflict)
        {
            var id = ApiClient.Id(await _api.FileAsync([1, 2]));
            return await TreeClient.JsonAsync(await PlaceAsync(id, new { path = $"{_tree.Root}/a.txt", conflict }), HttpStatusCode.Created);
        }

        Assert.Equal("a (2).txt", (await PlacedAsync(null)).GetProperty("name").GetString());
        Assert.Equal(2, (await PlacedAsync("replace")).GetProperty("version").GetInt32());
        var unfiled = ApiClient.Id(await _api.FileAsync([3]));
        await TreeClient.RefusedAsync(
            await PlaceAsync(unfiled, new { path = $"{_tree.Root}/a.txt", conflict = "fail" }), HttpStatusCode.Conflict, "name_taken");
        await TreeClient.RefusedAsync(
            await PlaceAsync(Guid.NewGuid().ToString("N"), new { path = $"{_tree.Root}/c" }), HttpStatusCode.NotFound, "not_found");
        var open = await _api.CreateIdAsync(10);
        await TreeClient.RefusedAsync(
            await PlaceAsync(open, new { path = $"{_tree.Root}/c" }), HttpStatusCode.Conflict, "not_completed");
        foreach (var body in new object[] { new { }, new { path = "a//b" }, new { path = "a", conflict = "no" } })
            await TreeClient.RefusedAsync(await PlaceAsync(unfiled, body), HttpStatusCode.BadRequest, "invalid_field");
    }

    [Fact]
    public async Task A_file_is_placed_in_the_space_that_the_request_names()
    {
        var unfiled = ApiClient.Id(await _api.FileAsync([1]));
        var space = (await _tree.SharedSpaceAsync()).GetProperty("id").GetString()!;
        await TreeClient.RefusedAsync(
            await PlaceAsync(unfiled, new { path = _tree.Root, space = Guid.NewGuid().ToString("N") }), HttpStatusCode.NotFound,
            "no_entry");
        using var placed = await PlaceAsync(unfiled, new { path = $"{_tree.Root}/a", parents = true, space });
        Assert.Equal(HttpStatusCode.Created, placed.StatusCode);
        Assert.Equal($"/api/spaces/{space}/tree/{_tree.Root}/a", placed.Headers.Location!.ToString());
        Assert.Equal(["a"], await _tree.PathsAsync());
    }

    [Fact]
    public async Task An_unpublished_upload_has_a_reason_and_gets_a_place_later()
    {
        await _tree.FolderAsync("f");
        using var created = await _api.Http.PostAsJsonAsync(
            ApiClient.At("/api/sessions"), new { fileName = "a.txt", size = 3, path = $"{_tree.Root}/f/a.txt" });
        var id = ApiClient.Id(await ApiClient.JsonAsync(created, HttpStatusCode.Created));
        await _api.PutOkAsync(id, 0, [1, 2, 3]);
        (await _tree.SendAsync(HttpMethod.Delete, "f")).Dispose();
        using var completed = await _api.CompleteAsync(id);
        Assert.True(completed.IsSuccessStatusCode, await completed.Content.ReadAsStringAsync());

        var file = await _api.GetAsync($"/api/files/{id}");

        Assert.Equal("The folder does not exist any more.", file.GetProperty("unfiledReason").GetString());
        Assert.Empty(Places(file));
        using var placed = await PlaceAsync(id, new { path = $"{_tree.Root}/a.txt" });
        Assert.Equal(HttpStatusCode.Created, placed.StatusCode);
        Assert.False((await _api.GetAsync($"/api/files/{id}")).TryGetProperty("unfiledReason", out _));
    }

    private static string[] Places(JsonElement file) =>
        [.. file.GetProperty("places").EnumerateArray().Select(place => place.GetString()!)];

    private Task<HttpResponseMessage> PlaceAsync(string id, object body) =>
        _api.Http.PostAsJsonAsync(ApiClient.At($"/api/files/{id}/place"), body);

    private async Task RefusedAsync(string address, HttpStatusCode status, string words, params (string Name, string Value)[] headers)
    {
        using var answer = await _tree.SendAsync(HttpMethod.Delete, new Uri(address, UriKind.RelativeOrAbsolute), null, headers);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status && text.Contains(words, StringComparison.Ordinal), $"{(int)answer.StatusCode} {text}");
        Assert.Contains("\"code\":\"published\"", text, StringComparison.Ordinal);
    }
}
