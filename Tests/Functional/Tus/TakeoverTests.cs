using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Tus;

/// <summary>Rules T38, T56, T60-T63, T69, T172-T176, T178: broken connections, and clients that return.</summary>
public sealed class TakeoverTests(TusFixture fixture) : IClassFixture<TusFixture>
{
    private static readonly byte[] Bytes = TusClient.Bytes(200_000);
    private readonly TusService _tus = fixture.Tus;
    private readonly TusClient _client = fixture.Tus.Client;

    [Fact]
    public async Task HEAD_stops_a_request_that_hangs_and_tells_all_that_came()
    {
        var path = await _client.NewAsync(Bytes.Length);
        using var hanging = await HangAsync(_tus, path, 150_000);
        var head = await _client.HeadAsync(path);
        Assert.Equal((200, 150_000L), (head.Status, head.Offset));
        // The next request may begin at the offset that it reports.
        var rest = await _client.PatchAsync(path, 150_000, Bytes[150_000..]);
        Assert.Equal((204, 200_000L), (rest.Status, rest.Offset));
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
        // The hanging request gets the answer if its client still listens.
        var refused = await hanging.AnswerAsync();
        Assert.Equal((409, "taken_over", 150_000L), (refused.Status, refused["X-Error-Code"], refused.Offset));
    }

    [Fact]
    public async Task PATCH_stops_a_request_that_hangs_and_continues_in_a_new_segment_and_epoch()
    {
        var path = await _client.NewAsync(Bytes.Length);
        var made = _tus.Hooks.Count(nameof(IChunkStore.CreateAsync));
        using (var one = await HangAsync(_tus, path, 50_000))
        {
            var written = _tus.Hooks.WrittenAsync(50_000);
            using var two = await _tus.RawAsync();
            await two.PatchHeadAsync(path, 50_000, 150_000);
            await two.SendAsync(Bytes.AsMemory(50_000, 50_000));
            await written;
            Assert.Equal(409, (await one.AnswerAsync()).Status);
            var three = await _client.PatchAsync(path, 100_000, Bytes[100_000..]);
            Assert.Equal((204, 200_000L), (three.Status, three.Offset));
        }

        Assert.Equal(3, _tus.Hooks.Count(nameof(IChunkStore.CreateAsync)) - made);
        var extents = await _tus.Ledger.ExtentsAsync(TusService.IdOf(path), 0, 10, default);
        Assert.Equal([0, 50_000, 100_000], extents.Select(extent => extent.Range.Offset));
        Assert.Equal(2, (await _tus.UploadAsync(path)).Epoch);
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PATCH_at_another_offset_stops_no_writer_and_is_told_the_offset(bool hangs)
    {
        var path = await _client.NewAsync(Bytes.Length);
        using var first = await HangAsync(_tus, path, 50_000);
        foreach (var offset in new[] { 0, 49_999, 50_001 })
        {
            var answer = await _client.PatchAsync(path, offset, Bytes[offset..]);
            Assert.Equal((409, offset > 50_000 ? answer.Offset : 50_000L), (answer.Status, answer.Offset));
        }

        if (hangs)
        {
            Assert.Equal(204, (await _client.PatchAsync(path, 50_000, Bytes[50_000..])).Status);
            Assert.Equal(409, (await first.AnswerAsync()).Status);
        }
        else
        {
            await first.SendAsync(Bytes.AsMemory(50_000));
            Assert.Equal(204, (await first.AnswerAsync()).Status);
        }

        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Fact]
    public async Task A_writer_that_does_not_stop_is_fenced_and_its_bytes_do_not_count()
    {
        await using var tus = await fixture.StartAsync(("Uploads:TakeoverWait", "100ms"));
        var path = await tus.Client.NewAsync(Bytes.Length);
        var gate = tus.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        var stuck = tus.Client.PatchAsync(path, 0, Bytes[..50_000]);
        await gate.Reached;
        var head = await tus.Client.HeadAsync(path);
        Assert.Equal((200, 0L), (head.Status, head.Offset));
        Assert.Equal(1, (await tus.UploadAsync(path)).Epoch);
        Assert.Equal(204, (await tus.Client.PatchAsync(path, 0, Bytes[..80_000])).Status);
        gate.Open();
        Assert.Equal((409, 80_000L), ((await stuck) is var refused ? refused.Status : 0, refused.Offset));
        Assert.Equal(204, (await tus.Client.PatchAsync(path, 80_000, Bytes[80_000..])).Status);
        Assert.Equal(Bytes, await tus.Client.DownloadAsync(path));
    }

    [Fact]
    public async Task Of_requests_that_race_one_counts_and_the_file_has_its_bytes_once()
    {
        for (var round = 0; round < 10; round++)
        {
            var path = await _client.NewAsync(Bytes.Length);
            var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _client.PatchAsync(path, 0, Bytes)));
            Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 204, 409 }));
            Assert.Single(answers, answer => answer.Status == 204);
            Assert.Equal(Bytes, await _client.DownloadAsync(path));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_byte_that_came_before_a_break_is_kept(bool reset)
    {
        var path = await _client.NewAsync(Bytes.Length);
        var broken = _tus.Hooks.HoldAfter(nameof(IUploadLedger.RecordFailureAsync));
        using (var raw = await HangAsync(_tus, path, 123_457))
        {
            if (reset)
            {
                raw.Reset();
            }
            else
            {
                // Shorter than announced: no success, although the client still listens.
                raw.EndSending();
                Assert.DoesNotContain("HTTP/1.1 2", await raw.RestAsync(), StringComparison.Ordinal);
            }
        }

        await broken.Reached;
        broken.Open();
        Assert.Equal(123_457, (await _tus.UploadAsync(path)).ReceivedBytes);
        Assert.Equal(123_457, (await _client.HeadAsync(path)).Offset);
        Assert.Equal(204, (await _client.PatchAsync(path, 123_457, Bytes[123_457..])).Status);
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Fact]
    public async Task A_break_ends_no_upload_of_unknown_length()
    {
        var created = await _client.CreateAsync(("Upload-Defer-Length", "1"));
        var seen = _tus.Hooks.HoldAfter(nameof(IStreamLedger.CheckpointAsync));
        using (var raw = await HangAsync(_tus, created.Path, 50_000))
            raw.EndSending();
        // From here on HEAD finds a request that is ending by itself, and waits for it.
        await seen.Reached;
        seen.Open();
        var head = await _client.HeadAsync(created.Path);
        Assert.Equal((50_000L, "1", null), (head.Offset, head["Upload-Defer-Length"], head["Upload-Length"]));
        Assert.Equal(UploadState.Open, (await _tus.UploadAsync(created.Path)).State);
    }

    [Theory]
    [OwnTransportData(false, false)]
    [InlineData(false, true)]
    [OwnTransportData(true, false)]
    [InlineData(true, true)]
    public async Task Bytes_that_came_with_the_end_of_their_connection_are_kept(bool reset, bool chunked)
    {
        var path = await _client.NewAsync(Bytes.Length);
        var broken = _tus.Hooks.HoldAfter(nameof(IUploadLedger.RecordFailureAsync));
        var writing = _tus.Hooks.HoldBefore(nameof(IStoredFileWriter.Write));
        using (var raw = await _tus.RawAsync())
        {
            await raw.PatchHeadAsync(path, 0, chunked ? null : Bytes.Length);
            await SendAsync(0, 10_000);
            await writing.Reached;
            // The engine has not processed the first bytes when the last ones and the end arrive.
            await SendAsync(10_000, 40_000);
            if (reset)
                raw.Reset();
            else
                raw.EndSending();
            Assert.Equal(200, (await _client.HeadAsync(await _client.NewAsync(1))).Status);
            writing.Open();
            await broken.Reached;
            broken.Open();

            Task SendAsync(int from, int count) =>
                chunked ? raw.SendChunkAsync(Bytes.AsMemory(from, count)) : raw.SendAsync(Bytes.AsMemory(from, count));
        }

        Assert.Equal(50_000, (await _tus.UploadAsync(path)).ReceivedBytes);
        Assert.Equal(204, (await _client.PatchAsync(path, 50_000, Bytes[50_000..])).Status);
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Theory]
    [OwnTransportData(false)]
    [OwnTransportData(true)]
    public async Task Bytes_of_a_client_that_disconnected_before_its_request_was_handled_are_kept(bool reset)
    {
        var path = await _client.NewAsync(Bytes.Length);
        var broken = _tus.Hooks.HoldAfter(nameof(IUploadLedger.RecordFailureAsync));
        var looking = _tus.Hooks.HoldBefore(nameof(IStreamLedger.InspectStreamAsync));
        using (var raw = await _tus.RawAsync())
        {
            await raw.PatchHeadAsync(path, 0, Bytes.Length);
            await raw.SendAsync(Bytes.AsMemory(0, 50_000));
            await looking.Reached;
            if (reset)
                raw.Reset();
            else
                raw.EndSending();
            Assert.Equal(201, (await _client.CreateAsync(("Upload-Length", "1"))).Status);
            looking.Open();
            await broken.Reached;
            broken.Open();
        }

        Assert.Equal(50_000, (await _tus.UploadAsync(path)).ReceivedBytes);
    }

    [Fact]
    public async Task A_silent_client_is_told_the_offset_and_disconnected()
    {
        await using var tus = await fixture.StartAsync(("Uploads:BodyIdleTimeout", "300ms"));
        var path = await tus.Client.NewAsync(Bytes.Length);
        using var silent = await HangAsync(tus, path, 50_000);
        var answer = await silent.AnswerAsync();
        Assert.Equal((409, "idle_timeout", 50_000L), (answer.Status, answer["X-Error-Code"], answer.Offset));
        Assert.Equal(50_000, (await tus.UploadAsync(path)).ReceivedBytes);
        Assert.Equal(204, (await tus.Client.PatchAsync(path, 50_000, Bytes[50_000..])).Status);
    }

    [Fact]
    public async Task A_stop_keeps_the_received_bytes_and_the_next_start_continues()
    {
        await using var tus = await fixture.StartAsync();
        var path = await tus.Client.NewAsync(Bytes.Length);
        using var running = await HangAsync(tus, path, 50_000);
        var stop = tus.Service.StopAsync();
        var answer = await running.AnswerAsync();
        Assert.Equal((503, "stopping", 50_000L), (answer.Status, answer["X-Error-Code"], answer.Offset));
        await stop;

        await using var next = await tus.RestartAsync();
        Assert.Equal(50_000, (await next.Client.HeadAsync(path)).Offset);
        Assert.Equal(204, (await next.Client.PatchAsync(path, 50_000, Bytes[50_000..])).Status);
        Assert.Equal(Bytes, await next.Client.DownloadAsync(path));
    }

    [Fact]
    public async Task A_kill_costs_no_acknowledged_byte()
    {
        var bytes = TusClient.Bytes(3 << 20);
        await using var service = await ServiceProcess.StartAsync();
        string path;
        using (var http = service.CreateClient())
        {
            var client = new TusClient(http);
            path = await client.NewAsync(bytes.Length, ("Upload-Metadata", "filename YQ=="));
            Assert.Equal(204, (await client.PatchAsync(path, 0, bytes[..100_000])).Status);
            using var raw = await RawConnection.OpenAsync(service.Address);
            await raw.SendAsync(
                $"PATCH {path} HTTP/1.1\r\nHost: {service.Address.Authority}\r\nAuthorization: Bearer {service.Key}\r\nTus-Resumable: "
                    + $"1.0.0\r\n" +
                $"Upload-Offset: 100000\r\nContent-Type: {TusClient.OffsetType}\r\nContent-Length: {bytes.Length - 100_000}\r\n\r\n");
            await raw.SendAsync(bytes.AsMemory(100_000, 2 << 20));
            await service.Kill9Async();
        }

        await using var next = await ServiceProcess.StartAsync(service.DataDirectory);
        using var again = next.CreateClient();
        var resumed = new TusClient(again);
        var head = await resumed.HeadAsync(path);
        Assert.Equal((200, "filename YQ=="), (head.Status, head["Upload-Metadata"]));
        Assert.InRange(head.Offset!.Value, 100_000, 100_000 + (2 << 20));
        Assert.Equal(204, (await resumed.PatchAsync(path, head.Offset.Value, bytes[(int)head.Offset..])).Status);
        Assert.Equal(TusClient.Sha256(bytes), TusClient.Sha256(await resumed.DownloadAsync(path)));
    }

    [Fact]
    public async Task A_lost_answer_costs_one_409_and_nothing_else()
    {
        var path = await _client.NewAsync(Bytes.Length);
        await _client.PatchAsync(path, 0, Bytes[..50_000]);
        var again = await _client.PatchAsync(path, 0, Bytes[..50_000]);
        Assert.Equal((409, 50_000L), (again.Status, again.Offset));
        Assert.Equal(204, (await _client.PatchAsync(path, again.Offset!.Value, Bytes[50_000..])).Status);
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Fact]
    public async Task A_full_disk_keeps_what_it_had_room_for_and_the_upload_continues_when_there_is_space()
    {
        var path = await _client.NewAsync(Bytes.Length);
        using var raw = await HangAsync(_tus, path, 50_000);
        _tus.Hooks.Fail(nameof(IStoredFileWriter.Write), () => new Core.Storage.StoreException(Core.Storage.StoreError.NoSpace, "full"));
        await raw.SendAsync(Bytes.AsMemory(50_000));
        var answer = await raw.AnswerAsync();
        Assert.Equal((507, "no_space", 50_000L), (answer.Status, answer["X-Error-Code"], answer.Offset));
        Assert.NotNull(answer["Retry-After"]);
        Assert.Equal(50_000, (await _client.HeadAsync(path)).Offset);
        Assert.Equal(204, (await _client.PatchAsync(path, 50_000, Bytes[50_000..])).Status);
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Fact]
    public async Task A_finish_whose_answer_is_lost_happens_once()
    {
        var path = await _client.NewAsync(10);
        _tus.Hooks.LoseAnswer(nameof(IStreamLedger.CheckpointAsync), () => new LedgerUnavailableException("the answer was lost"));
        Assert.Equal(503, (await _client.PatchAsync(path, 0, new byte[10])).Status);
        var completed = await _tus.UploadAsync(path);
        Assert.Equal(UploadState.Completed, completed.State);
        Assert.Equal(10, (await _client.HeadAsync(path)).Offset);
        Assert.Equal(204, (await _client.PatchAsync(path, 10, [])).Status);
        Assert.Equal(completed.CompletedAt, (await _tus.UploadAsync(path)).CompletedAt);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_late_checkpoint_does_not_overwrite_newer_records(bool asked)
    {
        var (path, late) = await GiveUpAsync([.. Bytes[1000..6000].Select(octet => (byte)~octet)]);
        if (asked)
            Assert.Equal(1000, (await _client.HeadAsync(path)).Offset);

        using (var raw = await _tus.RawAsync())
        {
            var written = _tus.Hooks.WrittenAsync(Bytes.Length - 1001);
            await raw.PatchHeadAsync(path, 1000, Bytes.Length - 1000);
            await raw.SendAsync(Bytes.AsMemory(1000, Bytes.Length - 1001));
            await written;
            Assert.Equal(RecordOutcome.Conflict, (await _tus.Ledger.CheckpointAsync(late, CancellationToken.None)).Outcome);
            await raw.SendAsync(Bytes.AsMemory(Bytes.Length - 1));
            Assert.Equal(204, (await raw.AnswerAsync()).Status);
        }

        Assert.Equal(Bytes, await _client.DownloadAsync(path));
        // The other request has been answered, and needs no claim of its own.
        Assert.Equal(1, (await _tus.UploadAsync(path)).Epoch);
    }

    [Fact]
    public async Task Request_that_inspected_before_a_late_checkpoint_does_not_overwrite_it()
    {
        var (path, late) = await GiveUpAsync(Bytes[1000..6000]);
        var looked = _tus.Hooks.HoldAfter(nameof(IStreamLedger.InspectStreamAsync));
        var waiting = _client.PatchAsync(path, 1000, new byte[5000]);
        await looked.Reached;

        Assert.Equal(RecordOutcome.Recorded, (await _tus.Ledger.CheckpointAsync(late, CancellationToken.None)).Outcome);
        Assert.Equal(6000, (await _client.HeadAsync(path)).Offset);
        looked.Open();

        var refused = await waiting;
        Assert.Equal((409, 6000L), (refused.Status, refused.Offset));
        Assert.Equal(204, (await _client.PatchAsync(path, 6000, Bytes[6000..])).Status);
        Assert.Equal(Bytes, await _client.DownloadAsync(path));
    }

    [Fact]
    public async Task Many_small_patches_stay_one_extent()
    {
        var path = await _client.NewAsync(300);
        for (var offset = 0; offset < 300; offset += 3)
            Assert.Equal(204, (await _client.PatchAsync(path, offset, Bytes[offset..(offset + 3)])).Status);
        Assert.Single(await _tus.Ledger.ExtentsAsync(TusService.IdOf(path), 0, 10, default));
        Assert.Equal(0, (await _tus.UploadAsync(path)).Epoch);
        Assert.Equal(Bytes[..300], await _client.DownloadAsync(path));
    }

    /// <summary>
    /// An upload with 1,000 recorded bytes, and more in a checkpoint that got no answer and has not reached the database yet.
    /// </summary>
    private async Task<(string Path, StreamCheckpoint Late)> GiveUpAsync(byte[] bytes)
    {
        var path = await _client.NewAsync(Bytes.Length);
        Assert.Equal(204, (await _client.PatchAsync(path, 0, Bytes[..1000])).Status);
        _tus.Hooks.Fail(nameof(IStreamLedger.CheckpointAsync), () => new LedgerUnavailableException("no answer"));
        Assert.Equal(503, (await _client.PatchAsync(path, 1000, bytes)).Status);
        return (path, _tus.Hooks.Seen.Last(call => call.Name == nameof(IStreamLedger.CheckpointAsync)).Argument<StreamCheckpoint>()!);
    }

    /// <summary>A PATCH of all bytes that has sent this many of them and stalls; the service has read them.</summary>
    private static async Task<RawTus> HangAsync(TusService tus, string path, int sent)
    {
        var raw = await tus.RawAsync();
        var written = tus.Hooks.WrittenAsync(sent);
        await raw.PatchHeadAsync(path, 0, Bytes.Length);
        await raw.SendAsync(Bytes.AsMemory(0, sent));
        await written;
        return raw;
    }
}
