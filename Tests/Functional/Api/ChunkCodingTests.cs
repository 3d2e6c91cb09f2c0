using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Functional.Api;

/// <summary>Compressed chunks: all numbers count decoded bytes, and invalid or too large content is refused.</summary>
[Collection(ApiCollection.Name)]
public sealed class ChunkCodingTests(ApiFixture fixture)
{
    private const int Length = 3 << 20;

    private readonly ApiClient _api = fixture.Api;
    private readonly byte[] _text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, Length / 8).Select(number => $"{number,8}")));

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("GZIP")]
    public async Task A_compressed_chunk_counts_with_its_decoded_bytes(string coding)
    {
        var session = await _api.CreateAsync(Length);
        var id = ApiClient.Id(session);
        Assert.Equal(["br", "gzip"], session.GetProperty("codings").EnumerateArray().Select(name => name.GetString()));
        var half = Length / 2;
        using (var answer = await PutAsync(id, half, _text[half..], coding))
        {
            var receipt = await ApiClient.JsonAsync(answer, HttpStatusCode.Created);
            Assert.Equal((half, half), (receipt.GetProperty("length").GetInt32(), receipt.GetProperty("receivedBytes").GetInt32()));
        }

        using (var again = await PutAsync(id, half, _text[half..], coding))
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        _ = await _api.PutOkAsync(id, 0, _text[..half]);
        using var done = await _api.CompleteAsync(id, new { sha256 = ApiClient.Hex(_text) });
        var completed = await ApiClient.JsonAsync(done, HttpStatusCode.OK);
        Assert.Empty(completed.GetProperty("codings").EnumerateArray());
        Assert.Equal(_text, await _api.Http.GetByteArrayAsync($"/api/files/{id}/content"));
    }

    [Fact]
    public async Task What_a_compressed_chunk_must_say_is_asked_for()
    {
        var id = await _api.CreateIdAsync(Length);
        using var unranged = await PutAsync(id, 0, _text, "gzip", content => content.Headers.ContentRange = null);
        await ApiClient.ProblemAsync(unranged, HttpStatusCode.BadRequest, "invalid_header");
        using var digest = await PutAsync(
            id, 0, _text, "gzip", content => content.Headers.TryAddWithoutValidation("Content-Digest", ApiClient.Digest(_text)));
        await ApiClient.ProblemAsync(digest, HttpStatusCode.BadRequest, "invalid_header");
        await AssertNothingAsync(id);
    }

    [Fact]
    public async Task What_decodes_to_nonsense_or_to_another_length_does_not_count()
    {
        var id = await _api.CreateIdAsync(Length);
        foreach (var coding in new[] { "gzip", "br" })
        {
            var coded = Compress(_text, coding);
            coded.AsSpan(coded.Length / 2, 200).Fill(0xFF);
            using var damaged = await SendAsync(id, 0, _text, coded, coding, new ContentRangeHeaderValue(0, Length - 1));
            Assert.Contains(
                (await ApiClient.JsonAsync(damaged, damaged.StatusCode)).GetProperty("code").GetString(),
                new[] { "malformed_body", "digest_mismatch", "length_mismatch" });
            using var delete = await _api.Http.DeleteAsync($"/api/sessions/{id}/chunks/0");
            using var longer = await SendAsync(id, 0, _text[..1000], Compress(_text, coding), coding, new ContentRangeHeaderValue(0, 999));
            await ApiClient.ProblemAsync(longer, HttpStatusCode.BadRequest, "length_mismatch");
            using var shorter = await SendAsync(
                id, 1000, _text[1000..], Compress(_text[1000..2000], coding), coding, new ContentRangeHeaderValue(1000, Length - 1));
            await ApiClient.ProblemAsync(shorter, HttpStatusCode.BadRequest, "length_mismatch");
        }

        using var nonsense = await SendAsync(
            id, 2000, _text[2000..], Encoding.ASCII.GetBytes("no gzip"), "gzip", new ContentRangeHeaderValue(2000, Length - 1));
        await ApiClient.ProblemAsync(nonsense, HttpStatusCode.BadRequest, "malformed_body");
        await AssertNothingAsync(id);
    }

    [Fact]
    public async Task A_body_that_decodes_to_absurdly_many_bytes_is_refused_and_gzip_of_zeros_is_not()
    {
        var zeros = new byte[16 << 20];
        var id = await _api.CreateIdAsync(zeros.Length);
        using (var absurd = await PutAsync(id, 0, zeros, "br"))
            await ApiClient.ProblemAsync(absurd, HttpStatusCode.RequestEntityTooLarge, "absurd_ratio");
        await AssertNothingAsync(id);
        using var good = await PutAsync(id, 0, zeros, "gzip");
        Assert.Equal(HttpStatusCode.Created, good.StatusCode);
    }

    [Fact]
    public async Task A_compressed_chunk_that_broke_off_goes_on_behind_its_decoded_bytes()
    {
        var id = await _api.CreateIdAsync(Length);
        var coded = Compress(_text, "gzip");
        var service = fixture.Service;
        long kept = 0;
        var patience = TimeSpan.FromMilliseconds(20);
        await Eventually.HoldsAsync(async () =>
        {
            using var connection = new TcpClient();
            await connection.ConnectAsync(service.Address.Host, service.Address.Port);
            await using var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT /api/sessions/{id}/chunks/0 HTTP/1.1\r\nHost: {service.Address.Authority}\r\nAuthorization: Bearer {service.Key}\r\n"
                + $"Content-Encoding: gzip\r\nContent-Range: bytes 0-{Length - 1}/*\r\nX-Chunk-SHA256: {ApiClient.Hex(_text)}\r\n"
                + $"Content-Length: {coded.Length}\r\n\r\n"));
            await stream.WriteAsync(coded.AsMemory(0, coded.Length / 2));
            // Asking ends the request. One that has decoded nothing yet is sent again and gets more time.
            await Task.Delay(patience);
            patience *= 2;
            using var head = await _api.HeadAsync(id, 0);
            kept = head.Headers.TryGetValues("Upload-Offset", out var offset) ? long.Parse(offset.Single(), null) : 0;
            return kept > 0;
        });
        // Asking ends the request, which may not have decoded all that its socket had.
        Assert.InRange(kept, 1, Length - 1);
        using var rest = await SendAsync(
            id, 0, _text, Compress(_text[(int)kept..], "br"), "br", new ContentRangeHeaderValue(kept, Length - 1));
        Assert.Equal(HttpStatusCode.Created, rest.StatusCode);
    }

    private Task<HttpResponseMessage> PutAsync(
        string id, long offset, byte[] bytes, string coding, Action<HttpContent>? change = null) =>
        SendAsync(
            id, offset, bytes, Compress(bytes, coding), coding, new ContentRangeHeaderValue(offset, offset + bytes.Length - 1), change);

    private async Task<HttpResponseMessage> SendAsync(
        string id, long offset, byte[] chunk, byte[] coded, string coding, ContentRangeHeaderValue range,
        Action<HttpContent>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, ApiClient.At($"/api/sessions/{id}/chunks/{offset}"))
        {
            Content = new ByteArrayContent(coded),
        };
        request.Headers.TryAddWithoutValidation("X-Chunk-SHA256", ApiClient.Hex(chunk));
        request.Content.Headers.ContentEncoding.Add(coding);
        request.Content.Headers.ContentRange = range;
        change?.Invoke(request.Content);
        return await _api.Http.SendAsync(request);
    }

    private async Task AssertNothingAsync(string id) =>
        Assert.Equal(0, (await _api.GetAsync($"/api/sessions/{id}")).GetProperty("receivedBytes").GetInt64());

    private static byte[] Compress(byte[] bytes, string coding)
    {
        using var coded = new MemoryStream();
        using (Stream stream = coding == "br"
            ? new BrotliStream(coded, CompressionLevel.Fastest, leaveOpen: true)
            : new GZipStream(coded, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(bytes);
        return coded.ToArray();
    }
}
