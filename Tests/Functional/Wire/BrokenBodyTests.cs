using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Functional.Tus;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Wire;

/// <summary>
/// Malformed bodies, and bodies that are too slow, on working connections: the clients get an answer, and the bytes before are kept and
/// reported (T56, T102, R56).
/// </summary>
public sealed class BrokenBodyTests(TusFixture fixture) : IClassFixture<TusFixture>
{
    private const string Chunked = "Transfer-Encoding: chunked";

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("2\r\nxyz\r\n0\r\n\r\n")]
    [InlineData("0\r\nUpload-Checksum: sha1 \0\r\n\r\n")]
    [InlineData("0\r\nMany: {40000}\r\n\r\n")]
    [InlineData("4;{40000}\r\nabcd\r\n0\r\n\r\n")]
    public async Task A_part_with_broken_chunks_is_400_and_keeps_what_came_before(string rest)
    {
        foreach (var tus in new[] { true, false })
        {
            var path = await BeginAsync(tus);
            var written = fixture.Tus.Hooks.WrittenAsync(3);
            using var raw = await fixture.Tus.RawAsync();
            await raw.BareHeadAsync($"PATCH {path}", [.. Said(tus), "Upload-Offset: 0", Chunked]);
            await raw.SendAsync("3\r\nabc\r\n");
            await written;
            await raw.SendAsync(rest.Replace("{40000}", new string('x', 40000), StringComparison.Ordinal));
            var answer = await raw.AnswerAsync();
            var kept = rest[0] == '2' ? 5L : 3L;
            Assert.Equal((400, "malformed_body", "close"), (answer.Status, answer["X-Error-Code"], answer["Connection"]));
            Assert.Equal(kept, answer.Offset);
            Assert.Equal("", await raw.RestAsync());
            Assert.Equal(answer.Offset, (await fixture.Tus.UploadAsync(path)).ReceivedBytes);
        }
    }

    [Theory]
    [OwnTransportData(true)]
    [OwnTransportData(false)]
    public async Task Well_framed_bytes_count_though_a_fault_or_the_end_comes_with_them(bool tus)
    {
        foreach (var rest in new[] { "zz\r\n", "3", "5\r\nf", "9999999999\r\n", "0\r\n", "0\r\nnone\r\n\r\n", "0\r\nA: \0\r\n\r\n" })
        {
            var path = await BeginAsync(tus);
            var opening = fixture.Tus.Hooks.HoldBefore(nameof(IChunkStore.CreateAsync));
            using var raw = await fixture.Tus.RawAsync();
            await raw.BareHeadAsync($"PATCH {path}", [.. Said(tus), "Upload-Offset: 0", Chunked]);
            await raw.SendAsync($"3\r\nabc\r\n2;x=y\r\nde\r\n{rest}");
            raw.EndSending();
            await opening.Reached;
            opening.Open();
            var answer = await raw.RestAsync();
            // A disconnected client gets no answer; the HEAD waits until its bytes are recorded.
            var head = await fixture.Tus.Client.SendAsync(
                HttpMethod.Head, path, null, tus ? ("Tus-Resumable", "1.0.0") : ("Upload-Draft-Interop-Version", "9"));
            Assert.True(head.Offset == (rest[0] == '5' ? 6 : 5), $"{rest} {head.Offset} {answer}");
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_creation_with_broken_chunks_is_400_and_the_address_of_what_came_before_goes_with_it(bool tus)
    {
        var written = fixture.Tus.Hooks.WrittenAsync(3);
        using var raw = await fixture.Tus.RawAsync();
        await raw.BareHeadAsync(
            $"POST {(tus ? "/files" : "/uploads")}", [.. Said(tus, version: false), .. tus ? new[] { "Upload-Length: 10" } : [], Chunked]);
        await raw.SendAsync("3\r\nabc\r\n");
        await written;
        await raw.SendAsync("zz\r\n");
        var answer = await raw.AnswerAsync();
        Assert.Equal((400, "malformed_body", 3L), (answer.Status, answer["X-Error-Code"], answer.Offset));
        var upload = await fixture.Tus.UploadAsync(answer.Path);
        Assert.Equal((UploadState.Open, 3L), (upload.State, upload.ReceivedBytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_creation_that_trickles_is_answered_with_its_address(bool tus)
    {
        await using var service =
            await fixture.StartAsync(("Host:MinBodyRate", "1000"), ("Host:SlowBodyGrace", "2s"), ("Uploads:BodyIdleTimeout", "1h"));
        using var raw = await service.RawAsync();
        await raw.BareHeadAsync($"POST {(tus ? "/files" : "/uploads")}",
            [.. Said(tus, version: false), .. tus ? new[] { "Upload-Length: 10" } : [], "Content-Length: 10"]);
        await raw.SendAsync("abc");
        var answer = await raw.AnswerAsync();
        Assert.Equal((tus ? 201 : 408, 3L), (answer.Status, answer.Offset));
        var upload = await service.UploadAsync(answer.Path);
        Assert.Equal((UploadState.Open, 3L), (upload.State, upload.ReceivedBytes));
    }

    [Theory]
    [InlineData("1000", "1h")]
    [InlineData("0", "1s")]
    public async Task A_creation_whose_first_byte_does_not_come_is_answered_with_its_address(string rate, string idle)
    {
        await using var service =
            await fixture.StartAsync(("Host:MinBodyRate", rate), ("Host:SlowBodyGrace", "2s"), ("Uploads:BodyIdleTimeout", idle));
        using var raw = await service.RawAsync();
        await raw.BareHeadAsync("POST /files", [.. Said(tus: true), "Upload-Length: 10", Chunked]);
        var answer = await raw.AnswerAsync();
        Assert.Equal((201, 0L), (answer.Status, answer.Offset));
        Assert.Equal(204, (await service.Client.PatchAsync(answer.Path, 0, new byte[10])).Status);
    }

    [Fact]
    public async Task A_call_whose_text_breaks_off_with_its_framing_is_400_and_waits_for_nothing()
    {
        using var raw = await fixture.Tus.RawAsync();
        await raw.BareHeadAsync("POST /api/sessions", [Chunked, "Content-Type: application/json"]);
        await raw.SendAsync("10\r\n{\"fileName\":\"abc\r\nzz\r\n");
        Assert.Equal(400, (await raw.AnswerAsync()).Status);
    }

    [Fact]
    public async Task A_chunk_or_a_file_with_broken_framing_is_400_too()
    {
        foreach (var line in new[] { "PUT /api/files/broken", "PUT /uploads/broken" })
        {
            using var raw = await fixture.Tus.RawAsync();
            await raw.BareHeadAsync(line, Chunked);
            await raw.SendAsync("3\r\nabc\r\nzz\r\n");
            var answer = await raw.AnswerAsync();
            Assert.Equal((400, "malformed_body", null), (answer.Status, answer["X-Error-Code"], answer.Offset));
        }

        var listed = await fixture.Tus.Ledger.ListAsync(new UploadQuery(Caller.Operator) { Limit = 1000 }, CancellationToken.None);
        Assert.DoesNotContain(listed.Items, upload => upload is { FileName: "broken", State: not UploadState.Failed });
    }

    private async Task<string> BeginAsync(bool tus)
    {
        if (tus)
            return await fixture.Tus.Client.NewAsync(10);
        var begun = await fixture.Tus.Client.SendAsync(HttpMethod.Post, "/uploads", null, ("Upload-Complete", "?0"));
        Assert.Equal(201, begun.Status);
        return begun.Path;
    }

    private static string[] Said(bool tus, bool version = true) => tus
        ? ["Tus-Resumable: 1.0.0", $"Content-Type: {TusClient.OffsetType}"]
        : [.. version ? new[] { "Upload-Draft-Interop-Version: 9" } : [], "Upload-Complete: ?0",
            "Content-Type: application/partial-upload"];
}
