using System.Net;
using System.Text;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>The digest in the trailer, and requests that are refused before their body is sent.</summary>
[Collection(ApiCollection.Name)]
public sealed class TrailerTests(ApiFixture fixture)
{
    private const string Body = "hello";
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(Body);
    private readonly ApiClient _api = fixture.Api;

    [Theory]
    [InlineData("Content-Digest")]
    [InlineData("content-digest, X-Other")]
    public async Task The_digest_may_come_in_the_trailer(string announced)
    {
        var id = await _api.CreateIdAsync(5);
        var answer = await PutAsync(id, announced, $"Content-Digest: {ApiClient.Digest(Content)}\r\n");
        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_digest_may_come_in_hexadecimal_digits_in_the_trailer()
    {
        var id = await _api.CreateIdAsync(5);
        Assert.StartsWith("HTTP/1.1 201 ", await PutAsync(id, "X-Chunk-SHA256", $"X-Chunk-SHA256: {ApiClient.Hex(Content)}\r\n"),
            StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await PutAsync(id, "X-Chunk-SHA256", $"X-Chunk-SHA256: {ApiClient.Hex(Content)}\r\n"),
            StringComparison.Ordinal);
        Raw.Problem(await PutAsync(id, "X-Chunk-SHA256", $"X-Chunk-SHA256: {ApiClient.Hex(Encoding.ASCII.GetBytes("hullo"))}\r\n", "hullo"),
            409, "overlap");
    }

    [Theory]
    [InlineData("")]
    [InlineData("X-Chunk-SHA256: nonsense\r\n")]
    [InlineData("Other: 1\r\n")]
    public async Task An_announced_trailer_that_does_not_come_or_is_malformed_is_missing(string trailer)
    {
        var id = await _api.CreateIdAsync(5);
        Raw.Problem(await PutAsync(id, "X-Chunk-SHA256", trailer), 400, "digest_missing");
        using var head = await _api.HeadAsync(id, 0);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
    }

    [Fact]
    public async Task Two_trailers_that_differ_are_no_digest()
    {
        var id = await _api.CreateIdAsync(5);
        var trailer = $"X-Chunk-SHA256: {ApiClient.Hex(Content)}\r\nContent-Digest: {ApiClient.Digest([1])}\r\n";
        Raw.Problem(await PutAsync(id, "X-Chunk-SHA256, Content-Digest", trailer), 400, "digest_missing");
    }

    [Fact]
    public async Task A_wrong_digest_in_the_trailer_keeps_nothing()
    {
        var id = await _api.CreateIdAsync(5);
        Raw.Problem(await PutAsync(id, "Content-Digest", $"Content-Digest: {ApiClient.Digest([1])}\r\n"), 422, "digest_mismatch");
        Assert.Equal(0, (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("receivedBytes").GetInt64());
    }

    [Fact]
    public async Task A_trailer_that_cannot_come_is_no_digest()
    {
        var id = await _api.CreateIdAsync(5);
        var answer = await _api.RawAsync($"PUT /api/sessions/{id}/chunks/0 HTTP/1.1\r\nContent-Length: 5\r\nTrailer: Content-Digest", Body);
        Raw.Problem(answer, 400, "digest_missing");
    }

    [Fact]
    public async Task A_file_is_compared_with_the_digest_in_its_trailer()
    {
        const string Head = "PUT /api/files/trailer.bin HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Digest";
        Assert.StartsWith("HTTP/1.1 201 ", await _api.RawAsync(
            Head, $"5\r\n{Body}\r\n0\r\nContent-Digest: {ApiClient.Digest(Content)}\r\n\r\n"), StringComparison.Ordinal);
        Raw.Problem(
            await _api.RawAsync(Head, $"5\r\n{Body}\r\n0\r\nContent-Digest: {ApiClient.Digest([1])}\r\n\r\n"), 422, "file_digest_mismatch");
    }

    [Fact]
    public async Task A_client_that_waits_for_100_continue_is_refused_before_it_sends_a_byte()
    {
        var id = await _api.CreateIdAsync(100);
        var head = $"PUT /api/sessions/{id}/chunks/200 HTTP/1.1\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\nX-Chunk-SHA256: "
            + $"{ApiClient.Hex(Content)}";
        // No body is sent, so the answer can only depend on the headers.
        using var connection = await Support.RawConnection.OpenAsync(fixture.Service.Address);
        await connection.SendAsync($"{head}\r\nHost: a\r\nAuthorization: Bearer {fixture.Service.Key}\r\n\r\n");
        var answer = await connection.ReadAnswerAsync();
        Raw.Problem(answer, 413, "beyond_size");
    }

    [Fact]
    public async Task A_client_that_waits_for_100_continue_is_told_to_continue()
    {
        var id = await _api.CreateIdAsync(5);
        using var connection = await Support.RawConnection.OpenAsync(fixture.Service.Address);
        await connection.SendAsync(
            $"PUT /api/sessions/{id}/chunks/0 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {fixture.Service.Key}\r\nContent-Length: "
                + $"5\r\nExpect: 100-continue\r\nX-Chunk-SHA256: {ApiClient.Hex(Content)}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100 ", await connection.ReadHeadAsync(), StringComparison.Ordinal);
        await connection.SendAsync(Body);
        Assert.StartsWith("HTTP/1.1 201 ", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private Task<string> PutAsync(string id, string announced, string trailer, string body = Body) => _api.RawAsync(
        $"PUT /api/sessions/{id}/chunks/0 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: {announced}",
            $"5\r\n{body}\r\n0\r\n{trailer}\r\n");
}
