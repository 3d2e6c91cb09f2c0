using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>A tree has at most 128 levels below its root, whichever way it grows, and its pages end by their size.</summary>
[Collection(FilesCollection.Name)]
public sealed class TreeDepthTests(ApiFixture fixture)
{
    private const int Step = 15;

    private readonly TreeClient _tree = new(fixture.Service, "depth-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public async Task A_folder_is_put_nowhere_where_what_is_in_it_would_lie_too_deep()
    {
        // The root of the test is level 1, the last folder of the chain level 91.
        await _tree.FolderAsync(Chain("low", 90));
        await _tree.FolderAsync(Chain("high", 40));
        await RefusedAsync(await MoveAsync("high", Chain("low", 90) + "/high"));
        await RefusedAsync(await _tree.TryCopyAsync("high", Chain("low", 90) + "/high"));
        await RefusedAsync(await _tree.TryPatchAsync("high", new { path = $"{_tree.Root}/{Chain("low", 88)}/high" }));
        await RefusedAsync(await MoveAsync("high", Chain("low", 60) + "/" + Chain("new", 28) + "/high", parents: true));

        // 87 levels, the 40 of the folder, and the root of the test are 128.
        using var moved = await MoveAsync("high", Chain("low", 87) + "/high");
        Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
        var deepest = Chain("low", 87) + "/" + Chain("high", 40);
        Assert.Equal(TreePath.MaxLevels, $"{_tree.Root}/{deepest}".Split('/').Length);
        await TreeClient.RefusedAsync(
            await _tree.TryPutAsync(deepest + "/file", "x"), HttpStatusCode.BadRequest, "invalid_path");
    }

    [Fact]
    public async Task What_was_removed_from_a_folder_does_not_count()
    {
        await _tree.FolderAsync(Chain("low", 100));
        await _tree.FolderAsync(Chain("high", 40));
        await _tree.FolderAsync("high/other/one");
        await RefusedAsync(await MoveAsync("high", Chain("low", 100) + "/high"));
        (await _tree.SendAsync(HttpMethod.Delete, Chain("high", 20))).Dispose();
        await _tree.FolderAsync("high/after");
        using var moved = await MoveAsync("high", Chain("low", 100) + "/high");
        Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
        // Its levels count again where it lies now: 1 + 100 + 19 levels, and 10 more do not fit above.
        await _tree.FolderAsync(Chain("top", 10));
        await RefusedAsync(await MoveAsync("low", Chain("top", 10) + "/low"));
        using var less = await MoveAsync("low", Chain("top", 8) + "/low");
        Assert.Equal(HttpStatusCode.OK, less.StatusCode);
    }

    [Fact]
    public async Task What_was_removed_is_restored_only_where_it_does_not_lie_too_deep()
    {
        await _tree.FolderAsync(Chain("place", 60) + "/" + Chain("high", 40));
        (await _tree.SendAsync(HttpMethod.Delete, Chain("place", 60) + "/high")).Dispose();
        await _tree.FolderAsync(Chain("top", 40));
        using (var moved = await MoveAsync("place", Chain("top", 40) + "/place"))
            Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
        var trash = await TreeClient.JsonAsync(
            await _tree.Http.GetAsync(new Uri("/api/trash?limit=1000", UriKind.Relative)), HttpStatusCode.OK);
        var removed = trash.GetProperty("items").EnumerateArray()
            .Single(item => item.GetProperty("path").GetString()?.StartsWith(_tree.Root, StringComparison.Ordinal) == true);
        var address = new Uri($"/api/trash/{removed.GetProperty("id").GetString()}/restore", UriKind.Relative);
        await RefusedAsync(await _tree.SendAsync(HttpMethod.Post, address));
        using var elsewhere = await _tree.SendAsync(
            HttpMethod.Post, address, JsonContent.Create(new { path = $"{_tree.Root}/high" }));
        Assert.True(elsewhere.IsSuccessStatusCode, await elsewhere.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_upload_whose_folder_was_moved_too_deep_meanwhile_stays_unfiled_and_loses_no_byte()
    {
        await _tree.FolderAsync("inbox");
        var begun = await TreeClient.JsonAsync(
            await _tree.Http.PostAsJsonAsync(
                new Uri("/api/sessions", UriKind.Relative), new { path = $"{_tree.Root}/inbox/a/b/c.txt", size = 3 }),
            HttpStatusCode.Created);
        var id = begun.GetProperty("id").GetString()!;
        await _tree.FolderAsync(Chain("top", 124));
        using (var moved = await MoveAsync("inbox", Chain("top", 124) + "/inbox"))
            Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
        (await fixture.Api.PutAsync(id, 0, Encoding.UTF8.GetBytes("abc"))).EnsureSuccessStatusCode().Dispose();
        using (var completed = await _tree.Http.PostAsync(new Uri($"/api/sessions/{id}/complete", UriKind.Relative), null))
            Assert.Equal(HttpStatusCode.OK, completed.StatusCode);
        Assert.Equal("abc", await _tree.Http.GetStringAsync(new Uri($"/api/files/{id}/content", UriKind.Relative)));
        Assert.Empty((await _tree.ListAsync(Chain("top", 124) + "/inbox")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Pages_of_a_deep_tree_end_by_their_size_and_leave_nothing_out()
    {
        const int leaves = 150;
        var name = new string('n', 245);
        await _tree.FolderAsync("t0/" + string.Join('/', Enumerable.Repeat(name, Step - 1)));
        for (var i = 0; i < leaves; i++)
        {
            using var made = await _tree.SendAsync(
                HttpMethod.Put, $"t0/{string.Join('/', Enumerable.Repeat(name, Step - 1))}/leaf {i:D4} {new string('y', 200)}/");
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        const int grown = 7;
        for (var i = 1; i <= grown; i++)
        {
            await _tree.FolderAsync($"t{i}/" + string.Join('/', Enumerable.Repeat(name, Step - 1)));
            using var moved = await MoveAsync($"t{i - 1}", $"t{i}/{string.Join('/', Enumerable.Repeat(name, Step - 1))}/m");
            Assert.Equal(HttpStatusCode.OK, moved.StatusCode);
        }

        foreach (var (query, items) in new[] { ("recursive=true", leaves + (Step * (grown + 1))), ("search=leaf", leaves) })
        {
            var (pages, seen) = (0, new HashSet<string>());
            string? cursor = null;
            do
            {
                using var answer = await _tree.Http.GetAsync(_tree.At(
                    "", $"?{query}&limit=1000" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")));
                var bytes = await answer.Content.ReadAsByteArrayAsync();
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.InRange(bytes.Length, 1, 2 << 20);
                var page = JsonDocument.Parse(bytes).RootElement;
                foreach (var item in page.GetProperty("items").EnumerateArray())
                    Assert.True(seen.Add(item.GetProperty("id").GetString()!));
                cursor = page.GetProperty("nextCursor").GetString();
                pages++;
            }
            while (cursor is not null);
            Assert.Equal(items, seen.Count);
            Assert.InRange(pages, 2, 12);
        }
    }

    private static string Chain(string top, int levels) => string.Join('/', Enumerable.Range(0, levels).Select(i => i == 0 ? top : $"{i}"));

    private static Task RefusedAsync(HttpResponseMessage answer) =>
        TreeClient.RefusedAsync(answer, HttpStatusCode.Conflict, "too_deep");

    private Task<HttpResponseMessage> MoveAsync(string from, string to, bool parents = false) => _tree.SendAsync(
        HttpMethod.Post, new Uri("/api/tree/move", UriKind.Relative),
        JsonContent.Create(new { from = $"{_tree.Root}/{from}", to = $"{_tree.Root}/{to}", parents }));
}
