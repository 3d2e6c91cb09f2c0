using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Downloads of a finished file's content.</summary>
[Collection(ApiCollection.Name)]
public sealed class DownloadTests(ApiFixture fixture) : IAsyncLifetime
{
    private static readonly byte[] Content = ApiClient.Bytes(1000);
    private readonly ApiClient _api = fixture.Api;
    private string _url = "";
    private string _id = "";

    public async Task InitializeAsync()
    {
        var file = await _api.FileAsync(Content, "<script>alert(1)<b> ü\".html", "text/html; charset=utf-8");
        _id = ApiClient.Id(file);
        _url = file.GetProperty("contentUrl").GetString()!;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_whole_content_has_the_headers_that_make_it_safe()
    {
        using var answer = await _api.Http.GetAsync(ApiClient.At(_url));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Content, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(1000, answer.Content.Headers.ContentLength);
        // A browser might load a script as what it was declared as.
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            "attachment; filename=\"<script>alert(1)<b> __.html\"; filename*=UTF-8''%3Cscript%3Ealert%281%29%3Cb%3E%20%C3%BC%22.html",
            answer.Content.Headers.GetValues("Content-Disposition").Single());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("sandbox; default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.Equal("bytes", answer.Headers.AcceptRanges.Single());
        Assert.Equal($"\"{_id}\"", answer.Headers.ETag!.ToString());
        Assert.Equal(ApiClient.Digest(Content), answer.Headers.GetValues("Repr-Digest").Single());
        Assert.NotNull(answer.Content.Headers.LastModified);
    }

    [Fact]
    public async Task A_head_has_the_headers_of_the_get()
    {
        using var get = await _api.Http.GetAsync(ApiClient.At(_url));
        using var head = await SendAsync(HttpMethod.Head, "");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        string[] changing = ["Date", "X-Request-ID"];
        static List<string> All(HttpResponseMessage answer, string[] without) =>
            [.. answer.Headers.Concat(answer.Content.Headers).Where(header => !without.Contains(header.Key))
                .Select(header => $"{header.Key}: {string.Join(',', header.Value)}").Order()];
        Assert.Equal(All(get, changing), All(head, changing));
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=999-", 999, 1)]
    [InlineData("bytes=-100", 900, 100)]
    [InlineData("bytes=100-199", 100, 100)]
    [InlineData("bytes=0-5,3-9", 0, 10)]
    [InlineData("bytes=990-5000", 990, 10)]
    public async Task Single_range_is_answered_with_its_bytes(string range, int offset, int length)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"Range: {range}");
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(Content[offset..(offset + length)], await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal($"bytes {offset}-{offset + length - 1}/1000", answer.Content.Headers.ContentRange!.ToString());
        Assert.Equal(ApiClient.Digest(Content), answer.Headers.GetValues("Repr-Digest").Single());
    }

    [Fact]
    public async Task Several_ranges_are_answered_as_multipart()
    {
        using var answer = await SendAsync(HttpMethod.Get, "Range: bytes=500-509,0-4,-3");
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        var type = answer.Content.Headers.ContentType!;
        Assert.Equal("multipart/byteranges", type.MediaType);
        var boundary = type.Parameters.Single(parameter => parameter.Name == "boundary").Value!;
        var body = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(answer.Content.Headers.ContentLength, body.Length);
        var expected = new StringBuilder();
        foreach (var (offset, length) in new[] { (500, 10), (0, 5), (997, 3) })
        {
            expected.Append(expected.Length == 0 ? "" : "\r\n").Append("--").Append(boundary)
                .Append("\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ")
                .Append(offset).Append('-').Append(offset + length - 1).Append("/1000\r\n\r\n")
                    .Append(Encoding.Latin1.GetString(Content, offset, length));
        }

        expected.Append("\r\n--").Append(boundary).Append("--\r\n");
        Assert.Equal(expected.ToString(), Encoding.Latin1.GetString(body));
    }

    [Theory]
    [InlineData("bytes=1000-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=5000-6000,7000-")]
    public async Task A_range_outside_the_file_cannot_be_satisfied(string range)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"Range: {range}");
        await ApiClient.ProblemAsync(answer, HttpStatusCode.RequestedRangeNotSatisfiable, "range_not_satisfiable");
        Assert.Equal("bytes */1000", answer.Content.Headers.ContentRange!.ToString());
        Assert.Null(answer.Headers.ETag);
    }

    [Fact]
    public async Task Hundreds_of_ranges_are_refused()
    {
        using var answer =
            await SendAsync(HttpMethod.Get, "Range: bytes=" + string.Join(',', Enumerable.Range(0, 300).Select(i => $"{i * 2}-{i * 2}")));
        await ApiClient.ProblemAsync(answer, HttpStatusCode.RequestedRangeNotSatisfiable, "too_many_ranges");
    }

    [Theory]
    [InlineData("bytes=9-0")]
    [InlineData("pages=1-2")]
    [InlineData("bytes=x-")]
    [InlineData("bytes")]
    public async Task Invalid_range_is_ignored(string range)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"Range: {range}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_head_ignores_ranges()
    {
        using var answer = await SendAsync(HttpMethod.Head, "Range: bytes=0-9");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(1000, answer.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task Preconditions_are_kept_in_their_order()
    {
        using var plain = await _api.Http.GetAsync(ApiClient.At(_url));
        var modified = plain.Content.Headers.LastModified!.Value;
        var (tag, date, before, after) =
            ($"\"{_id}\"", modified.ToString("r"), modified.AddSeconds(-1).ToString("r"), modified.AddSeconds(1).ToString("r"));
        (string Headers, HttpStatusCode Status)[] cases =
        [
            ($"If-None-Match: {tag}", HttpStatusCode.NotModified),
            ($"If-None-Match: \"x\", W/{tag}", HttpStatusCode.NotModified),
            ("If-None-Match: *", HttpStatusCode.NotModified),
            ("If-None-Match: \"x\"", HttpStatusCode.OK),
            ($"If-Modified-Since: {date}", HttpStatusCode.NotModified),
            ($"If-Modified-Since: {before}", HttpStatusCode.OK),
            ($"If-None-Match: \"x\"\nIf-Modified-Since: {date}", HttpStatusCode.OK),
            ("If-Modified-Since: nonsense", HttpStatusCode.OK),
            ($"If-Match: {tag}", HttpStatusCode.OK),
            ("If-Match: *", HttpStatusCode.OK),
            ("If-Match: \"x\"", HttpStatusCode.PreconditionFailed),
            ($"If-Match: W/{tag}", HttpStatusCode.PreconditionFailed),
            ("If-Match: nonsense", HttpStatusCode.PreconditionFailed),
            ($"If-Unmodified-Since: {before}", HttpStatusCode.PreconditionFailed),
            ($"If-Unmodified-Since: {after}", HttpStatusCode.OK),
            ($"Range: bytes=0-9\nIf-Range: {tag}", HttpStatusCode.PartialContent),
            ($"Range: bytes=0-9\nIf-Range: {date}", HttpStatusCode.PartialContent),
            ($"Range: bytes=0-9\nIf-Range: W/{tag}", HttpStatusCode.OK),
            ("Range: bytes=0-9\nIf-Range: \"x\"", HttpStatusCode.OK),
            ($"Range: bytes=0-9\nIf-Range: {before}", HttpStatusCode.OK),
            ("Range: bytes=0-9\nIf-Range: nonsense", HttpStatusCode.OK),
            ($"Range: bytes=5000-\nIf-Range: \"x\"", HttpStatusCode.OK),
            ($"Range: bytes=0-9\nIf-None-Match: {tag}", HttpStatusCode.NotModified),
        ];
        foreach (var (headers, status) in cases)
        {
            using var answer = await SendAsync(HttpMethod.Get, headers);
            Assert.True(status == answer.StatusCode, $"{headers}: {answer.StatusCode}");
            if (status == HttpStatusCode.NotModified)
                Assert.Equal(tag, answer.Headers.ETag!.ToString());
        }

        using var head = await SendAsync(HttpMethod.Head, $"If-None-Match: {tag}");
        Assert.Equal(HttpStatusCode.NotModified, head.StatusCode);
    }

    [Fact]
    public async Task A_file_without_bytes_is_answered_and_has_no_range()
    {
        var url = (await _api.FileAsync([], "empty")).GetProperty("contentUrl").GetString()!;
        using var whole = await _api.Http.GetAsync(ApiClient.At(url));
        Assert.Equal(HttpStatusCode.OK, whole.StatusCode);
        Assert.Equal(0, whole.Content.Headers.ContentLength);
        using var request = new HttpRequestMessage(HttpMethod.Get, ApiClient.At(url));
        request.Headers.Range = new RangeHeaderValue(0, null);
        using var range = await _api.Http.SendAsync(request);
        await ApiClient.ProblemAsync(range, HttpStatusCode.RequestedRangeNotSatisfiable, "range_not_satisfiable");
    }

    [Fact]
    public async Task A_deleted_file_is_gone_and_deleting_can_be_repeated()
    {
        var id = ApiClient.Id(await _api.FileAsync([1, 2, 3]));
        for (var i = 0; i < 2; i++)
        {
            using var deleted = await _api.Http.DeleteAsync(ApiClient.At($"/api/files/{id}"));
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        foreach (var path in new[] { $"/api/files/{id}", $"/api/files/{id}/content" })
        {
            using var answer = await _api.Http.GetAsync(ApiClient.At(path));
            await ApiClient.ProblemAsync(answer, HttpStatusCode.Gone, "deleted");
        }
    }

    [Fact]
    public async Task An_unfinished_session_is_no_file_yet()
    {
        var id = await _api.CreateIdAsync(5);
        foreach (var path in new[] { $"/api/files/{id}", $"/api/files/{id}/content" })
        {
            using var answer = await _api.Http.GetAsync(ApiClient.At(path));
            await ApiClient.ProblemAsync(answer, HttpStatusCode.Conflict, "not_completed");
        }

        using var deleted = await _api.Http.DeleteAsync(ApiClient.At($"/api/files/{id}"));
        await ApiClient.ProblemAsync(deleted, HttpStatusCode.Conflict, "not_completed");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string headers)
    {
        using var request = new HttpRequestMessage(method, ApiClient.At(_url));
        foreach (var line in headers.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            request.Headers.TryAddWithoutValidation(
                line[..line.IndexOf(':', StringComparison.Ordinal)], line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
        return await _api.Http.SendAsync(request);
    }
}
