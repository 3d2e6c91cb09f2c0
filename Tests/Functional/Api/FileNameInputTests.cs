using System.Net;
using System.Text;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Names in addresses, byte for byte as a client may send them.</summary>
[Collection(ApiCollection.Name)]
public sealed class FileNameInputTests(ApiFixture fixture)
{
    private readonly ApiClient _api = fixture.Api;

    [Theory]
    [InlineData("a.txt", "a.txt")]
    [InlineData("a%20b+c.txt", "a b+c.txt")]
    [InlineData("%C3%BCbung.txt", "übung.txt")]
    [InlineData("%F0%9F%8E%89.gif", "🎉.gif")]
    [InlineData("100%25.txt", "100%.txt")]
    [InlineData("a%3Fb%23c", "a?b#c")]
    [InlineData("%22quoted%22", "\"quoted\"")]
    [InlineData("%E2%80%8F%D9%85%D9%84%D9%81.pdf", "\u200fملف.pdf")]
    [InlineData("a..b...", "a..b...")]
    [InlineData("%252e%252e", "%2e%2e")]
    public async Task A_name_is_kept_as_it_is(string escaped, string expected)
    {
        var answer = await PutAsync(escaped);
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        var json = System.Text.Json.JsonDocument.Parse(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Raw.Body(answer)))).RootElement;
        Assert.Equal(expected, json.GetProperty("name").GetString());
        Assert.Equal(expected, (await _api.GetAsync($"/api/files/{ApiClient.Id(json)}")).GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("", "invalid_name")]
    [InlineData("a%2fb", "invalid_name")]
    [InlineData("a%2Fb", "invalid_name")]
    [InlineData("a/b", "invalid_name")]
    [InlineData("a%5cb", "invalid_name")]
    [InlineData("..%2f..%2fetc%2fpasswd", "invalid_name")]
    [InlineData("%2e%2e", "invalid_path")]
    [InlineData("..", "invalid_path")]
    [InlineData(".", "invalid_path")]
    [InlineData("../sessions", "invalid_path")]
    [InlineData("%2e%2e/%2e%2e/etc/passwd", "invalid_path")]
    [InlineData("a%0d%0aSet-Cookie:%20x=1", "invalid_name")]
    [InlineData("a%0ab", "invalid_name")]
    [InlineData("a%7fb", "invalid_name")]
    [InlineData("%C2%85", "invalid_name")]
    [InlineData("photo%E2%80%AEgpj.exe", "invalid_name")]
    [InlineData("%E2%81%A6x", "invalid_name")]
    [InlineData("%E2%80%8F", "invalid_name")]
    [InlineData("%20%20", "invalid_name")]
    [InlineData("%ff", "invalid_name")]
    [InlineData("%C0%AF", "invalid_name")]
    [InlineData("%ED%A0%80", "invalid_name")]
    [InlineData("%zz", "invalid_name")]
    [InlineData("a%", "invalid_name")]
    public async Task A_name_that_could_hurt_is_refused(string escaped, string code)
    {
        var answer = await PutAsync(escaped);
        Raw.Problem(answer, 400, code);
        Assert.DoesNotContain("Set-Cookie", Raw.Head(answer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_more_than_255_characters_is_refused()
    {
        Assert.StartsWith("HTTP/1.1 201 ", await PutAsync(new string('a', 255)), StringComparison.Ordinal);
        Raw.Problem(await PutAsync(new string('a', 256)), 400, "invalid_name");
        Raw.Problem(await PutAsync(new string('a', 7000)), 400, "invalid_name");
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(100_000)]
    public async Task A_name_that_makes_the_request_line_too_long_is_refused_by_the_server(int length) =>
        Assert.Matches("^HTTP/1.1 (400|414) ", await PutAsync(new string('a', length)));

    [Fact]
    public async Task A_nul_in_a_name_is_refused() => Assert.StartsWith("HTTP/1.1 400 ", await PutAsync("a%00b"), StringComparison.Ordinal);

    [Theory]
    [InlineData("../x")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData("a\r\nb")]
    [InlineData("a\u202eb")]
    [InlineData("")]
    public async Task The_same_names_are_refused_in_a_session(string name)
    {
        using var content = System.Net.Http.Json.JsonContent.Create(new { fileName = name, size = 1 });
        using var answer = await _api.Http.PostAsync(ApiClient.At("/api/sessions"), content);
        var problem = await ApiClient.ProblemAsync(answer, HttpStatusCode.BadRequest, "invalid_field");
        Assert.True(problem.GetProperty("errors").TryGetProperty("fileName", out _));
    }

    [Fact]
    public async Task Names_need_not_be_unique()
    {
        var one = await _api.FileAsync([1], "same.txt");
        var two = await _api.FileAsync([2], "same.txt");
        Assert.NotEqual(ApiClient.Id(one), ApiClient.Id(two));
    }

    [Theory]
    [InlineData("Content-Range: bytes 0-4/5", 400, "invalid_header")]
    [InlineData("Content-Type: nonsense", 400, "invalid_header")]
    [InlineData("Content-Type: */*", 400, "invalid_header")]
    [InlineData("Content-Encoding: gzip", 415, "unsupported_media_type")]
    [InlineData("Content-Digest: sha-256=:AAAA:", 400, "malformed_digest")]
    [InlineData("X-Chunk-SHA256: 00", 400, "malformed_digest")]
    [InlineData("X-Chunk-SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 422, "file_digest_mismatch")]
    public async Task A_header_that_is_wrong_is_refused_and_no_file_is_made(string header, int status, string code)
    {
        var name = $"none-{Guid.NewGuid():n}";
        Raw.Problem(await _api.RawAsync($"PUT /api/files/{name} HTTP/1.1\r\nContent-Length: 5\r\n{header}", "hello"), status, code);
        Assert.Equal(0, (await _api.GetAsync($"/api/files?name={name}")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task A_request_that_breaks_off_makes_no_file()
    {
        var name = $"broken-{Guid.NewGuid():n}";
        using (var connection = await Support.RawConnection.OpenAsync(fixture.Service.Address))
        {
            await connection.SendAsync($"PUT /api/files/{name} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer "
                + $"{fixture.Service.Key}\r\nContent-Length: 100\r\n\r\nhello");
            // The upload is listed as soon as it has begun.
            await Eventually.HoldsAsync(async () => (await States(name)).Count == 1);
        }

        await Eventually.HoldsAsync(async () => (await States(name)) is ["failed"]);
        Assert.Equal(0, (await _api.GetAsync($"/api/files?name={name}")).GetProperty("items").GetArrayLength());
    }

    private async Task<List<string>> States(string name) =>
        [.. (await _api.GetAsync($"/api/sessions?name={name}")).GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("state").GetString()!)];

    private Task<string> PutAsync(string escaped) => _api.RawAsync($"PUT /api/files/{escaped} HTTP/1.1\r\nContent-Length: 5", "hello");
}
