using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T70-T88 and T100-T107: creation, with metadata and with the first bytes.</summary>
[Collection(TusCollection.Name)]
public sealed class CreationTests(TusFixture fixture)
{
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    [Fact]
    public async Task Returns_201_with_the_whole_address()
    {
        var created = await _client.CreateAsync(("Upload-Length", "10"));
        Assert.Equal(201, created.Status);
        Assert.StartsWith(_tus.Service.Address + "files/", created["Location"], StringComparison.Ordinal);
        Assert.NotNull(created["Upload-Expires"]);
        Assert.Equal(0, created.Offset);
        Assert.Equal(200, (await _client.HeadAsync(created["Location"]!)).Status);
    }

    [Fact]
    public async Task The_address_follows_the_host_that_was_asked()
    {
        using var raw = await _tus.RawAsync();
        await raw.SendAsync($"POST /files HTTP/1.1\r\nHost: uploads.example:81\r\nAuthorization: Bearer "
            + $"{_tus.Service.Key}\r\nTus-Resumable: 1.0.0\r\nUpload-Length: 1\r\nContent-Length: 0\r\n\r\n");
        Assert.StartsWith("http://uploads.example:81/files/", (await raw.AnswerAsync())["Location"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("Upload-Length", "10", "Upload-Defer-Length", "1")]
    [InlineData("Upload-Defer-Length", "0")]
    [InlineData("Upload-Defer-Length", "2")]
    [InlineData("Upload-Defer-Length", "true")]
    [InlineData("Upload-Defer-Length", "")]
    [InlineData("Upload-Length", "-1")]
    public async Task Returns_400_unless_the_length_is_said_once_or_deferred(params string[] headers)
    {
        var count = await _tus.CountAsync();
        var answer = await _client.CreateAsync([.. headers.Chunk(2).Select(pair => (pair[0], pair[1]))]);
        Assert.Equal(400, answer.Status);
        Assert.Null(answer["Location"]);
        Assert.Equal(count, await _tus.CountAsync());
    }

    [Fact]
    public async Task An_empty_upload_is_finished_at_once()
    {
        var created = await _client.CreateAsync(("Upload-Length", "0"), ("Upload-Metadata", "filename bm90aGluZw=="));
        Assert.Equal(201, created.Status);
        var head = await _client.HeadAsync(created.Path);
        Assert.Equal((200, 0L, "0"), (head.Status, head.Offset, head["Upload-Length"]));
        Assert.Equal(UploadState.Completed, (await _tus.UploadAsync(created.Path)).State);
        Assert.Equal(204, (await _client.PatchAsync(created.Path, 0, [])).Status);
        Assert.Empty(await _client.DownloadAsync(created.Path));
    }

    [Theory]
    [InlineData("1125899906842624")]
    [InlineData("9223372036854775807")]
    public async Task Returns_413_for_a_length_above_the_maximum(string length)
    {
        var count = await _tus.CountAsync();
        Assert.Equal(413, (await _client.CreateAsync(("Upload-Length", length))).Status);
        Assert.Equal(count, await _tus.CountAsync());
    }

    [Fact]
    public async Task A_length_that_the_disk_has_no_room_for_is_refused_and_nothing_is_created()
    {
        await using var tus = await fixture.StartAsync(("Uploads:MaxSize", "1000TiB"));
        Assert.Equal(507, (await tus.Client.CreateAsync(("Upload-Length", "1000000000000000"))).Status);
        Assert.Equal(0, await tus.CountAsync());
    }

    [Fact]
    public async Task Needs_no_content_type_when_there_is_no_body()
    {
        using var raw = await _tus.RawAsync();
        await raw.HeadAsync("POST /files", "Upload-Length: 10", "Content-Length: 0");
        Assert.Equal(201, (await raw.AnswerAsync()).Status);
        await raw.HeadAsync("POST /files", "Upload-Length: 10");
        Assert.Equal(201, (await raw.AnswerAsync()).Status);
        await raw.HeadAsync("POST /files", "Upload-Length: 10", "Transfer-Encoding: chunked");
        await raw.EndChunksAsync();
        Assert.Equal(201, (await raw.AnswerAsync()).Status);
        await raw.HeadAsync("POST /files", "Upload-Length: 10", "Content-Type: text/plain", "Content-Length: 0");
        Assert.Equal(201, (await raw.AnswerAsync()).Status);
    }

    // Metadata

    [Theory]
    [InlineData("a eA==,a eQ==")]
    [InlineData(",a eA==")]
    [InlineData("a eA==,,b")]
    [InlineData("a eA")]
    [InlineData("a e-_=")]
    [InlineData("a b c")]
    [InlineData("a !!!!")]
    public async Task Returns_400_for_malformed_metadata(string metadata)
    {
        var count = await _tus.CountAsync();
        Assert.Equal(400, (await _client.CreateAsync(("Upload-Length", "10"), ("Upload-Metadata", metadata))).Status);
        Assert.Equal(count, await _tus.CountAsync());
    }

    [Fact]
    public async Task Empty_metadata_is_none()
    {
        var created = await _client.CreateAsync(("Upload-Length", "10"), ("Upload-Metadata", ""));
        Assert.Equal(201, created.Status);
        Assert.Null((await _client.HeadAsync(created.Path))["Upload-Metadata"]);
    }

    [Fact]
    public async Task Metadata_of_8_KiB_is_kept_and_more_than_allowed_refused()
    {
        var much = "a " + new string('A', 8188);
        var created = await _client.CreateAsync(("Upload-Length", "10"), ("Upload-Metadata", much));
        Assert.Equal(201, created.Status);
        Assert.Equal(much, (await _client.HeadAsync(created.Path))["Upload-Metadata"]);
        Assert.Equal(
            400, (await _client.CreateAsync(("Upload-Length", "10"), ("Upload-Metadata", "a " + new string('A', 16 << 10)))).Status);
    }

    [Fact]
    public async Task Metadata_of_1_MiB_is_refused_before_it_is_read()
    {
        using var raw = await _tus.RawAsync();
        try
        {
            await raw.HeadAsync("POST /files", "Upload-Length: 10", "Upload-Metadata: a " + new string('A', 1 << 20));
        }
        catch (IOException)
        {
            // The server has stopped reading.
        }

        Assert.Equal(431, (await raw.AnswerAsync()).Status);
    }

    [Fact]
    public async Task Name_and_type_come_from_the_metadata_and_are_sanitized()
    {
        // "../ä\r\n.txt" and "text/html".
        var path = await _client.UploadAsync(
            TusClient.Bytes(3), ("Upload-Metadata", "filename Li4vw6QNCi50eHQ=,filetype dGV4dC9odG1s,binary //79"));
        var file = await _client.SendAsync(HttpMethod.Get, path, null);
        Assert.Equal("application/octet-stream", file["Content-Type"]);
        Assert.Equal("attachment; filename=\"..____.txt\"; filename*=UTF-8''.._%C3%A4__.txt", file["Content-Disposition"]);
        Assert.Equal("nosniff", file["X-Content-Type-Options"]);
        // "text/html\r\nX: y" is not a media type.
        var strange = await _client.UploadAsync(TusClient.Bytes(3), ("Upload-Metadata", "filetype dGV4dC9odG1sDQpYOiB5"));
        Assert.Equal("application/octet-stream", (await _client.SendAsync(HttpMethod.Get, strange, null))["Content-Type"]);
        var listed = await _client.SendAsync(HttpMethod.Get, $"/api/sessions/{TusService.IdOf(path)}", null);
        using var json = System.Text.Json.JsonDocument.Parse(listed.Body);
        Assert.Equal("tus", json.RootElement.GetProperty("protocol").GetString());
        Assert.Equal("text/html", json.RootElement.GetProperty("contentType").GetString());
        Assert.Equal(".._\u00e4__.txt", json.RootElement.GetProperty("fileName").GetString());
        Assert.Equal("//79", json.RootElement.GetProperty("metadata").GetProperty("binary").GetString());
    }

    // With bytes

    [Theory]
    [InlineData(10, UploadState.Completed)]
    [InlineData(4, UploadState.Open)]
    [InlineData(0, UploadState.Open)]
    public async Task Takes_the_first_bytes_and_tells_the_offset(int count, UploadState state)
    {
        foreach (var chunked in new[] { false, true })
        {
            var bytes = TusClient.Bytes(count);
            var created = await PostAsync(bytes, chunked, ("Upload-Length", "10"));
            Assert.Equal((201, (long)count), (created.Status, created.Offset));
            Assert.NotNull(created["Location"]);
            Assert.Equal(count, (await _client.HeadAsync(created.Path)).Offset);
            Assert.Equal(state, (await _tus.UploadAsync(created.Path)).State);
            if (state == UploadState.Completed)
                Assert.Equal(bytes, await _client.DownloadAsync(created.Path));
        }
    }

    [Fact]
    public async Task A_small_file_that_comes_with_its_creation_is_one_record()
    {
        var before = (Creations(), _tus.Hooks.Count(nameof(IStreamLedger.CheckpointAsync)));
        Assert.Equal(201, (await PostAsync(TusClient.Bytes(10), false, ("Upload-Length", "10"))).Status);
        Assert.Equal((before.Item1, before.Item2 + 1), (Creations(), _tus.Hooks.Count(nameof(IStreamLedger.CheckpointAsync))));

        int Creations() => _tus.Hooks.Seen.Count(IsCreation);
    }

    [Fact]
    public async Task A_small_file_whose_bytes_could_not_be_written_continues_at_its_address()
    {
        var bytes = TusClient.Bytes(10);
        _tus.Hooks.Fail(nameof(IStoredFileWriter.Write), () => new Core.Storage.StoreException(Core.Storage.StoreError.NoSpace, "full"));
        var created = await PostAsync(bytes, false, ("Upload-Length", "10"));
        Assert.Equal((201, 0L), (created.Status, created.Offset));
        Assert.Equal(1, (await _tus.UploadAsync(created.Path)).FailureCount);
        Assert.Equal(204, (await _client.PatchAsync(created.Path, 0, bytes)).Status);
        Assert.Equal(bytes, await _client.DownloadAsync(created.Path));
    }

    [Fact]
    public async Task A_small_file_without_a_received_byte_is_an_upload_all_the_same()
    {
        _tus.Hooks.Fail(
            nameof(IChunkStore.CreateAsync), () => new Core.Storage.StoreException(Core.Storage.StoreError.Io, "broken"),
            when: call => !IsCreation(call));
        var count = await _tus.CountAsync();
        Assert.Equal(503, (await PostAsync(TusClient.Bytes(10), false, ("Upload-Length", "10"))).Status);
        Assert.Equal(count + 1, await _tus.CountAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Returns_415_for_bytes_of_another_type_and_creates_nothing(bool chunked)
    {
        var count = await _tus.CountAsync();
        foreach (var type in new[] { "application/octet-stream", "text/plain", null })
        {
            var answer = await _client.TusAsync(
                HttpMethod.Post, "/files", new ByteArrayContent([1]),
                [("Upload-Length", "10"), .. type is null ? [] : new[] { ("Content-Type", type) }, .. chunked
                    ? new[] { ("Transfer-Encoding", "chunked") }
                    : []]);
            Assert.Equal(415, answer.Status);
        }

        Assert.Equal(count, await _tus.CountAsync());
    }

    [Fact]
    public async Task Refuses_before_the_bytes_are_asked_for()
    {
        using var raw = await _tus.RawAsync();
        await raw.HeadAsync(
            "POST /files", "Upload-Length: 10", "Content-Type: text/plain", "Transfer-Encoding: chunked", "Expect: 100-continue");
        Assert.Equal(415, (await raw.FirstAnswerAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Returns_413_for_more_bytes_than_the_length_and_leaves_nothing(bool chunked)
    {
        var live = await LiveAsync();
        Assert.Equal(413, (await PostAsync(new byte[11], chunked, ("Upload-Length", "10"))).Status);
        Assert.Equal(live, await LiveAsync());
    }

    [Fact]
    public async Task Bytes_go_with_a_deferred_length_and_with_parts()
    {
        var deferred = await PostAsync(new byte[4], false, ("Upload-Defer-Length", "1"));
        Assert.Equal((201, 4L), (deferred.Status, deferred.Offset));
        Assert.Equal("1", (await _client.HeadAsync(deferred.Path))["Upload-Defer-Length"]);
        var part = await PostAsync(new byte[4], false, ("Upload-Length", "4"), ("Upload-Concat", "partial"));
        Assert.Equal((201, 4L), (part.Status, part.Offset));
        Assert.Equal("partial", (await _client.HeadAsync(part.Path))["Upload-Concat"]);
    }

    [Theory]
    [InlineData("sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", 201)]
    [InlineData("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", 460)]
    [InlineData("md4 1B2M2Y8AsgTpgAmY7PhCfg==", 400)]
    [InlineData("sha1", 400)]
    public async Task A_checksum_without_bytes_is_that_of_no_bytes(string checksum, int status)
    {
        foreach (var length in new[] { "10", "0" })
        {
            var count = await _tus.CountAsync();
            Assert.Equal(status, (await _client.CreateAsync(("Upload-Length", length), ("Upload-Checksum", checksum))).Status);
            Assert.Equal(count + (status == 201 ? 1 : 0), await _tus.CountAsync());
        }
    }

    [Fact]
    public async Task A_wrong_checksum_of_the_first_bytes_leaves_nothing_and_a_right_one_counts()
    {
        var bytes = "hello world"u8.ToArray();
        var live = await LiveAsync();
        var wrong = await PostAsync(bytes, false, ("Upload-Length", "11"), ("Upload-Checksum", "sha1 E7X121m3do5RTtnrOi5XTG9Uq0A="));
        Assert.Equal((460, null, null), (wrong.Status, wrong["Location"], wrong.Offset));
        Assert.Equal(400, (await PostAsync(bytes, false, ("Upload-Length", "11"), ("Upload-Checksum", "x"))).Status);
        Assert.Equal(live, await LiveAsync());
        var right = await PostAsync(bytes, false, ("Upload-Length", "11"), ("Upload-Checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="));
        Assert.Equal((201, 11L), (right.Status, right.Offset));
    }

    [Fact]
    public async Task Bytes_before_a_break_stay_until_the_upload_expires()
    {
        var count = await _tus.CountAsync();
        int ended;
        using (var raw = await _tus.RawAsync())
        {
            var written = _tus.Hooks.WrittenAsync(5);
            await raw.HeadAsync("POST /files", "Upload-Length: 10", $"Content-Type: {TusClient.OffsetType}", "Content-Length: 10");
            await raw.SendAsync("12345");
            await written;
            // By now the lines of earlier requests are written, too.
            ended = Ended();
            raw.Reset();
        }

        // Whatever the break causes happens before the request's log line is written.
        while (Ended() == ended)
            await Task.Yield();
        Assert.Equal(count + 1, await _tus.CountAsync());
        var page = await _tus.Ledger.ListAsync(new UploadQuery(Core.Access.Caller.Operator) { Limit = 1 }, default);
        var kept = page.Items[0];
        Assert.Equal((UploadState.Open, 5L, new UploadOptions().IdleExpiry), (kept.State, kept.ReceivedBytes, kept.IdleAllowance));

        int Ended() => _tus.Service.Log.All.Count(line => line.Contains("POST /files ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kept_offset_is_sent_with_the_address_when_the_disk_is_full()
    {
        _tus.Hooks.Fail(
            nameof(IStoredFileWriter.Write), () => new Core.Storage.StoreException(Core.Storage.StoreError.NoSpace, "full"), when: call =>
            (long)call.Arguments[1]! > 0);
        using var raw = await _tus.RawAsync();
        var written = _tus.Hooks.WrittenAsync(5);
        await raw.HeadAsync("POST /files", "Upload-Length: 10", $"Content-Type: {TusClient.OffsetType}", "Content-Length: 10");
        await raw.SendAsync("12345");
        await written;
        await raw.SendAsync("67890");
        var created = await raw.AnswerAsync();
        Assert.Equal((201, 5L), (created.Status, created.Offset));
        Assert.Equal(204, (await _client.PatchAsync(created.Path, 5, new byte[5])).Status);
    }

    private Task<TusAnswer> PostAsync(byte[] bytes, bool chunked, params (string, string)[] headers) => _client.TusAsync(
        HttpMethod.Post, "/files", new ByteArrayContent(bytes),
        [("Content-Type", TusClient.OffsetType), .. headers, .. chunked ? new[] { ("Transfer-Encoding", "chunked") } : []]);

    private static bool IsCreation(EngineCall call) => call.Argument<NewUpload>() is not null;

    private async Task<int> LiveAsync() => (await _tus.Ledger.ListAsync(
        new UploadQuery(Core.Access.Caller.Operator) { Limit = 1000, WithParts = true, States = [UploadState.Open, UploadState.Completed] },
            default)).Items.Count;
}
