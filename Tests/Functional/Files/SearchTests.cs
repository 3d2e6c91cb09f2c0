using System.Net;
using System.Net.Http.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using ChunkUpload.Infrastructure.Database;
using ChunkUpload.Tests.Functional.Api;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>Operations over many entries read a bounded number of them.</summary>
[Collection(FilesCollection.Name)]
public sealed class SearchTests(ApiFixture fixture)
{
    private readonly TreeClient _tree = new(fixture.Service, "search-" + Guid.NewGuid().ToString("N"));

    [Theory]
    [InlineData(3, 1)]
    [InlineData(100, 1)]
    [InlineData(3, 50)]
    public async Task A_search_below_a_folder_finds_the_same_however_few_entries_a_page_looks_at(int most, int limit)
    {
        var word = "w" + Guid.NewGuid().ToString("N");
        string[] names = [.. Enumerable.Range(0, 6).Select(i => $"{i} {word}.txt")];
        foreach (var name in names)
            await _tree.PutAsync($"in/deep/{name}", "x");
        for (var i = 0; i < 5; i++)
            await _tree.PutAsync($"out/{i} {word} elsewhere", "x");
        await _tree.PutAsync($"in/gone/0 {word} removed", "x");
        (await _tree.SendAsync(HttpMethod.Delete, "in/gone")).Dispose();

        var (files, ledger) = (fixture.Service.Services.GetRequiredService<FileTree>(),
            fixture.Service.Services.GetRequiredService<ITreeLedger>());
        var space = await files.DefaultSpaceAsync(Caller.Operator, CancellationToken.None);
        var folder = await files.FindAsync(space, [_tree.Root, "in"], CancellationToken.None);
        var query = new SearchQuery(space, folder.Value!.Entry.Id, word.ToUpperInvariant(), limit) { Most = most };
        var found = new List<string>();
        for (var pages = 0; ; pages++)
        {
            Assert.True(pages < 20, "The search does not end.");
            var page = await ledger.SearchAsync(query, CancellationToken.None);
            Assert.InRange(page.Found.Count, 0, Math.Min(most, limit));
            found.AddRange(page.Found.Select(one => one.Entry.Name));
            if ((page.Examined ?? (page.Found.Count == limit ? page.Found[^1].Entry : null)) is not { } last)
                break;
            query = query with { After = (last.Name, last.Id) };
        }

        Assert.Equal(names, found);
    }

    [Fact]
    public async Task A_page_counts_what_lies_in_its_folders()
    {
        foreach (var path in (string[])["one/a", "one/b", "one/in/c", "two/in/d", "gone/e", "f"])
            await _tree.PutAsync(path, "x");
        (await _tree.SendAsync(HttpMethod.Delete, "one/b")).Dispose();
        (await _tree.SendAsync(HttpMethod.Delete, "gone/e")).Dispose();
        var page = await _tree.ListAsync(query: "?counts=true");
        Assert.Equal(
            ["f: -", "gone: 0 0", "one: 1 1", "two: 0 1"],
            page.GetProperty("items").EnumerateArray().Select(item => $"{item.GetProperty("name").GetString()}: "
                + (item.TryGetProperty("holds", out var held) ? $"{held.GetProperty("files")} {held.GetProperty("folders")}" : "-")));

        var ledger = fixture.Service.Services.GetRequiredService<ITreeLedger>();
        var one = page.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("name").GetString() == "one");
        Assert.True(EntryId.TryParse(one.GetProperty("id").GetString(), out var id));
        Assert.True((await ledger.CountAsync([id], 1, CancellationToken.None))[id].More);
        Assert.False((await ledger.CountAsync([id], 2, CancellationToken.None))[id].More);
        using var refused = await _tree.SendAsync(HttpMethod.Get, "one/", "?counts=true&recursive=true");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task A_page_has_the_totals_of_the_whole_folder()
    {
        foreach (var path in (string[])["all/1", "all/2", "all/3", "all/in/deep", "all/gone"])
            await _tree.PutAsync(path, "four");
        (await _tree.SendAsync(HttpMethod.Delete, "all/gone")).Dispose();
        var page = await _tree.ListAsync("all", "?totals=true&limit=1&sort=-size");
        Assert.Equal(1, page.GetProperty("items").GetArrayLength());
        var totals = page.GetProperty("totals");
        Assert.Equal(
            (3, 1, 12),
            (totals.GetProperty("files").GetInt32(), totals.GetProperty("folders").GetInt32(), totals.GetProperty("bytes").GetInt32()));
        Assert.False((await _tree.ListAsync("all")).TryGetProperty("totals", out _));
    }

    [Theory]
    [InlineData("natural", "A 2,a 10,img 9.jpg,img 10.jpg,img 100.jpg,z")]
    [InlineData("-natural", "z,img 100.jpg,img 10.jpg,img 9.jpg,a 10,A 2")]
    public async Task A_folder_is_sorted_as_people_do_over_all_pages(string sort, string expected)
    {
        foreach (var name in (string[])["img 10.jpg", "a 10", "img 9.jpg", "z", "img 100.jpg", "A 2"])
            await _tree.PutAsync($"sorted/{name}", "x");
        var found = new List<string>();
        var cursor = "";
        do
        {
            var page = await _tree.ListAsync("sorted", $"?sort={sort}&limit=2{cursor}");
            found.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("name").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(expected.Split(','), found);
    }

    [Fact]
    public async Task A_folder_tells_how_much_lies_below_it()
    {
        foreach (var path in (string[])["whole/1", "whole/in/2", "whole/in/deep/3", "whole/gone/4", "beside"])
            await _tree.PutAsync(path, "four");
        (await _tree.SendAsync(HttpMethod.Delete, "whole/gone")).Dispose();
        var page = await _tree.ListAsync("whole", "?below=true&limit=1");
        var below = page.GetProperty("below");
        Assert.Equal(
            (3, 2, 12, false),
            (below.GetProperty("files").GetInt32(), below.GetProperty("folders").GetInt32(), below.GetProperty("bytes").GetInt32(),
                below.GetProperty("more").GetBoolean()));

        var ledger = fixture.Service.Services.GetRequiredService<ITreeLedger>();
        Assert.True(EntryId.TryParse(page.GetProperty("folder").GetProperty("id").GetString(), out var id));
        Assert.True((await ledger.CountBelowAsync(id, 4, CancellationToken.None)).More);
        Assert.False((await ledger.CountBelowAsync(id, 5, CancellationToken.None)).More);
    }

    [Fact]
    public async Task A_search_by_the_API_finds_names_below_the_folder()
    {
        var word = "w" + Guid.NewGuid().ToString("N");
        await _tree.PutAsync($"a/b/1 {word}", "x");
        await _tree.PutAsync($"a/2 {word}%_", "x");
        await _tree.PutAsync($"c/3 {word}", "x");
        Assert.Equal([$"1 {word}", $"2 {word}%_"], TreeClient.Names(await _tree.ListAsync("a", $"?search={word}")));
        var first = await _tree.ListAsync("a", $"?search={word}&limit=1");
        var cursor = first.GetProperty("nextCursor").GetString();
        Assert.Equal([$"2 {word}%_"], TreeClient.Names(await _tree.ListAsync("a", $"?search={word}&limit=1&cursor={cursor}")));
        Assert.Equal([$"2 {word}%_"], TreeClient.Names(await _tree.ListAsync("a", $"?search={word}%25_")));
        Assert.Equal(3, TreeClient.Names(await _tree.ListAsync("", $"?search={word}")).Length);
    }

    [Fact]
    public async Task Unfinished_uploads_are_listed_after_one_of_them()
    {
        await _tree.FolderAsync("in");
        for (var i = 0; i < 3; i++)
        {
            using var made = await _tree.Http.PostAsJsonAsync(
                new Uri("/api/sessions", UriKind.Relative), new { path = $"{_tree.Root}/in/{i}", size = 1 });
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        }

        var all = await IdsAsync("");
        Assert.Equal(3, all.Length);
        Assert.Equal(all[1..], await IdsAsync($"&arrivingAfter={all[0]}"));
        await TreeClient.RefusedAsync(
            await _tree.Http.GetAsync(_tree.At("in/", "?arriving=true&arrivingAfter=x")), HttpStatusCode.BadRequest, "invalid_parameter");

        async Task<string[]> IdsAsync(string after) =>
        [
            .. (await _tree.ListAsync("in", "?arriving=true" + after)).GetProperty("arriving").EnumerateArray()
                .Select(upload => upload.GetProperty("id").GetString()!),
        ];
    }

    [Fact]
    public async Task A_free_name_behind_thousands_is_found()
    {
        var database = new NpgsqlConnectionStringBuilder(fixture.Service.ConnectionString) { SearchPath = LedgerDatabase.SearchPath };
        await using var ledger = new NpgsqlConnection(database.ConnectionString);
        await ledger.OpenAsync();
        await using var transaction = await ledger.BeginTransactionAsync();
        var folder = Guid.NewGuid();
        await ledger.ExecuteAsync(
            """
            insert into entries (id, space, parent, name, kind, modified_ns, owner)
            select gen_random_uuid(), @folder, @folder, 'image' || case when n > 1 then ' (' || n || ')' else '' end || '.jpg', 'link', 0,
                   'me'
            from generate_series(1, 20000) n where n <> 5
            """,
            new { folder });
        Assert.Equal("image (5).jpg", await FreeAsync());
        await ledger.ExecuteAsync(
            """
            insert into entries (id, space, parent, name, kind, modified_ns, owner)
            values (gen_random_uuid(), @folder, @folder, 'image (5).jpg', 'link', 0, 'me')
            """,
            new { folder });
        Assert.Equal("image (20001).jpg", await FreeAsync());

        Task<string?> FreeAsync() => ledger.ExecuteScalarAsync<string>("select free_name(@folder, 'image.jpg')", new { folder });
    }
}
