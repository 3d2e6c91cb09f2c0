using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Functional.Resumable;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Wire;

/// <summary>
/// Both protocols byte for byte on a raw socket. 104 responses are tested in Resumable.InterimTests, resets in the TakeoverTests, HTTP/2 in
/// Http2Tests.
/// </summary>
public sealed class RawSocketTests(TusFixture fixture) : IClassFixture<TusFixture>
{
    private readonly TestService _service = fixture.Tus.Service;

    [Theory]
    [InlineData("tus")]
    [InlineData("ietf")]
    public async Task Requests_that_are_sent_ahead_are_answered_in_order(string protocol)
    {
        var path = await BeginAsync(protocol, 10);
        using var connection = await RawConnection.OpenAsync(_service.Address);
        await connection.SendAsync(
            Patch(protocol, path, 0, "Content-Length: 4") + "1234"
            + Head(protocol, path)
            + Patch(protocol, path, 4, "Transfer-Encoding: chunked") + "3\r\n567\r\n3\r\n890\r\n0\r\n\r\n"
            + Patch(protocol, path, 4, "Content-Length: 4") + "4567"
            + Head(protocol, path));
        var (part, asked) = protocol == "tus" ? (204, 200) : (204, 204);
        Assert.Equal((part, 4L), await AnswerAsync(connection));
        Assert.Equal((asked, 4L), await AnswerAsync(connection));
        Assert.Equal((part, 10L), await AnswerAsync(connection));
        Assert.Equal((409, 10L), await AnswerAsync(connection));
        Assert.Equal((asked, 10L), await AnswerAsync(connection));
    }

    [Theory]
    [InlineData("tus")]
    [InlineData("ietf")]
    public async Task An_HTTP_1_0_client_is_answered_and_disconnected(string protocol)
    {
        var path = await BeginAsync(protocol, 4);
        var request = Patch(protocol, path, 0, "Content-Length: 4").Replace(" HTTP/1.1\r\n", " HTTP/1.0\r\n", StringComparison.Ordinal)
            + "1234";
        var answer = await RawConnection.AnswerAsync(_service.Address, request);
        Assert.StartsWith("HTTP/1.1 204 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nUpload-Offset: 4\r\n", answer, StringComparison.Ordinal);

        // Without a host the address is a path.
        var created = await RawConnection.AnswerAsync(_service.Address, protocol == "tus"
            ? $"POST /files HTTP/1.0\r\nAuthorization: Bearer {_service.Key}\r\nTus-Resumable: 1.0.0\r\nUpload-Length: "
                + $"4\r\nContent-Length: 0\r\n\r\n"
            : $"POST /uploads HTTP/1.0\r\nAuthorization: Bearer {_service.Key}\r\nUpload-Draft-Interop-Version: 8\r\nUpload-Complete: "
                + $"?0\r\nContent-Length: 0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 201 ", created, StringComparison.Ordinal);
        Assert.Contains($"\r\nLocation: /{(protocol == "tus" ? "files" : "uploads")}/", created, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tus")]
    [InlineData("ietf")]
    public async Task Complete_body_counts_after_the_client_closed_its_half(string protocol)
    {
        var path = await BeginAsync(protocol, 4);
        using var connection = await RawConnection.OpenAsync(_service.Address);
        var gate = fixture.Tus.Hooks.HoldAfter(nameof(IStoredFileWriter.Write));
        await connection.SendAsync(Patch(protocol, path, 0, "Content-Length: 4") + "1234");
        await gate.Reached;
        connection.EndSending();
        gate.Open();
        // Kestrel treats it as a lost connection, so the answer may be lost too.
        var answer = await connection.ReadToEndAsync().WaitAsync(Eventually.Limit);
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 204 ", StringComparison.Ordinal), answer);
        Assert.Equal(4, (await AskAsync(protocol, path)).Offset);
    }

    [Theory]
    [InlineData("tus", "Content-Length: 10", "123")]
    [InlineData("ietf", "Content-Length: 10", "123")]
    [InlineData("tus", "Transfer-Encoding: chunked", "2\r\n12\r\n5\r\n3")]
    [InlineData("ietf", "Transfer-Encoding: chunked", "2\r\n12\r\n5\r\n3")]
    public async Task A_half_that_ends_within_the_body_keeps_the_received_bytes(string protocol, string framing, string sent)
    {
        var path = await BeginAsync(protocol, 10);
        using var connection = await RawConnection.OpenAsync(_service.Address);
        var written = fixture.Tus.Hooks.WrittenAsync(3);
        await connection.SendAsync(Patch(protocol, path, 0, framing) + sent);
        await written;
        connection.EndSending();
        Assert.DoesNotContain(
            " 204 ", (await connection.ReadToEndAsync().WaitAsync(Eventually.Limit)).Split("\r\n")[0], StringComparison.Ordinal);
        Assert.Equal(3, (await AskAsync(protocol, path)).Offset);
    }

    [Fact]
    public async Task Body_without_its_end_keeps_all_bytes_but_the_last()
    {
        var path = await BeginAsync("tus", 11);
        using var connection = await RawConnection.OpenAsync(_service.Address);
        var written = fixture.Tus.Hooks.WrittenAsync(11);
        await connection.SendAsync(Patch("tus", path, 0, "Transfer-Encoding: chunked") + "5\r\nhello\r\n6\r\n world\r\n");
        await written;
        connection.EndSending();
        Assert.DoesNotContain(
            " 204 ", (await connection.ReadToEndAsync().WaitAsync(Eventually.Limit)).Split("\r\n")[0], StringComparison.Ordinal);
        Assert.Equal(10, (await AskAsync("tus", path)).Offset);

        using var again = await RawConnection.OpenAsync(_service.Address);
        await again.SendAsync(Patch("tus", path, 10, "Content-Length: 1") + "d");
        Assert.Equal((204, 11L), await AnswerAsync(again));
        Assert.Equal("hello world", await ContentAsync("tus", path, 11));
    }

    [Theory]
    [InlineData("tus", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")]
    [InlineData("ietf", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")]
    [InlineData("tus", "00005;name=value;other=\"a;b\"\r\nhello\r\n6\r\n world\r\n0;last\r\n\r\n")]
    [InlineData("ietf", "B\r\nhello world\r\n000\r\nX-Trailer: 1\r\n\r\n")]
    public async Task Chunks_come_in_every_form_that_there_is(string protocol, string body)
    {
        var path = await BeginAsync(protocol, 11);
        // Byte by byte, because no part of the framing needs to arrive at once.
        using var connection = await RawConnection.OpenAsync(_service.Address);
        await connection.SendAsync(Patch(protocol, path, 0, "Transfer-Encoding: chunked"));
        foreach (var one in body)
            await connection.SendAsync(one.ToString());
        Assert.Equal((204, 11L), await AnswerAsync(connection));
        Assert.Equal("hello world", await ContentAsync(protocol, path, 11));
    }

    [Theory]
    [InlineData("tus", "zz\r\n")]
    [InlineData("ietf", "zz\r\n")]
    [InlineData("tus", "-1\r\n")]
    [InlineData("ietf", "FFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("tus", "2\r\n123\r\n0\r\n\r\n")]
    [InlineData("ietf", "2\r\n123\r\n0\r\n\r\n")]
    public async Task Broken_chunks_do_not_end_a_body_and_close_the_connection(string protocol, string body)
    {
        var path = await BeginAsync(protocol, 10);
        using var connection = await RawConnection.OpenAsync(_service.Address);
        await connection.SendAsync(Patch(protocol, path, 0, "Transfer-Encoding: chunked") + body);
        var answer = await connection.ReadToEndAsync().WaitAsync(Eventually.Limit);
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Equal(body[0] == '2' ? 2 : 0, (await AskAsync(protocol, path)).Offset!.Value);
        Assert.DoesNotContain(_service.Log.All, line => line.StartsWith("Error", StringComparison.Ordinal)
            && line.Contains("chunk size", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tus", "Content-Length: 4", "Transfer-Encoding: chunked")]
    [InlineData("ietf", "Content-Length: 4", "Transfer-Encoding: chunked")]
    [InlineData("tus", "Content-Length: 4", "Content-Length: 5")]
    [InlineData("ietf", "Content-Length: 4", "Content-Length: 5")]
    [InlineData("tus", "Transfer-Encoding: gzip, chunked", "X: y")]
    [InlineData("ietf", "Content-Length: 4x", "X: y")]
    [InlineData("tus", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")]
    [InlineData("ietf", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")]
    public async Task No_second_request_is_read_after_an_ambiguous_body_length(string protocol, string one, string two)
    {
        var path = await BeginAsync(protocol, 10);
        using var connection = await RawConnection.OpenAsync(_service.Address);
        // A proxy might take the DELETE that follows for part of the body.
        await connection.SendAsync(
            Patch(protocol, path, 0, $"{one}\r\n{two}") + "0\r\n\r\n" + Request(protocol, $"DELETE {path}", "Content-Length: 0"));
        var answers = await connection.ReadToEndAsync().WaitAsync(Eventually.Limit);
        Assert.DoesNotContain("\nHTTP/1.1 204", answers, StringComparison.Ordinal);
        Assert.Equal(protocol == "tus" ? 200 : 204, (await AskAsync(protocol, path)).Status);
    }

    [Theory]
    [InlineData("tus")]
    [InlineData("ietf")]
    public async Task Http_1_0_request_with_chunked_coding_is_refused(string protocol)
    {
        var path = await BeginAsync(protocol, 4);
        var request = Patch(protocol, path, 0, "Transfer-Encoding: chunked")
            .Replace(" HTTP/1.1\r\n", " HTTP/1.0\r\n", StringComparison.Ordinal) + "4\r\n1234\r\n0\r\n\r\n";
        Assert.StartsWith("HTTP/1.1 400 ", await RawConnection.AnswerAsync(_service.Address, request), StringComparison.Ordinal);
        Assert.Equal(0, (await AskAsync(protocol, path)).Offset);
    }

    [Theory]
    [InlineData("?\u00c3\u00a9")]
    [InlineData("?\u0001")]
    [InlineData("?\u007f")]
    public async Task Value_that_could_not_be_sent_back_is_refused(string tail)
    {
        var part = await fixture.Tus.Client.CreateAsync(("Upload-Length", "0"), ("Upload-Concat", "partial"));
        var before = await fixture.Tus.CountAsync();
        using var raw = await fixture.Tus.RawAsync();
        foreach (var (concat, status) in new[] { ($"final;{part.Path}{tail}", 400), ($"final;{part.Path}?a=~\t{part.Path}", 201) })
        {
            await raw.HeadAsync("POST /files", $"Upload-Concat: {concat}", "Content-Length: 0");
            var answer = await raw.AnswerAsync();
            Assert.Equal(status, answer.Status);
            if (status == 201)
                Assert.Equal(concat, (await fixture.Tus.Client.HeadAsync(answer.Path))["Upload-Concat"]);
            else
                Assert.Equal(before, await fixture.Tus.CountAsync());
        }
    }

    [Theory]
    [InlineData("tus")]
    [InlineData("ietf")]
    public async Task Headers_that_come_too_slowly_are_cut_and_cost_no_upload(string protocol)
    {
        await using var tus = await fixture.StartAsync(("Host:RequestHeadersTimeout", "1s"));
        using var connection = await RawConnection.OpenAsync(tus.Service.Address);
        await connection.SendAsync(
            protocol == "tus" ? "POST /files HTTP/1.1\r\nHost: a\r\nUpload-Len" : "POST /uploads HTTP/1.1\r\nHost: a\r\nUpload-Com");
        var answer = await connection.ReadToEndAsync().WaitAsync(Eventually.Limit);
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer);
        Assert.Equal(0, await tus.CountAsync());
    }

    [Theory]
    [InlineData("tus")]
    [InlineData("ietf")]
    public async Task A_body_that_trickles_is_cut_and_continues_where_it_stopped(string protocol)
    {
        await using var tus =
            await fixture.StartAsync(("Host:MinBodyRate", "1000"), ("Host:SlowBodyGrace", "2s"), ("Uploads:BodyIdleTimeout", "1h"));
        var path = await BeginAsync(protocol, 10, tus.Service);
        using var connection = await RawConnection.OpenAsync(tus.Service.Address);
        var written = tus.Hooks.WrittenAsync(3);
        await connection.SendAsync(Patch(protocol, path, 0, "Content-Length: 10", tus.Service) + "123");
        await written;
        var answer = await connection.ReadToEndAsync().WaitAsync(Eventually.Limit);
        Assert.DoesNotContain(" 204 ", answer.Split("\r\n")[0], StringComparison.Ordinal);
        Assert.Equal(3, (await AskAsync(protocol, path, tus.Service)).Offset);
    }

    [Theory]
    [InlineData("tus")]
    [InlineData("ietf")]
    public async Task A_digest_may_come_in_the_trailer(string protocol)
    {
        foreach (var right in new[] { false, true })
        {
            var path = await BeginAsync(protocol, 11);
            var digest = Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(right ? "hello world" : "hello")));
            var name = protocol == "tus" ? "Upload-Checksum" : "Content-Digest";
            using var connection = await RawConnection.OpenAsync(_service.Address);
            await connection.SendAsync(
                Patch(protocol, path, 0, $"Transfer-Encoding: chunked\r\nTrailer: {name}")
                + $"b\r\nhello world\r\n0\r\n{name}: {(protocol == "tus" ? $"sha256 {digest}" : $"sha-256=:{digest}:")}\r\n\r\n");
            var status = (await AnswerAsync(connection)).Status;
            Assert.Equal(right ? 204 : protocol == "tus" ? 460 : 400, status);
            Assert.Equal(right ? 11 : 0, (await AskAsync(protocol, path)).Offset);
        }
    }

    private static async Task<(int Status, long? Offset)> AnswerAsync(RawConnection connection)
    {
        var answer = await connection.ReadAnswerAsync().WaitAsync(Eventually.Limit);
        while (answer.StartsWith("HTTP/1.1 1", StringComparison.Ordinal))
            answer = await connection.ReadAnswerAsync().WaitAsync(Eventually.Limit);
        var offset = answer.Split("\r\n").FirstOrDefault(line => line.StartsWith("Upload-Offset: ", StringComparison.Ordinal));
        return (int.Parse(answer.Split(' ')[1], null), offset is null ? null : long.Parse(offset["Upload-Offset: ".Length..], null));
    }

    private async Task<string> BeginAsync(string protocol, int length, TestService? service = null)
    {
        var created = protocol == "tus"
            ? await UploadWire.SendAsync(service ?? _service, "POST /files", [], "Tus-Resumable: 1.0.0", $"Upload-Length: {length}")
            : await UploadWire.SendAsync(
                service ?? _service, "POST /uploads", [], "Upload-Draft-Interop-Version: 9", "Upload-Complete: ?0");
        Assert.Equal(201, created.Final.Status);
        return created.Final.Path;
    }

    private async Task<WireAnswer> AskAsync(string protocol, string path, TestService? service = null) => (await UploadWire.SendAsync(
        service ?? _service, $"HEAD {path}", null, protocol == "tus" ? "Tus-Resumable: 1.0.0" : "Upload-Draft-Interop-Version: 9")).Final;

    /// <summary>The content of a finished tus upload, or of an IETF upload that this call completes.</summary>
    private async Task<string> ContentAsync(string protocol, string path, long length)
    {
        if (protocol == "ietf")
        {
            var last = await UploadWire.SendAsync(
                _service, $"PATCH {path}", [], "Upload-Draft-Interop-Version: 9", $"Upload-Offset: {length}", "Upload-Complete: ?1",
                    "Content-Type: application/partial-upload");
            Assert.Equal(201, last.Final.Status);
        }

        return await _service.Client.GetStringAsync(new Uri($"/api/files/{path.Split('/')[^1]}/content", UriKind.Relative));
    }

    private string Patch(string protocol, string path, long offset, string framing, TestService? service = null) => Request(
        protocol, $"PATCH {path}",
        protocol == "tus"
            ? $"Upload-Offset: {offset}\r\nContent-Type: {TusClient.OffsetType}\r\n{framing}"
            : $"Upload-Offset: {offset}\r\nUpload-Complete: ?0\r\nContent-Type: application/partial-upload\r\n{framing}",
        service);

    private string Head(string protocol, string path) => Request(protocol, $"HEAD {path}", "Accept: */*");

    private string Request(string protocol, string line, string headers, TestService? service = null) =>
        $"{line} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {(service ?? _service).Key}\r\n"
        + $"{(protocol == "tus" ? "Tus-Resumable: 1.0.0" : "Upload-Draft-Interop-Version: 9")}\r\n{headers}\r\n\r\n";
}
