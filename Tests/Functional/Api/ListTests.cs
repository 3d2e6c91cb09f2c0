using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChunkUpload.Tests.Functional.Api;

[Collection(ApiCollection.Name)]
public sealed class ListTests(ApiFixture fixture)
{
    private readonly ApiClient _api = fixture.Api;

    [Theory]
    [InlineData("name", new[] { "a", "b", "c", "d", "e" })]
    [InlineData("-name", new[] { "e", "d", "c", "b", "a" })]
    [InlineData("createdAt", new[] { "c", "a", "e", "b", "d" })]
    [InlineData("-createdAt", new[] { "d", "b", "e", "a", "c" })]
    [InlineData("size", new[] { "a", "b", "c", "d", "e" })]
    [InlineData("-size", new[] { "e", "d", "c", "b", "a" })]
    public async Task Sessions_come_in_order_and_page_by_page(string sort, string[] expected)
    {
        var mark = $"list-{Guid.NewGuid():n}";
        foreach (var name in new[] { "c", "a", "e", "b", "d" })
            await _api.CreateAsync(name[0], $"{name}-{mark}");
        var got = new List<string>();
        string? cursor = null;
        do
        {
            var page = await _api.GetAsync($"/api/sessions?name={mark}&sort={sort}&limit=2&cursor={cursor}");
            Assert.InRange(page.GetProperty("items").GetArrayLength(), 1, 2);
            got.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("fileName").GetString()![..1]));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(expected, got);
    }

    [Fact]
    public async Task Sessions_are_filtered_by_state_name_and_age()
    {
        var mark = $"Filter-{Guid.NewGuid():n}";
        var open = ApiClient.Id(await _api.CreateAsync(5, $"ü-{mark}"));
        var cancelled = ApiClient.Id(await _api.CreateAsync(5, $"x-{mark}"));
        (await _api.Http.DeleteAsync(ApiClient.At($"/api/sessions/{cancelled}"))).Dispose();
        async Task<List<string>> Ids(string filter) =>
            [.. (await _api.GetAsync($"/api/sessions?name={mark.ToLowerInvariant()}&{filter}")).GetProperty("items").EnumerateArray()
                .Select(ApiClient.Id).Order()];

        Assert.Equal(new[] { open, cancelled }.Order(), await Ids(""));
        Assert.Equal([open], await Ids("state=open"));
        Assert.Equal(new[] { open, cancelled }.Order(), await Ids("state=open,cancelled"));
        Assert.Equal(new[] { open, cancelled }.Order(), await Ids("state=open&state=cancelled"));
        Assert.Equal(new[] { open, cancelled }.Order(), await Ids("maxAge=1h"));
        Assert.Empty(await Ids("minAge=1h"));
        Assert.Empty(await Ids("createdBefore=2020-01-01T00:00:00Z"));
        Assert.Equal(2, (await Ids("createdAfter=2020-01-01T00:00:00Z&createdBefore=2200-01-01")).Count);
        var item = (await _api.GetAsync($"/api/sessions?name={mark}&state=open")).GetProperty("items")[0];
        Assert.False(item.TryGetProperty("missing", out _));
    }

    [Fact]
    public async Task Files_are_those_that_are_completed()
    {
        var mark = $"files-{Guid.NewGuid():n}";
        await _api.CreateAsync(5, $"open-{mark}");
        var id = ApiClient.Id(await _api.FileAsync([1, 2, 3], $"done-{mark}"));
        var page = await _api.GetAsync($"/api/files?name={mark}");
        Assert.Equal(id, Assert.Single(page.GetProperty("items").EnumerateArray().Select(ApiClient.Id)));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("nextCursor").ValueKind);
        (await _api.Http.DeleteAsync(ApiClient.At($"/api/files/{id}"))).Dispose();
        Assert.Equal(0, (await _api.GetAsync($"/api/files?name={mark}")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task Chunks_and_missing_ranges_come_page_by_page()
    {
        var id = await _api.CreateIdAsync(1000);
        for (var offset = 0; offset < 1000; offset += 200)
            await _api.PutOkAsync(id, offset, ApiClient.Bytes(100, seed: offset));
        var chunks = await AllAsync($"/api/sessions/{id}/chunks?limit=2");
        Assert.Equal([0L, 200, 400, 600, 800], chunks.Select(chunk => chunk.GetProperty("offset").GetInt64()));
        Assert.All(chunks, chunk => Assert.Equal(1, chunk.GetProperty("attempts").GetInt32()));
        Assert.Equal(ApiClient.Hex(ApiClient.Bytes(100, seed: 200)), chunks[1].GetProperty("sha256").GetString());
        var missing = await AllAsync($"/api/sessions/{id}/missing?limit=2");
        Assert.Equal([100L, 300, 500, 700, 900], missing.Select(range => range.GetProperty("offset").GetInt64()));
        Assert.All(missing, range => Assert.Equal(100, range.GetProperty("length").GetInt64()));
    }

    [Fact]
    public async Task A_status_names_the_first_hundred_missing_ranges()
    {
        var id = await _api.CreateIdAsync(300);
        for (var offset = 0; offset < 300; offset += 2)
            await _api.PutOkAsync(id, offset, [(byte)offset]);
        Assert.Equal(100, (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("missing").GetArrayLength());
        Assert.Equal(150, (await AllAsync($"/api/sessions/{id}/missing?limit=40")).Count);
    }

    [Theory]
    [InlineData("limit=0", "invalid_parameter")]
    [InlineData("limit=201", "invalid_parameter")]
    [InlineData("limit=-1", "invalid_parameter")]
    [InlineData("limit=x", "invalid_parameter")]
    [InlineData("limit=1&limit=2", "invalid_parameter")]
    [InlineData("limit=99999999999999999999", "invalid_parameter")]
    [InlineData("state=nonsense", "invalid_parameter")]
    [InlineData("state=open,,nonsense", "invalid_parameter")]
    [InlineData("sort=age", "invalid_parameter")]
    [InlineData("sort=--name", "invalid_parameter")]
    [InlineData("nmae=x", "invalid_parameter")]
    [InlineData("name=%00", "invalid_parameter")]
    [InlineData("name=%ED%A0%80%00", "invalid_parameter")]
    [InlineData("createdAfter=yesterday", "invalid_parameter")]
    [InlineData("createdAfter=99999-01-01", "invalid_parameter")]
    [InlineData("minAge=-1h", "invalid_parameter")]
    [InlineData("minAge=99999999999d", "invalid_parameter")]
    [InlineData("cursor=%00", "invalid_parameter")]
    [InlineData("cursor=xyz", "invalid_cursor")]
    [InlineData("cursor=e30", "invalid_cursor")]
    [InlineData("cursor=..%2F..%2Fetc", "invalid_cursor")]
    public async Task An_invalid_query_is_refused(string query, string code)
    {
        using var sessions = await _api.Http.GetAsync(ApiClient.At($"/api/sessions?{query}"));
        await ApiClient.ProblemAsync(sessions, HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task A_name_that_is_too_long_to_be_one_is_refused()
    {
        using var answer = await _api.Http.GetAsync(ApiClient.At($"/api/files?name={new string('a', 1000)}"));
        await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "invalid_parameter");
    }

    [Fact]
    public async Task Wildcards_and_quotes_in_a_name_mean_themselves()
    {
        var mark = Guid.NewGuid().ToString("n");
        using var created = await _api.Http.PostAsJsonAsync(ApiClient.At("/api/sessions"), new { fileName = $"100%_'\"-{mark}", size = 1 });
        Assert.Equal(
            1, (await _api.GetAsync($"/api/sessions?name={Uri.EscapeDataString($"%_'\"-{mark}")}")).GetProperty("items").GetArrayLength());
        Assert.Equal(
            0, (await _api.GetAsync($"/api/sessions?name={Uri.EscapeDataString($"_%-{mark}")}")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_cursor_of_another_list_is_refused()
    {
        var id = await _api.CreateIdAsync(100);
        await _api.PutOkAsync(id, 0, [1]);
        await _api.PutOkAsync(id, 2, [1]);
        var cursor = (await _api.GetAsync($"/api/sessions/{id}/chunks?limit=1")).GetProperty("nextCursor").GetString();
        using var answer = await _api.Http.GetAsync(ApiClient.At($"/api/sessions/{id}/missing?cursor={cursor}"));
        await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "invalid_cursor");
    }

    private async Task<List<JsonElement>> AllAsync(string path)
    {
        var all = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var page = await _api.GetAsync($"{path}&cursor={cursor}");
            all.AddRange(page.GetProperty("items").EnumerateArray());
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);
        return all;
    }
}
