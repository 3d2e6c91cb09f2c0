using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E18, E20: a returning client continues at once, and the previous writer can do no harm.</summary>
public sealed class TakeoverTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Length = 100_000;

    [Fact]
    public async Task HEAD_from_another_connection_stops_a_hanging_writer_and_reports_its_offset()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        using var hanging = new TestBody();
        var first = session.SendAsync(session.Request(0, Length), hanging.Announce(Length));
        await hanging.SendAsync(session.Part(0, 5000));

        Assert.Equal(5000, await session.KeptAsync(0));
        var failure = (await first).Failure;
        Assert.Equal((UploadError.TakenOver, 5000L), (failure?.Error, failure?.Offset));
        await session.MustPutAsync(0, Length, kept: 5000);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_newer_request_takes_over_from_a_silent_writer()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        using var hanging = new TestBody();
        var first = session.SendAsync(session.Request(0, Length), hanging.Announce(Length));
        await hanging.SendAsync(session.Part(0, 5000));
        var second = session.PutAsync(0, Length);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);

        Assert.True(TestSession.Expect(await second).Fresh);
        Assert.Equal(UploadError.TakenOver, (await first).Failure?.Error);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_newer_request_with_other_bytes_takes_the_place_of_a_silent_writer_and_its_prefix_is_dropped()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        var other = session with { Content = TestSession.Bytes(Length, seed: 4) };
        using var hanging = new TestBody();
        var first = other.SendAsync(other.Request(0, Length), hanging.Announce(Length));
        await hanging.SendAsync(other.Part(0, 5000));
        var second = session.PutAsync(0, Length);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);

        TestSession.Expect(await second);
        await first;
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_stalled_write_released_after_takeover_and_publication_changes_no_verified_byte()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);

        // Continues in the prefix's file with wrong bytes, and stalls inside the write.
        using var stalling = new TestBody();
        var write = rig.Hooks.HoldBefore(nameof(IStoredFileWriter.Write));
        var first = session.SendAsync(session.Request(0, Length, kept: 5000), stalling.Announce(Length - 5000));
        stalling.Deliver(new byte[20_000]);
        await write.Reached;

        // The client is back: the writer is asked to stop, does not answer, and is fenced together with its file.
        var looking = session.KeptAsync(0);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        Assert.Equal(5000, await looking);
        await session.MustPutAsync(0, Length, kept: 5000);
        await EngineInvariants.AssertTrueAsync(rig);

        write.Open();
        stalling.End();
        Assert.False((await first).Ok);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_stalled_write_to_a_segment_released_after_takeover_changes_no_recorded_byte()
    {
        var rig = await StartAsync();
        var content = TestSession.Bytes(Length);
        var id = await StreamAsync(rig);
        using (var broken = new TestBody())
        {
            var begun = AppendAsync(rig, id, 0, broken.Announce(Length));
            await broken.SendAsync(content.AsMemory(0, 5000));
            broken.Break();
            Assert.Equal(5000, (await begun).Failure?.Offset);
        }

        // Continues in the same segment with wrong bytes, and stalls inside the write.
        using var stalling = new TestBody();
        var write = rig.Hooks.HoldBefore(nameof(IStoredFileWriter.Write));
        var first = AppendAsync(rig, id, 5000, stalling.Announce(Length - 5000));
        stalling.Deliver(new byte[20_000]);
        await write.Reached;

        // Waits in vain for the record and then for the end.
        var second = AppendAsync(rig, id, 5000, TestBody.Of(content.AsSpan(5000)));
        for (var i = 0; i < 2; i++)
        {
            await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        }

        Assert.True(TestSession.Expect(await second).Upload.IsReceived);
        write.Open();
        stalling.End();
        Assert.False((await first).Ok);

        var session = new TestSession(rig, id, content);
        await session.AssertWholeAsync();
        await EngineInvariants.SweepAsync(rig);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_writer_that_stalls_before_opening_the_prefix_is_fenced_with_its_file()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);

        // It has claimed the prefix and is about to open its file.
        using var stalling = new TestBody();
        stalling.Deliver(new byte[20_000]);
        var opening = rig.Hooks.HoldBefore(nameof(IChunkStore.ReopenAsync));
        var first = session.SendAsync(session.Request(0, Length, kept: 5000), stalling.Announce(Length - 5000));
        await opening.Reached;
        var looking = session.KeptAsync(0);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        Assert.Equal(5000, await looking);

        // The newer request does not touch that file, so the other writer's bytes have no effect.
        await session.MustPutAsync(0, Length, kept: 5000);
        opening.Open();
        stalling.End();
        Assert.False((await first).Ok);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_copied_prefix_can_break_and_continue_like_any_other()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        var first = await StallAsync(session, 5000);

        Assert.Equal(9000, (await session.BreakAsync(0, Length, 9000, kept: 5000)).Offset);
        Assert.Equal(9000, await session.KeptAsync(0));
        await first.DisposeAsync();
        Assert.Equal(9000, await session.KeptAsync(0));
        await session.MustPutAsync(0, Length, kept: 9000);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_prefix_found_damaged_while_it_is_copied_is_dropped_and_sent_again()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        await using var first = await StallAsync(session, 5000);
        await using (var writer =
            await rig.Store.ReopenAsync(Assert.Single(rig.Store.Enumerate(CancellationToken.None)), null, CancellationToken.None))
            writer.Write([1, 2, 3, 4], 100);

        var result = await session.PutAsync(0, Length, kept: 5000);
        Assert.Equal((UploadError.PrefixConflict, 0L), (result.Failure?.Error, result.Failure?.Offset));
        await session.MustPutAsync(0, Length);
        await EngineInvariants.AssertTrueAsync(rig);
    }

    [Fact]
    public async Task Late_prefix_of_the_previous_writer_takes_nothing_from_the_newer_request()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        var first = await StallAsync(session, 5000);
        using var body = new TestBody();
        var second = session.SendAsync(session.Request(0, Length, kept: 5000), body.Announce(Length - 5000));
        await body.SendAsync(session.Part(5000, 1000));

        await first.DisposeAsync();
        await body.SendAsync(session.Part(6000, Length - 6000));
        body.End();

        TestSession.Expect(await second);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_writer_that_is_only_slow_to_record_wins_or_is_a_duplicate_and_is_written_once_in_the_ledger()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        var recording = rig.Hooks.HoldBefore(nameof(IChunkLedger.RecordChunkAsync));
        var first = session.PutAsync(0, Length);
        await recording.Reached;
        var second = session.PutAsync(0, Length);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);

        Assert.True(TestSession.Expect(await second).Fresh);
        recording.Open();
        Assert.False(TestSession.Expect(await first).Fresh);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task Two_that_continue_with_one_prefix_at_once_do_not_share_its_file()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        var claiming = rig.Hooks.HoldBefore(nameof(IChunkLedger.ClaimPrefixAsync));
        var first = session.PutAsync(0, Length, kept: 5000);
        await claiming.Reached;
        var second = session.PutAsync(0, Length, kept: 5000);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);

        TestSession.Expect(await second);
        claiming.Open();
        var late = await first;
        Assert.Equal(UploadError.PrefixConflict, late.Failure?.Error);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    private static async Task<UploadId> StreamAsync(EngineRig rig) => TestSession.Expect(
        await rig.Intake.CreateAsync(TestStream.Describe(Length), CancellationToken.None)).Upload.Id;

    private static Task<Result<StreamReceipt>> AppendAsync(EngineRig rig, UploadId id, long offset, UploadBody body) =>
        Task.Run(() => rig.Get<StreamAppender>().AppendAsync(
            new StreamAppend(Caller.Operator, id, UploadProtocol.Tus, offset, CompletionMode.WhenFull), body, CancellationToken.None));

    /// <summary>A writer that has claimed the prefix, stalls in its first write, and is fenced by a returning client.</summary>
    private static async Task<Stalled> StallAsync(TestSession session, long kept)
    {
        var rig = session.Rig;
        var body = new TestBody();
        var write = rig.Hooks.HoldBefore(nameof(IStoredFileWriter.Write));
        var running = session.SendAsync(session.Request(0, Length, kept), body.Announce(Length - kept));
        body.Deliver(new byte[20_000]);
        await write.Reached;
        var looking = session.KeptAsync(0);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        Assert.Equal(kept, await looking);
        return new Stalled(body, write, running);
    }

    private sealed class Stalled(TestBody body, Gate write, Task<Result<ChunkReceipt>> running) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            write.Open();
            Assert.False((await running).Ok);
            body.Dispose();
        }
    }
}
