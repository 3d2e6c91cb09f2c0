using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>A request at one node stops a writer at the other one, which first records what it has (E14, E18, E28).</summary>
public sealed class TwoEnginesStopTests(PostgresFixture postgres) : TwoEngineTests(postgres)
{
    private const int Arrived = 5000;

    private static TimeSpan Wait => new UploadOptions().TakeoverWait;

    [Fact]
    public async Task HEAD_stops_a_writer_that_has_unrecorded_bytes_and_answers_with_them()
    {
        var pair = await StartTwoAsync();
        await using var writing = await WritingAsync(pair);
        var atB = writing.Stream with { Rig = pair.B };

        Assert.Equal(Arrived, TestSession.Expect(await atB.OffsetAsync()).ReceivedBytes);
        var stopped = (await writing.Sending).Failure;
        Assert.Equal((UploadError.TakenOver, (long?)Arrived), (stopped?.Error, stopped?.Offset));
        TestSession.Expect(await atB.AppendAsync(Arrived));
        Assert.Equal([pair.InA, pair.InB], await StoresAsync(pair.A, writing.Stream.Id));
        await AssertWholeAtBothAsync(pair, writing.Whole);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task PATCH_at_the_offset_of_the_other_writer_takes_over()
    {
        var pair = await StartTwoAsync();
        await using var writing = await WritingAsync(pair, from: Part, arrived: 0);
        var atB = writing.Stream with { Rig = pair.B };
        TestSession.Expect(await atB.AppendAsync(Part));
        Assert.Equal(UploadError.TakenOver, (await writing.Sending).Failure?.Error);
        await AssertWholeAtBothAsync(pair, writing.Whole);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task PATCH_behind_the_other_writer_is_refused_with_the_offset_of_that_one()
    {
        var pair = await StartTwoAsync();
        await using var writing = await WritingAsync(pair, from: Part);
        var atB = writing.Stream with { Rig = pair.B };

        // A waits for its writer's next record, which does not come, says that it stands further on, and is asked once more.
        var late = atB.AppendAsync(Part);
        await pair.A.Time.PassAsync(Wait);
        var refused = (await late).Failure!;
        Assert.Equal((UploadError.OffsetConflict, (long?)(Part + Arrived)), (refused.Error, refused.Offset));
        Assert.Equal([(long?)Part, null], pair.OfA.Asked.Select(asked => asked.At));
        Assert.Equal(UploadError.TakenOver, (await writing.Sending).Failure?.Error);
        TestSession.Expect(await atB.AppendAsync(Part + Arrived));
        await AssertWholeAtBothAsync(pair, writing.Whole);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task A_writer_further_on_that_records_in_time_goes_on()
    {
        var pair = await StartTwoAsync();
        var stream = await TestStream.CreateAsync(pair.A, TestSession.Bytes(3 * Part));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        var recording = pair.A.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        var sending = stream.AppendAsync(stream.Request(Part), 2 * Part);
        await recording.Reached;
        var late = (stream with { Rig = pair.B }).AppendAsync(Part);
        await pair.OfA.WhenAskedAsync(1);
        recording.Open();
        TestSession.Expect(await sending);
        var refused = (await late).Failure!;
        Assert.Equal((UploadError.OffsetConflict, (long?)(2 * Part)), (refused.Error, refused.Offset));
        Assert.Equal(0, (await UploadAsync(pair.A, stream.Id)).Epoch);
    }

    [Fact]
    public async Task Without_an_answer_PATCH_raises_the_epoch()
    {
        var pair = await StartTwoAsync();
        await using var writing = await WritingAsync(pair, from: Part);
        pair.OfA.IsDeaf = true;
        var atB = (writing.Stream with { Rig = pair.B }).AppendAsync(Part);
        await pair.B.Time.PassAsync(Wait);
        TestSession.Expect(await atB);

        // Bytes that A has received and not acknowledged are lost, and do not count.
        writing.Body.End();
        Assert.False((await writing.Sending).Ok);
        Assert.Equal([pair.InA, pair.InB], await StoresAsync(pair.A, writing.Stream.Id));
        await AssertWholeAtBothAsync(pair, writing.Whole);
        await AssertCleanAsync(pair);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Part)]
    public async Task Without_an_answer_HEAD_raises_the_epoch_so_that_its_offset_stays(int from)
    {
        var pair = await StartTwoAsync();
        await using var writing = await WritingAsync(pair, from);
        pair.OfA.IsDeaf = true;
        var asking = (writing.Stream with { Rig = pair.B }).OffsetAsync();
        await pair.B.Time.PassAsync(Wait);
        Assert.Equal(from, TestSession.Expect(await asking).ReceivedBytes);
        writing.Body.Break();
        Assert.False((await writing.Sending).Ok);
        Assert.Equal(from, (await UploadAsync(pair.A, writing.Stream.Id)).ReceivedBytes);
    }

    [Fact]
    public async Task A_late_request_stops_nobody()
    {
        var pair = await StartTwoAsync();
        var stream = await TestStream.CreateAsync(pair.A, TestSession.Bytes(4 * Part));
        TestSession.Expect(await (stream with { Rig = pair.B }).AppendAsync(stream.Request(0), Part));
        using var body = new TestBody();
        var sending = stream.SendAsync(stream.Request(Part), body.Announce(3 * Part));
        await body.SendAsync(stream.Content.AsMemory(Part, Arrived));
        var epoch = (await UploadAsync(pair.A, stream.Id)).Epoch;
        Assert.Equal(1, epoch);

        var answers = pair.A.Get<StopAnswers>();
        Assert.Equal(StopAnswer.NoWriter, await answers.AnswerAsync(StopRequest.ForOffset(stream.Id, epoch - 1), None));
        Assert.Equal(StopAnswer.NoWriter, await answers.AnswerAsync(StopRequest.ForAppend(stream.Id, Part + Arrived, epoch - 1), None));
        await body.SendAsync(stream.Content.AsMemory(Part + Arrived, Arrived));
        Assert.False(sending.IsCompleted);
        Assert.Equal(StopAnswer.Stopped, await answers.AnswerAsync(StopRequest.ForOffset(stream.Id, epoch), None));
        Assert.Equal((long?)(2 * Part), (await sending).Failure?.Offset);
    }

    [Fact]
    public async Task HEAD_of_a_chunk_stops_its_writer_at_the_other_node()
    {
        var pair = await StartTwoAsync();
        var session = await TestSession.CreateAsync(pair.A, 2 * Part);
        using var body = new TestBody();
        var sending = session.SendAsync(session.Request(0, Part), body.Announce(Part));
        await body.SendAsync(session.Part(0, Arrived));
        // The writer of another chunk continues.
        using var other = new TestBody();
        var going = session.SendAsync(session.Request(Part, Part), other.Announce(Part));
        await other.SendAsync(session.Part(Part, Arrived));

        Assert.Equal(Arrived, await session.In(pair.B).KeptAsync(0));
        Assert.Equal(UploadError.TakenOver, (await sending).Failure?.Error);
        await session.In(pair.B).MustPutAsync(0, Part, kept: Arrived);
        await other.SendAsync(session.Part(Part + Arrived, Part - Arrived));
        other.End();
        TestSession.Expect(await going);
        TestSession.Expect(await session.CompleteAsync());
        await AssertWholeAtBothAsync(pair, session);
        await AssertCleanAsync(pair);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DELETE_at_one_node_ends_what_the_other_one_writes(bool asks)
    {
        var pair = await StartTwoAsync(asks);
        await using var writing = await WritingAsync(pair, from: Part);
        TestSession.Expect(await pair.B.Catalog.RemoveAsync(TestSession.Me, writing.Stream.Id, None));
        // The writer was not asked to stop: it finds at its next record that the upload has ended.
        Assert.Equal(asks, pair.OfA.Asked.Count == 1);
        if (!asks)
            writing.Body.End();
        Assert.Equal(UploadError.Cancelled, (await writing.Sending).Failure?.Error);
        await AssertCleanAsync(pair);
        Assert.Empty(pair.A.Store.Enumerate(None));
    }

    [Fact]
    public async Task DELETE_waits_for_a_silent_node_no_longer_than_for_a_silent_writer()
    {
        var pair = await StartTwoAsync();
        await using var writing = await WritingAsync(pair, from: Part);
        pair.OfA.IsDeaf = true;
        var deleting = pair.B.Catalog.RemoveAsync(TestSession.Me, writing.Stream.Id, None);
        await pair.B.Time.PassAsync(Wait);
        TestSession.Expect(await deleting);
        writing.Body.End();
        Assert.False((await writing.Sending).Ok);
        await AssertCleanAsync(pair);
    }

    /// <summary>A stream that A is writing to: the first bytes are recorded, the last ones have only arrived.</summary>
    private static async Task<Writing> WritingAsync(Pair pair, int from = 0, int arrived = Arrived)
    {
        var stream = await TestStream.CreateAsync(pair.A, TestSession.Bytes(3 * Part));
        if (from > 0)
            TestSession.Expect(await stream.AppendAsync(stream.Request(0), from));
        var body = new TestBody();
        var sending = stream.SendAsync(stream.Request(from), body.Announce(3 * Part - from));
        if (arrived > 0)
            await body.SendAsync(stream.Content.AsMemory(from, arrived));
        else
            await pair.A.Hooks.WhenSeenAsync(nameof(IChunkStore.ReopenAsync), 1);
        return new Writing(stream, body, sending);
    }

    private sealed record Writing(TestStream Stream, TestBody Body, Task<Result<StreamReceipt>> Sending) : IAsyncDisposable
    {
        public TestSession Whole => new(Stream.Rig, Stream.Id, Stream.Content);

        public async ValueTask DisposeAsync()
        {
            Body.Break();
            await Task.WhenAny(Sending);
            Body.Dispose();
        }
    }
}
