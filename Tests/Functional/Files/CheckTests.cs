using System.Net;
using System.Text;
using System.Text.Json;
using ChunkUpload.Tests.Functional.Api;
using Microsoft.Extensions.DependencyInjection;

namespace ChunkUpload.Tests.Functional.Files;

/// <summary>The query that tells which of many files exist already.</summary>
[Collection(FilesCollection.Name)]
public sealed class CheckTests(ApiFixture fixture)
{
    private const string Time = "2026-01-30T09:30:00.123456789Z";

    private readonly TreeClient _tree = new(fixture.Service, "check-" + Guid.NewGuid().ToString("N"));

    [Fact]
    public async Task Each_line_says_what_is_equal_differs_or_is_missing()
    {
        var digest = ApiClient.Hex("content"u8);
        var file = await _tree.PutAsync("a/b", "content", headers: [("X-OC-Mtime", "1769765400.123456789")]);
        await _tree.FolderAsync("folder");
        var lines = await CheckAsync(
        [
            new { path = Path("a/b") },
            new { path = "/" + Path("a/b") + "/", size = 7, modifiedAt = Time, sha256 = digest },
            new { path = Path("a/b"), size = 8, modifiedAt = "1769765400", sha256 = new string('0', 64) },
            new { path = Path("a/c") },
            new { path = Path("a/b/c") },
            new { path = Path("folder"), size = 0 },
            new { path = Path("../a") },
            new { path = "" },
        ]);
        Assert.Equal(
            ["equal", "equal", "differs size time content", "missing", "missing", "differs kind", "invalid", "invalid"],
            lines.Select(line => string.Join(' ', [line.GetProperty("state").GetString()!, .. line.TryGetProperty("why", out var why)
                ? why.EnumerateArray().Select(word => word.GetString()!) : []])));
        Assert.Equal(file.GetProperty("id").GetString(), lines[0].GetProperty("id").GetString());
        Assert.Equal(Path("a/c"), lines[3].GetProperty("path").GetString());
        Assert.NotEmpty(lines[6].GetProperty("detail").GetString()!);
    }

    [Fact]
    public async Task Ten_thousand_lines_are_answered_and_no_more()
    {
        await _tree.PutAsync("f/5000", "content");
        var all = Enumerable.Range(0, 10_000).Select(i => new { path = Path($"f/{i}"), size = 7 }).ToArray();
        var lines = await CheckAsync(all);
        Assert.Equal(10_000, lines.Count);
        var equal = Assert.Single(lines, line => line.GetProperty("state").GetString() == "equal");
        Assert.Equal(Path("f/5000"), equal.GetProperty("path").GetString());
        using var more = await PostAsync(string.Join('\n', all.Append(all[0]).Select(line => JsonSerializer.Serialize(line))));
        await ApiClient.ProblemAsync(more, HttpStatusCode.RequestEntityTooLarge, "body_too_large");
    }

    [Fact]
    public async Task Blank_lines_count_for_the_size_of_the_body()
    {
        using var answer = await PostAsync(new string('\n', (16 << 20) + 1));
        await ApiClient.ProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, "body_too_large");
    }

    [Fact]
    public async Task Content_that_is_damaged_differs()
    {
        await _tree.PutAsync("a", "content");
        var file = await _tree.PutAsync("b", "content");
        await fixture.Service.Services.GetRequiredService<IContentLedger>().MarkDamagedAsync(
            new UploadId(Guid.Parse(file.GetProperty("fileId").GetString()!)), "test", CancellationToken.None);
        var lines = await CheckAsync([new { path = Path("a"), size = 7 }, new { path = Path("b"), size = 7 }]);
        Assert.Equal(["equal", "differs"], lines.Select(line => line.GetProperty("state").GetString()));
        Assert.Equal("content", lines[1].GetProperty("why")[0].GetString());
    }

    [Theory]
    [InlineData("{\"path\":\"a\"}\n\n{\"path\":", 3)]
    [InlineData("{\"path\":\"a\"}\n[]", 2)]
    [InlineData("{\"path\":\"a\"}\n{\"size\":1}", 2)]
    [InlineData("{\"path\":\"a\"}\n{\"path\":\"\\ud800\"}", 2)]
    [InlineData("{\"path\":\"a\"}\n{\"path\":\"b\",\"sha256\":\"short\"}", 2)]
    public async Task A_line_that_is_not_understood_is_named(string body, int line)
    {
        using var answer = await PostAsync(body);
        var problem = await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "malformed_json");
        Assert.StartsWith($"Line {line}: ", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private string Path(string path) => $"{_tree.Root}/{path}";

    private Task<HttpResponseMessage> PostAsync(string body) =>
        _tree.Http.PostAsync(new Uri("/api/tree/check", UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/x-ndjson"));

    private async Task<List<JsonElement>> CheckAsync(object[] lines)
    {
        using var answer = await PostAsync(string.Join('\n', lines.Select(line => JsonSerializer.Serialize(line))));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }
}
