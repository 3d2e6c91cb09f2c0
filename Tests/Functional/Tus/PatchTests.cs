using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T50-T59, T90-T96: appending, and refusals without side effects.</summary>
[Collection(TusCollection.Name)]
public sealed class PatchTests(TusFixture fixture)
{
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    [Fact]
    public async Task Appends_and_tells_the_new_offset()
    {
        var bytes = TusClient.Bytes(100_000);
        var path = await _client.NewAsync(bytes.Length);

        var first = await _client.PatchAsync(path, 0, bytes[..40_000]);
        Assert.Equal((204, 40_000L), (first.Status, first.Offset));
        var second = await _client.PatchAsync(path, 40_000, bytes[40_000..]);
        Assert.Equal((204, 100_000L), (second.Status, second.Offset));
        Assert.Equal(bytes, await _client.DownloadAsync(path));
        Assert.Equal(TusClient.Sha256(bytes), (await _tus.UploadAsync(path)).Sha256?.ToString());
    }

    [Fact]
    public async Task An_empty_patch_tells_the_offset_and_completes_nothing()
    {
        var path = await _client.NewAsync(10);
        var empty = await _client.PatchAsync(path, 0, []);
        Assert.Equal((204, 0L), (empty.Status, empty.Offset));
        Assert.Equal(UploadState.Open, (await _tus.UploadAsync(path)).State);
    }

    [Theory]
    [InlineData("application/octet-stream")]
    [InlineData("application/offset+octet-streams")]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task Returns_415_for_another_content_type(string? type)
    {
        var path = await _client.NewAsync(10);
        var answer = await _client.TusAsync(HttpMethod.Patch, path, new ByteArrayContent([1]),
            [("Upload-Offset", "0"), .. type is null ? [] : new[] { ("Content-Type", type) }]);
        Assert.Equal(415, answer.Status);
        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
    }

    [Theory]
    [InlineData("Application/Offset+Octet-Stream")]
    [InlineData("application/offset+octet-stream; charset=utf-8")]
    public async Task Takes_the_content_type_in_any_case_and_with_parameters(string type)
    {
        var path = await _client.NewAsync(10);
        var answer =
            await _client.TusAsync(HttpMethod.Patch, path, new ByteArrayContent([1]), ("Upload-Offset", "0"), ("Content-Type", type));
        Assert.Equal((204, 1L), (answer.Status, answer.Offset));
    }

    [Theory]
    [InlineData("gzip", 415)]
    [InlineData("identity", 204)]
    public async Task Takes_no_coded_bytes(string coding, int status)
    {
        var path = await _client.NewAsync(10);
        var answer = await _client.PatchAsync(path, 0, [1], ("Content-Encoding", coding));
        Assert.Equal(status, answer.Status);
        var created = await _client.TusAsync(
            HttpMethod.Post, "/files", new ByteArrayContent([1]), ("Upload-Length", "10"), ("Content-Type", TusClient.OffsetType),
                ("Content-Encoding", coding));
        Assert.Equal(status == 415 ? 415 : 201, created.Status);
    }

    [Fact]
    public async Task Returns_400_without_an_offset()
    {
        var path = await _client.NewAsync(10);
        var answer = await _client.TusAsync(HttpMethod.Patch, path, new ByteArrayContent([1]), ("Content-Type", TusClient.OffsetType));
        Assert.Equal(400, answer.Status);
        Assert.Contains("invalid_offset", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(long.MaxValue)]
    public async Task Returns_409_with_the_true_offset_when_it_is_another(long offset)
    {
        var path = await _client.NewAsync(10);
        await _client.PatchAsync(path, 0, new byte[5]);
        var answer = await _client.PatchAsync(path, offset, [1]);
        Assert.Equal((409, 5L), (answer.Status, answer.Offset));
        Assert.Equal(5, (await _client.HeadAsync(path)).Offset);
        Assert.Equal(204, (await _client.PatchAsync(path, 5, new byte[5])).Status);
    }

    [Fact]
    public async Task Returns_404_before_the_body_is_sent()
    {
        using var raw = await _tus.RawAsync();
        await raw.PatchHeadAsync("/files/00000000000000000000000000000000", 0, 1_000_000_000, "Expect: 100-continue");
        Assert.Equal(404, (await raw.FirstAnswerAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Returns_413_for_a_body_that_passes_the_length(bool chunked)
    {
        var path = await _client.NewAsync(10);
        await _client.PatchAsync(path, 0, new byte[5]);
        var content = new ByteArrayContent(new byte[6]);
        var answer = await _client.PatchAsync(path, 5, content, chunked ? [("Transfer-Encoding", "chunked")] : []);
        Assert.Equal(413, answer.Status);
        Assert.Equal(5, (await _client.HeadAsync(path)).Offset);
        Assert.Equal(UploadState.Open, (await _tus.UploadAsync(path)).State);
        Assert.Equal(204, (await _client.PatchAsync(path, 5, new byte[5])).Status);
    }

    [Fact]
    public async Task Returns_413_before_the_body_is_sent()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        await raw.PatchHeadAsync(path, 0, 11, "Expect: 100-continue");
        Assert.Equal(413, (await raw.FirstAnswerAsync()).Status);
    }

    [Fact]
    public async Task A_repeated_last_patch_is_a_success_that_does_nothing()
    {
        var bytes = TusClient.Bytes(10);
        var path = await _client.UploadAsync(bytes);
        var completed = await _tus.UploadAsync(path);
        foreach (var content in new HttpContent[] { new ByteArrayContent([]), new ByteArrayContent([]) })
        {
            var answer = await _client.PatchAsync(path, 10, content);
            Assert.Equal((204, 10L), (answer.Status, answer.Offset));
        }

        var again = await _tus.UploadAsync(path);
        Assert.Equal((completed.CompletedAt, completed.StateAt), (again.CompletedAt, again.StateAt));
        Assert.Equal(bytes, await _client.DownloadAsync(path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Returns_413_for_more_bytes_on_a_finished_upload(bool chunked)
    {
        var path = await _client.UploadAsync(TusClient.Bytes(10));
        var answer = await _client.PatchAsync(path, 10, new ByteArrayContent([1]), chunked ? [("Transfer-Encoding", "chunked")] : []);
        Assert.Equal((413, 10L), (answer.Status, answer.Offset));
        Assert.Equal(10, (await _client.HeadAsync(path)).Offset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(11)]
    public async Task Returns_409_on_a_finished_upload_at_another_offset(long offset)
    {
        var path = await _client.UploadAsync(TusClient.Bytes(10));
        var answer = await _client.PatchAsync(path, offset, [1]);
        Assert.Equal((409, 10L), (answer.Status, answer.Offset));
    }

    [Fact]
    public async Task The_first_broken_rule_is_reported()
    {
        var gone = await _client.NewAsync(10);
        await _client.DeleteAsync(gone);
        var path = await _client.NewAsync(10);
        (string, string)[] bad = [("Content-Type", "text/plain"), ("Upload-Offset", "x"), ("Upload-Checksum", "x")];
        var unknown = "/files/00000000000000000000000000000000";

        Assert.Equal(412, (await _client.SendAsync(HttpMethod.Patch, unknown, new ByteArrayContent([1]), bad)).Status);
        Assert.Equal(404, (await _client.TusAsync(HttpMethod.Patch, unknown, new ByteArrayContent([1]), bad)).Status);
        Assert.Equal(410, (await _client.TusAsync(HttpMethod.Patch, gone, new ByteArrayContent([1]), bad)).Status);
        Assert.Equal(415, (await _client.TusAsync(HttpMethod.Patch, path, new ByteArrayContent([1]), bad)).Status);
        bad[0].Item2 = TusClient.OffsetType;
        Assert.Contains("invalid_offset", (await _client.TusAsync(HttpMethod.Patch, path, new ByteArrayContent([1]), bad)).Body,
            StringComparison.Ordinal);
        // Headers are checked before the offset, which the next request may correct.
        bad[1].Item2 = "1";
        Assert.Contains("Upload-Checksum", (await _client.TusAsync(HttpMethod.Patch, path, new ByteArrayContent([1]), bad)).Body,
            StringComparison.Ordinal);
        // The offset is checked before the length.
        Assert.Equal(409, (await _client.PatchAsync(path, 1, new byte[100])).Status);
        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
    }

    [Theory]
    [InlineData("Upload-Checksum", "md4 1B2M2Y8AsgTpgAmY7PhCfg==", "unknown_checksum_algorithm")]
    [InlineData("Upload-Checksum", "sha1 ?", "invalid_header")]
    [InlineData("Upload-Length", "x", "invalid_header")]
    public async Task A_faulty_header_is_reported_and_stops_no_writer(string name, string value, string code)
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        var written = _tus.Hooks.WrittenAsync(4);
        await raw.PatchHeadAsync(path, 0, 10);
        await raw.SendAsync("1234");
        await written;
        foreach (var offset in new[] { 0, 4, 5 })
        {
            var answer = await _client.PatchAsync(path, offset, [1], (name, value));
            Assert.Equal((400, code, null), (answer.Status, answer["X-Error-Code"], answer.Offset));
        }

        await raw.SendAsync("567890");
        Assert.Equal(204, (await raw.AnswerAsync()).Status);
    }

    [Fact]
    public async Task Request_without_the_key_stops_no_running_patch()
    {
        var path = await _client.NewAsync(10);
        using var raw = await _tus.RawAsync();
        var written = _tus.Hooks.WrittenAsync(4);
        await raw.PatchHeadAsync(path, 0, 10);
        await raw.SendAsync("1234");
        await written;
        using (var http = _tus.Service.CreateClient(withKey: false))
        {
            var anonymous = new TusClient(http);
            Assert.Equal(401, (await anonymous.HeadAsync(path)).Status);
            Assert.Equal(401, (await anonymous.PatchAsync(path, 0, [1])).Status);
        }

        await raw.SendAsync("567890");
        var answer = await raw.AnswerAsync();
        Assert.Equal((204, 10L), (answer.Status, answer.Offset));
    }

    // Deferred length

    [Fact]
    public async Task The_length_can_come_with_any_patch_and_is_fixed_then()
    {
        var created = await _client.CreateAsync(("Upload-Defer-Length", "1"));
        await _client.PatchAsync(created.Path, 0, new byte[3]);
        var declared = await _client.PatchAsync(created.Path, 3, new byte[2], ("Upload-Length", "8"));
        Assert.Equal((204, 5L), (declared.Status, declared.Offset));

        // A repeated length must be the same (T91).
        Assert.Equal(400, (await _client.PatchAsync(created.Path, 5, new byte[1], ("Upload-Length", "9"))).Status);
        Assert.Equal(400, (await _client.PatchAsync(created.Path, 5, new byte[1], ("Upload-Length", "7"))).Status);
        Assert.Equal(5, (await _client.HeadAsync(created.Path)).Offset);
        Assert.Equal(204, (await _client.PatchAsync(created.Path, 5, new byte[1], ("Upload-Length", "8"))).Status);
        Assert.Equal(204, (await _client.PatchAsync(created.Path, 6, new byte[2])).Status);
        Assert.Equal(UploadState.Completed, (await _tus.UploadAsync(created.Path)).State);
    }

    [Fact]
    public async Task A_length_fixed_at_the_creation_stays()
    {
        var path = await _client.NewAsync(10);
        Assert.Equal(400, (await _client.PatchAsync(path, 0, [1], ("Upload-Length", "11"))).Status);
        Assert.Equal(400, (await _client.PatchAsync(path, 0, [], ("Upload-Length", "0"))).Status);
        Assert.Equal(0, (await _client.HeadAsync(path)).Offset);
        Assert.Equal(204, (await _client.PatchAsync(path, 0, [1], ("Upload-Length", "10"))).Status);
        Assert.Equal("10", (await _client.HeadAsync(path))["Upload-Length"]);
    }

    [Fact]
    public async Task A_length_declared_late_is_neither_below_the_offset_nor_above_the_maximum()
    {
        var created = await _client.CreateAsync(("Upload-Defer-Length", "1"));
        await _client.PatchAsync(created.Path, 0, new byte[5]);
        Assert.Equal(400, (await _client.PatchAsync(created.Path, 5, [], ("Upload-Length", "4"))).Status);
        Assert.Equal(413, (await _client.PatchAsync(created.Path, 5, [], ("Upload-Length", "9000000000000000000"))).Status);
        var head = await _client.HeadAsync(created.Path);
        Assert.Equal((5L, "1"), (head.Offset, head["Upload-Defer-Length"]));
    }

    [Fact]
    public async Task An_empty_patch_with_the_length_ends_a_stream()
    {
        var bytes = TusClient.Bytes(5);
        var created = await _client.CreateAsync(("Upload-Defer-Length", "1"));
        await _client.PatchAsync(created.Path, 0, bytes);
        Assert.Equal(204, (await _client.PatchAsync(created.Path, 5, [])).Status);
        Assert.Equal(UploadState.Open, (await _tus.UploadAsync(created.Path)).State);

        var end = await _client.PatchAsync(created.Path, 5, [], ("Upload-Length", "5"));
        Assert.Equal((204, 5L), (end.Status, end.Offset));
        Assert.Equal(UploadState.Completed, (await _tus.UploadAsync(created.Path)).State);
        Assert.Equal(bytes, await _client.DownloadAsync(created.Path));
    }

    [Fact]
    public async Task The_length_is_kept_though_the_body_that_came_with_it_is_empty()
    {
        var created = await _client.CreateAsync(("Upload-Defer-Length", "1"));
        await _client.PatchAsync(created.Path, 0, [], ("Upload-Length", "5"));
        Assert.Equal("5", (await _client.HeadAsync(created.Path))["Upload-Length"]);
    }

    [Fact]
    public async Task The_length_is_kept_though_the_body_that_came_with_it_breaks_off()
    {
        var created = await _client.CreateAsync(("Upload-Defer-Length", "1"));
        using (var raw = await _tus.RawAsync())
        {
            var written = _tus.Hooks.WrittenAsync(4);
            await raw.PatchHeadAsync(created.Path, 0, 10, "Upload-Length: 12");
            await raw.SendAsync("1234");
            await written;
            raw.Reset();
        }

        var head = await _client.HeadAsync(created.Path);
        Assert.Equal((4L, "12", null), (head.Offset, head["Upload-Length"], head["Upload-Defer-Length"]));
    }

    [Fact]
    public async Task The_maximum_holds_for_the_bytes_of_an_unknown_length()
    {
        await using var tus = await fixture.StartAsync(("Uploads:MaxSize", "100"));
        var created = await tus.Client.CreateAsync(("Upload-Defer-Length", "1"));
        Assert.Equal(413, (await tus.Client.PatchAsync(created.Path, 0, new byte[101])).Status);
        Assert.Equal(413,
            (await tus.Client.PatchAsync(created.Path, 0, new ByteArrayContent(new byte[101]), ("Transfer-Encoding", "chunked"))).Status);
        Assert.Equal(204, (await tus.Client.PatchAsync(created.Path, 0, new byte[100])).Status);
        Assert.Equal(413, (await tus.Client.PatchAsync(created.Path, 100, new byte[1])).Status);
        Assert.Equal(413, (await tus.Client.CreateAsync(("Upload-Length", "101"))).Status);
        Assert.Equal(201, (await tus.Client.CreateAsync(("Upload-Length", "100"))).Status);
    }

    [Fact]
    public async Task Metadata_on_a_patch_means_nothing()
    {
        var path = await _client.NewAsync(2, ("Upload-Metadata", "a eA=="));
        Assert.Equal(204, (await _client.PatchAsync(path, 0, [1], ("Upload-Metadata", "b, b, not base64"))).Status);
        Assert.Equal("a eA==", (await _client.HeadAsync(path))["Upload-Metadata"]);
    }
}
