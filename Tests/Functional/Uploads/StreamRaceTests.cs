using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// E14: of concurrent requests for one stream exactly one continues, and no writer is stopped for a request that could not continue there.
/// </summary>
public sealed partial class StreamRaceTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Length = 200_000;

    private static readonly byte[] Content = TestSession.Bytes(Length);

    [Fact]
    public async Task A_newer_request_behind_the_writer_is_refused_with_the_next_recorded_offset_and_the_writer_continues()
    {
        var (rig, id) = await BeginAsync();
        using var body = new TestBody();
        var holder = AppendAsync(rig, id, 0, body.Announce(Length));
        await SendAsync(body, Content.AsMemory(0, 50_000));
        var newer = AppendAsync(rig, id, 0, TestBody.Of(Content));
        // The current writer's next checkpoint, and the newer request's wait for it.
        await WaitForTimerAsync(rig, rig.Get<UploadOptions>().CheckpointInterval);
        await WaitForTimerAsync(rig, rig.Get<UploadOptions>().TakeoverWait);
        Assert.False(newer.IsCompleted);

        rig.Time.Advance(rig.Get<UploadOptions>().CheckpointInterval);

        Assert.Equal((UploadError.OffsetConflict, 50_000), Failure(await newer));
        await SendAsync(body, Content.AsMemory(50_000));
        body.End();
        Assert.True(TestSession.Expect(await holder).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task The_later_of_two_requests_at_one_offset_gets_an_unwritten_stream_and_the_earlier_writes_nothing()
    {
        var (rig, id) = await BeginAsync();
        using var body = new TestBody();
        body.Deliver(Content.AsSpan(0, 50_000));
        var opening = rig.Hooks.HoldBefore(nameof(IChunkStore.CreateAsync));
        var former = AppendAsync(rig, id, 0, body.Announce(Length));
        await opening.Reached;
        var later = AppendAsync(rig, id, 0, TestBody.Of(Content));
        await WaitForTimerAsync(rig, rig.Get<UploadOptions>().TakeoverWait);

        opening.Open();

        Assert.Equal((UploadError.TakenOver, 0), Failure(await former));
        Assert.True(TestSession.Expect(await later).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task A_newer_request_continues_at_the_offset_of_the_writer_although_the_writer_received_more()
    {
        var (rig, id) = await BeginAsync();
        using var body = new TestBody();
        var checkpoint = rig.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        var holder = AppendAsync(rig, id, 0, body.Announce(Length));
        var most = (int)rig.Get<UploadOptions>().CheckpointBytes;
        body.Deliver(Content.AsSpan(0, most));
        await checkpoint.Reached;
        body.Deliver(Content.AsSpan(most, 1000));
        var newer = AppendAsync(rig, id, most, TestBody.Of(Content.AsSpan(most)));
        await WaitForTimerAsync(rig, rig.Get<UploadOptions>().TakeoverWait);

        checkpoint.Open();

        Assert.Equal((UploadError.TakenOver, most), Failure(await holder));
        Assert.True(TestSession.Expect(await newer).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task Body_without_its_end_leaves_the_offset_before_the_last_byte()
    {
        var (rig, id) = await BeginAsync();
        using var body = new TestBody();
        var holder = AppendAsync(rig, id, 0, body.Announce(null));
        await SendAsync(body, Content);

        Assert.True(TestSession.Expect(await AppendAsync(rig, id, Length - 1, TestBody.Of(Content.AsSpan(Length - 1)))).Upload.IsReceived);

        Assert.Equal((UploadError.TakenOver, Length - 1), Failure(await holder));
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task A_newer_request_ahead_of_the_writer_is_refused_at_once_and_the_writer_continues()
    {
        var (rig, id) = await BeginAsync();
        using var body = new TestBody();
        var holder = AppendAsync(rig, id, 0, body.Announce(Length));
        await SendAsync(body, Content.AsMemory(0, 50_000));

        Assert.Equal((UploadError.OffsetConflict, 0), Failure(await AppendAsync(rig, id, 60_000, TestBody.Of(Content.AsSpan(60_000)))));

        await SendAsync(body, Content.AsMemory(50_000));
        body.End();
        Assert.True(TestSession.Expect(await holder).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task A_checkpoint_that_is_repeated_after_a_takeover_and_refused_leaves_the_file_that_it_has_recorded()
    {
        var (rig, id) = await BeginAsync();
        using var body = new TestBody();
        var checkpoint = rig.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        var holder = AppendAsync(rig, id, 0, body.Announce(Length));
        var most = (int)rig.Get<UploadOptions>().CheckpointBytes;
        body.Deliver(Content.AsSpan(0, most));
        await checkpoint.Reached;
        // Its first attempt is executed, and the answer is lost.
        var lost = await rig.Ledger.CheckpointAsync(
            rig.Hooks.Seen.Last(call => call.Name == nameof(IStreamLedger.CheckpointAsync)).Argument<StreamCheckpoint>()!,
            CancellationToken.None);
        Assert.Equal(RecordOutcome.Recorded, lost.Outcome);
        var asking = rig.Get<StreamAppender>().OffsetAsync(Caller.Operator, id, UploadProtocol.Tus, CancellationToken.None);
        await WaitForTimerAsync(rig, rig.Get<UploadOptions>().TakeoverWait);
        rig.Time.Advance(rig.Get<UploadOptions>().TakeoverWait);
        Assert.Equal(most, TestSession.Expect(await asking).ReceivedBytes);

        checkpoint.Open();

        Assert.Equal((UploadError.OffsetConflict, most), Failure(await holder));
        await EngineInvariants.AssertTrueAsync(rig);
        Assert.True(TestSession.Expect(await AppendAsync(rig, id, most, TestBody.Of(Content.AsSpan(most)))).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task Record_of_the_previous_writer_during_an_inspection_is_not_overwritten()
    {
        var (rig, id) = await BeginAsync();
        TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content.AsSpan(0, 1000))));
        using var body = new TestBody();
        var checkpoint = rig.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        var holder = AppendAsync(rig, id, 1000, body.Announce(Length - 1000));
        var most = (int)rig.Get<UploadOptions>().CheckpointBytes;
        body.Deliver(Content.AsSpan(1000, most));
        await checkpoint.Reached;
        var newer = AppendAsync(rig, id, 1000, TestBody.Of(new byte[5000]));
        // It waits for the current writer's next record, and then for its end.
        await PassAsync(rig, 1);
        await WaitForTimerAsync(rig, rig.Get<UploadOptions>().TakeoverWait);
        var look = rig.Hooks.HoldAfter(nameof(IStreamLedger.InspectStreamAsync));
        await PassAsync(rig, 1);
        await look.Reached;
        checkpoint.Open();
        Assert.Equal(UploadError.TakenOver, (await holder).Failure?.Error);
        look.Open();

        Assert.Equal((UploadError.OffsetConflict, 1000 + most), Failure(await newer));
        var last = await AppendAsync(rig, id, 1000 + most, TestBody.Of(Content.AsSpan(1000 + most)));
        Assert.True(TestSession.Expect(last).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task A_record_of_the_previous_writer_just_before_its_fence_advances_the_newer_request()
    {
        var (rig, id) = await BeginAsync();
        var (previous, checkpoint, body) = await StallCheckpointAsync(rig, id);
        // The newer request has waited in vain for the record and the end, and has queried the ledger; the previous writer's checkpoint
        // comes before the new epoch.
        var claim = rig.Hooks.HoldBefore(nameof(IStreamLedger.RaiseEpochAsync));
        var newer = AppendAsync(rig, id, 0, TestBody.Of(Content));
        await PassAsync(rig, 2);
        await claim.Reached;
        checkpoint.Open();
        Assert.Equal((UploadError.Interrupted, 5000), Failure(await previous));
        body.Dispose();
        claim.Open();

        Assert.Equal((UploadError.OffsetConflict, 5000), Failure(await newer));
        Assert.True(TestSession.Expect(await AppendAsync(rig, id, 5000, TestBody.Of(Content.AsSpan(5000)))).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task An_offset_from_an_empty_request_is_not_moved_by_the_previous_writer()
    {
        var (rig, id) = await BeginAsync();
        var (previous, checkpoint, body) = await StallCheckpointAsync(rig, id);
        var empty = AppendAsync(rig, id, 0, TestBody.Of([]));
        await PassAsync(rig, 2);

        Assert.Equal(0, TestSession.Expect(await empty).Offset);
        checkpoint.Open();
        Assert.False((await previous).Ok);
        body.Dispose();

        Assert.True(TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content))).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task An_empty_request_gets_no_offset_of_an_upload_that_ended_while_a_writer_was_fenced()
    {
        var (rig, id) = await BeginAsync();
        var (previous, checkpoint, body) = await StallCheckpointAsync(rig, id);
        var claim = rig.Hooks.HoldBefore(nameof(IStreamLedger.RaiseEpochAsync));
        var empty = AppendAsync(rig, id, 0, TestBody.Of([]));
        await PassAsync(rig, 2);
        await claim.Reached;
        var ending = Task.Run(() => rig.Catalog.CancelAsync(TestSession.Me, id, CancellationToken.None));
        using var deadline = new CancellationTokenSource(Eventually.Limit);
        while ((await rig.Ledger.GetAsync(id, deadline.Token))!.State == UploadState.Open)
            await Task.Yield();
        claim.Open();

        Assert.Equal(UploadError.Cancelled, (await empty).Failure?.Error);
        checkpoint.Open();
        Assert.False((await previous).Ok);
        body.Dispose();
        _ = TestSession.Expect(await ending);
    }

    [Fact]
    public async Task An_offset_from_HEAD_is_not_moved_by_an_earlier_request_that_fences()
    {
        var (rig, id) = await BeginAsync();
        var (previous, checkpoint, body) = await StallCheckpointAsync(rig, id);
        var claim = rig.Hooks.HoldBefore(nameof(IStreamLedger.RaiseEpochAsync));
        var late = AppendAsync(rig, id, 0, TestBody.Of(Content));
        await PassAsync(rig, 2);
        await claim.Reached;
        var asking = rig.Get<StreamAppender>().OffsetAsync(Caller.Operator, id, UploadProtocol.Tus, CancellationToken.None);
        await PassAsync(rig, 1);
        Assert.Equal(0, TestSession.Expect(await asking).ReceivedBytes);

        claim.Open();

        Assert.Equal((UploadError.TakenOver, 0), Failure(await late));
        checkpoint.Open();
        Assert.False((await previous).Ok);
        body.Dispose();
        Assert.True(TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content))).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task A_late_empty_request_stops_no_newer_writer()
    {
        var (rig, id) = await BeginAsync();
        var (previous, checkpoint, body) = await StallCheckpointAsync(rig, id);
        var claim = rig.Hooks.HoldBefore(nameof(IStreamLedger.RaiseEpochAsync));
        var empty = AppendAsync(rig, id, 0, TestBody.Of([]));
        await PassAsync(rig, 2);
        await claim.Reached;
        var (newer, newerBody) = await TakeOverAsync(rig, id, 0, Length, waits: 1);
        using var _ = newerBody;

        claim.Open();

        Assert.Equal(UploadError.TakenOver, (await empty).Failure?.Error);
        await SendAsync(newerBody, Content.AsMemory(50_000));
        newerBody.End();
        Assert.True(TestSession.Expect(await newer).Upload.IsReceived);
        checkpoint.Open();
        Assert.False((await previous).Ok);
        body.Dispose();
        await AssertContentAsync(rig, id);
    }

    [Fact]
    public async Task An_offset_from_HEAD_is_not_moved_by_an_earlier_request_that_declares_a_size()
    {
        var (rig, id) = await BeginAsync(size: null);
        var declaring = rig.Hooks.HoldBefore(nameof(IStreamLedger.DeclareAsync));
        var late = AppendAsync(rig, id, 0, TestBody.Of(Content.AsSpan(0, 50_000)), size: Length);
        await declaring.Reached;
        var asking = rig.Get<StreamAppender>().OffsetAsync(Caller.Operator, id, UploadProtocol.Tus, CancellationToken.None);
        await PassAsync(rig, 1);
        Assert.Equal(0, TestSession.Expect(await asking).ReceivedBytes);

        declaring.Open();

        Assert.Equal((UploadError.TakenOver, 0), Failure(await late));
        Assert.True(TestSession.Expect(await AppendAsync(rig, id, 0, TestBody.Of(Content), size: Length)).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_late_HEAD_asks_the_newer_writer_to_stop_and_fences_none(bool previousEndsFirst)
    {
        var (rig, id) = await BeginAsync();
        var (previous, checkpoint, body) = await StallCheckpointAsync(rig, id);
        var claim = rig.Hooks.HoldBefore(nameof(IStreamLedger.RaiseEpochAsync));
        var asking = rig.Get<StreamAppender>().OffsetAsync(Caller.Operator, id, UploadProtocol.Tus, CancellationToken.None);
        await PassAsync(rig, 1);
        await claim.Reached;
        if (previousEndsFirst)
        {
            checkpoint.Open();
            Assert.Equal((UploadError.Interrupted, 5000), Failure(await previous));
        }

        var from = previousEndsFirst ? 5000 : 0;
        using var newerBody = new TestBody();
        var newer = AppendAsync(rig, id, from, newerBody.Announce(Length - from));
        await SendAsync(newerBody, Content.AsMemory(from, 50_000 - from));

        claim.Open();

        Assert.Equal(50_000, TestSession.Expect(await asking.WaitAsync(Eventually.Limit)).ReceivedBytes);
        Assert.Equal((UploadError.TakenOver, 50_000), Failure(await newer));
        checkpoint.Open();
        Assert.False((await previous).Ok);
        body.Dispose();
        Assert.True(TestSession.Expect(await AppendAsync(rig, id, 50_000, TestBody.Of(Content.AsSpan(50_000)))).Upload.IsReceived);
        await AssertContentAsync(rig, id);
    }

    /// <summary>A writer that has received bytes and whose checkpoint hangs.</summary>
    private static async Task<(Task<Result<StreamReceipt>> Previous, Gate Checkpoint, TestBody Body)> StallCheckpointAsync(
        EngineRig rig, UploadId id)
    {
        var body = new TestBody();
        var checkpoint = rig.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        var previous = AppendAsync(rig, id, 0, body.Announce(Length));
        await SendAsync(body, Content.AsMemory(0, 5000));
        body.Break();
        await checkpoint.Reached;
        return (previous, checkpoint, body);
    }

    /// <summary>A newer request that waits for the others in vain, fences them, and has sent 50,000 bytes so far.</summary>
    private static async Task<(Task<Result<StreamReceipt>> Newer, TestBody Body)> TakeOverAsync(
        EngineRig rig, UploadId id, int offset, long? length, int waits)
    {
        var body = new TestBody();
        var newer = AppendAsync(rig, id, offset, body.Announce(length));
        await PassAsync(rig, waits);
        await SendAsync(body, Content.AsMemory(offset, 50_000));
        return (newer, body);
    }

    /// <summary>Lets each wait for a record or an end time out.</summary>
    private static async Task PassAsync(EngineRig rig, int waits)
    {
        for (var wait = 0; wait < waits; wait++)
        {
            await WaitForTimerAsync(rig, rig.Get<UploadOptions>().TakeoverWait);
            rig.Time.Advance(rig.Get<UploadOptions>().TakeoverWait);
        }
    }

    private async Task<(EngineRig Rig, UploadId Id)> BeginAsync(long? size = Length, Sha256Digest? sha256 = null)
    {
        var rig = await StartAsync(new EngineSetup { Uploads = new UploadOptions { CheckpointBytes = 100_000 } });
        var created = await rig.Intake.CreateAsync(TestStream.Describe(size) with { Sha256 = sha256 }, CancellationToken.None);
        return (rig, TestSession.Expect(created).Upload.Id);
    }

    private static Task<Result<StreamReceipt>> AppendAsync(
        EngineRig rig, UploadId id, long offset, UploadBody body, long? size = null, CompletionMode completion = CompletionMode.WhenFull) =>
        Task.Run(() => rig.Get<StreamAppender>().AppendAsync(
            new StreamAppend(Caller.Operator, id, UploadProtocol.Tus, offset, completion) { Size = size }, body, CancellationToken.None))
                .WaitAsync(Eventually.Limit);

    private static async Task WaitForTimerAsync(EngineRig rig, TimeSpan due)
    {
        using var deadline = new CancellationTokenSource(Eventually.Limit);
        await rig.Time.WaitForTimerAsync(due, deadline.Token);
    }

    private static Task SendAsync(TestBody body, ReadOnlyMemory<byte> bytes) => body.SendAsync(bytes).WaitAsync(Eventually.Limit);

    private static (UploadError?, long?) Failure(Result<StreamReceipt> result) => (result.Failure?.Error, result.Failure?.Offset);

    private static async Task AssertContentAsync(EngineRig rig, UploadId id)
    {
        await new TestSession(rig, id, Content).AssertWholeAsync();
        await EngineInvariants.SweepAsync(rig);
        await EngineInvariants.AssertCleanAsync(rig);
    }
}
