using System.Net;
using System.Text;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Faults in a chunk's address, headers and length. After each refusal the session has no more bytes than before.</summary>
[Collection(ApiCollection.Name)]
public sealed class ChunkInputTests(ApiFixture fixture) : IAsyncLifetime
{
    private const string Body = "hello";
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(Body);
    private readonly ApiClient _api = fixture.Api;
    private string _id = "";

    public async Task InitializeAsync() => _id = await _api.CreateIdAsync(1000);

    public async Task DisposeAsync() =>
        Assert.Equal(0, (await _api.GetAsync($"/api/sessions/{_id}")).GetProperty("receivedBytes").GetInt64());

    [Theory]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("abc")]
    [InlineData("%20")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999999")]
    [InlineData("%D9%A3")]
    [InlineData("..%2f..%2f0")]
    [InlineData("0%2f0")]
    [InlineData("0%0d%0aX:1")]
    [InlineData("%E2%80%8F0")]
    public async Task An_invalid_offset_is_refused(string offset)
    {
        foreach (var method in new[] { "PUT", "HEAD", "DELETE" })
        {
            var answer = await _api.RawAsync($"{method} /api/sessions/{_id}/chunks/{offset} HTTP/1.1\r\nContent-Length: "
                + $"5\r\nX-Chunk-SHA256: {ApiClient.Hex(Content)}", Body);
            Raw.Problem(answer, 400, "invalid_offset", hasBody: method != "HEAD");
        }
    }

    [Theory]
    [InlineData(1000, 413, "beyond_size")]
    [InlineData(998, 413, "beyond_size")]
    [InlineData(9223372036854775807, 400, "length_mismatch")]
    [InlineData(9223372036854775800, 413, "beyond_size")]
    public async Task A_chunk_beyond_the_size_is_refused(long offset, int status, string code)
    {
        using var answer = await _api.PutAsync(_id, offset, Content);
        await ApiClient.ProblemAsync(answer, (HttpStatusCode)status, code);
    }

    [Theory]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("nonsense")]
    [InlineData("%00")]
    [InlineData("8F14E45FCEEA167A5A36DEDD4BEA2543")]
    [InlineData("8f14e45f-ceea-167a-5a36-dedd4bea2543")]
    [InlineData("..%2f..%2fetc%2fpasswd")]
    [InlineData("%2e%2e%2f")]
    [InlineData("%0d%0aSet-Cookie:x=1")]
    [InlineData("%E2%80%AE%E2%80%8F")]
    [InlineData("'%20or%201=1--")]
    public async Task An_id_that_is_unknown_malformed_or_hostile_is_not_found(string id)
    {
        if (id == "%00")
        {
            Assert.StartsWith("HTTP/1.1 400", await _api.RawAsync($"GET /api/sessions/{id} HTTP/1.1"), StringComparison.Ordinal);
            return;
        }

        foreach (var target in new[] { $"GET /api/sessions/{id}", $"PUT /api/sessions/{id}/chunks/0", $"HEAD /api/sessions/{id}/chunks/0",
            $"DELETE /api/sessions/{id}", $"POST /api/sessions/{id}/pause", $"GET /api/sessions/{id}/missing",
                $"GET /api/sessions/{id}/chunks", $"GET /api/files/{id}", $"GET /api/files/{id}/content", $"DELETE /api/files/{id}" })
        {
            var hasBody = target.StartsWith("PUT", StringComparison.Ordinal);
            var answer = await _api.RawAsync(
                $"{target} HTTP/1.1{(hasBody ? $"\r\nContent-Length: 5\r\nX-Chunk-SHA256: {ApiClient.Hex(Content)}" : "")}", hasBody
                    ? Body
                    : "");
            Raw.Problem(answer, 404, "not_found", hasBody: !target.StartsWith("HEAD", StringComparison.Ordinal));
            Assert.DoesNotContain("Set-Cookie", Raw.Head(answer), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_id_of_ten_thousand_characters_is_refused()
    {
        var answer = await _api.RawAsync($"GET /api/sessions/{new string('a', 10_000)} HTTP/1.1");
        Assert.Matches("^HTTP/1.1 4[01]4 ", answer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Digest: sha-512=:aGk=:")]
    [InlineData("Content-Digest:")]
    [InlineData("Digest: sha-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")]
    public async Task A_missing_or_unknown_digest_is_asked_for(string header)
    {
        var answer = await PutRawAsync(header);
        Raw.Problem(answer, 400, "digest_missing");
        Assert.Contains("Want-Content-Digest: sha-256=10", Raw.Head(answer), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Digest: sha-256")]
    [InlineData("Content-Digest: sha-256=LPJNul")]
    [InlineData("Content-Digest: sha-256=:LPJNul:")]
    [InlineData("Content-Digest: sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=")]
    [InlineData("Content-Digest: sha-256=:====:")]
    [InlineData("Content-Digest: ,,,")]
    [InlineData("Content-Digest: sha-256=((((")]
    [InlineData("Repr-Digest: sha-256=:AAAA:")]
    [InlineData("X-Chunk-SHA256:")]
    [InlineData("X-Chunk-SHA256: 2cf24dba")]
    [InlineData("X-Chunk-SHA256: zcf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")]
    [InlineData("X-Chunk-SHA256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982400")]
    public async Task A_malformed_digest_is_refused(string header) => Raw.Problem(await PutRawAsync(header), 400, "malformed_digest");

    [Fact]
    public async Task Digests_that_contradict_each_other_are_refused()
    {
        var right = ApiClient.Digest(Content);
        var wrong = ApiClient.Digest([1]);
        Raw.Problem(await PutRawAsync($"Content-Digest: {right}, {wrong}"), 400, "digest_conflict");
        Raw.Problem(await PutRawAsync($"Content-Digest: {right}\r\nContent-Digest: {wrong}"), 400, "digest_conflict");
        Raw.Problem(await PutRawAsync($"Content-Digest: {right}\r\nX-Chunk-SHA256: {ApiClient.Hex([1])}"), 400, "digest_conflict");
        Raw.Problem(await PutRawAsync($"Repr-Digest: {right}\r\nX-Chunk-SHA256: {ApiClient.Hex([1])}"), 400, "digest_conflict");
    }

    [Fact]
    public async Task A_wrong_digest_keeps_nothing()
    {
        Raw.Problem(await PutRawAsync($"X-Chunk-SHA256: {ApiClient.Hex([1])}"), 422, "digest_mismatch");
        using var head = await _api.HeadAsync(_id, 0);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
        Assert.Equal("no_such_chunk", head.Headers.GetValues("X-Error-Code").Single());
    }

    [Fact]
    public async Task An_empty_chunk_is_refused()
    {
        var digest = $"X-Chunk-SHA256: {ApiClient.Hex([])}";
        Raw.Problem(await _api.RawAsync($"PUT {Chunk} HTTP/1.1\r\nContent-Length: 0\r\n{digest}"), 400, "empty_chunk");
        Raw.Problem(await _api.RawAsync($"PUT {Chunk} HTTP/1.1\r\n{digest}"), 400, "empty_chunk");
        Raw.Problem(
            await _api.RawAsync($"PUT {Chunk} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n{digest}", "0\r\n\r\n"), 400, "empty_chunk");
    }

    [Theory]
    [InlineData("bytes 0-4")]
    [InlineData("bytes */5")]
    [InlineData("bytes 4-0/*")]
    [InlineData("bytes 0-4/4")]
    [InlineData("octets 0-4/*")]
    [InlineData("bytes 0-9223372036854775807/*")]
    [InlineData("bytes -5-0/*")]
    [InlineData("bytes 0-4/*\r\nContent-Range: bytes 0-4/*")]
    public async Task An_invalid_content_range_is_refused(string range) =>
        Raw.Problem(await PutRawAsync($"Content-Range: {range}\r\nX-Chunk-SHA256: {ApiClient.Hex(Content)}"), 400, "invalid_header");

    [Fact]
    public async Task A_content_range_that_does_not_fit_is_refused()
    {
        var digest = $"X-Chunk-SHA256: {ApiClient.Hex(Content)}";
        Raw.Problem(await PutRawAsync($"Content-Range: bytes 0-9/*\r\n{digest}"), 400, "length_mismatch");
        Raw.Problem(await PutRawAsync($"Content-Range: bytes 0-4/*\r\n{digest}", offset: 5), 400, "invalid_header");
        Raw.Problem(await PutRawAsync($"Content-Range: bytes 0-4/2000\r\n{digest}"), 409, "size_mismatch");
        var nothingKept = await PutRawAsync($"Content-Range: bytes 5-9/*\r\n{digest}");
        Raw.Problem(nothingKept, 409, "prefix_conflict");
        Assert.Contains("Upload-Offset: 0", Raw.Head(nothingKept), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_coding_is_refused_with_those_that_are_taken()
    {
        foreach (var coding in new[] { "zstd", "gzip, br", "deflate" })
        {
            var refused = await PutRawAsync($"Content-Encoding: {coding}\r\nX-Chunk-SHA256: {ApiClient.Hex(Content)}");
            Raw.Problem(refused, 415, "unsupported_media_type");
            Assert.Contains("Accept-Encoding: br, gzip", Raw.Head(refused), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Broken_chunked_framing_is_a_bad_request_and_no_fault_of_ours()
    {
        var head = $"PUT {Chunk} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-Chunk-SHA256: {ApiClient.Hex(Content)}";
        foreach (var body in new[] { "zz\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\nhello", "4\r\nhellXX0\r\n\r\n",
            "-5\r\nhello\r\n0\r\n\r\n" })
            Assert.StartsWith("HTTP/1.1 400 ", await _api.RawAsync(head, body), StringComparison.Ordinal);
        // The received bytes may be kept as a prefix, which does not count.
        Assert.DoesNotContain(fixture.Service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chunk_with_all_bytes_counts_by_its_digest_though_the_framing_breaks_after_it()
    {
        var id = await _api.CreateIdAsync(1000);
        var head = $"PUT /api/sessions/{id}/chunks/0 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-Chunk-SHA256: {ApiClient.Hex(Content)}";
        Assert.StartsWith("HTTP/1.1 201 ", await _api.RawAsync(head, "5\r\nhelloXX0\r\n\r\n"), StringComparison.Ordinal);
        Assert.Equal(5, (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("receivedBytes").GetInt64());
    }

    [Fact]
    public async Task More_bytes_than_the_range_announces_are_refused_and_nothing_is_kept()
    {
        var head = $"PUT {Chunk} HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Range: bytes 0-4/*\r\nX-Chunk-SHA256: "
            + $"{ApiClient.Hex(Content)}";
        Raw.Problem(await _api.RawAsync(head, "8\r\nhellohel\r\n0\r\n\r\n"), 400, "length_mismatch");
    }

    [Fact]
    public async Task More_bytes_than_the_file_has_are_refused()
    {
        var id = await _api.CreateIdAsync(3);
        var head = $"PUT /api/sessions/{id}/chunks/0 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-Chunk-SHA256: {ApiClient.Hex(Content)}";
        Raw.Problem(await _api.RawAsync(head, "5\r\nhello\r\n0\r\n\r\n"), 413, "beyond_size");
    }

    private string Chunk => $"/api/sessions/{_id}/chunks/0";

    private Task<string> PutRawAsync(string headers, long offset = 0) =>
        _api.RawAsync(
            $"PUT /api/sessions/{_id}/chunks/{offset} HTTP/1.1\r\nContent-Length: 5{(headers.Length > 0 ? "\r\n" : "")}{headers}", Body);
}
