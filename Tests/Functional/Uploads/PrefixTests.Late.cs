using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Requests that continued a prefix and got no answer, or came too late, and what they leave to the next one (E10, E20).</summary>
public sealed partial class PrefixTests
{
    [Fact]
    public async Task A_chunk_that_had_no_answer_is_not_recorded_late_where_another_request_writes_to_its_file()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        var late = await UnansweredAsync(session, session.Request(0, Length, kept: 5000));
        using var body = new TestBody();
        var sending = session.SendAsync(session.Request(0, Length, kept: 5000), body.Announce(Length - 5000));
        await body.SendAsync(new byte[10_000]);

        var answer = await rig.Ledger.RecordChunkAsync(late, CancellationToken.None);

        await EngineInvariants.AssertTrueAsync(rig);
        Assert.Equal(RecordOutcome.Conflict, answer.Outcome);
        await body.SendAsync(new byte[Length - 15_000]);
        body.End();
        Assert.Equal(UploadError.DigestMismatch, (await sending).Failure?.Error);
        Assert.Equal(0, await session.KeptAsync(0));
        Assert.Equal(RecordOutcome.Conflict, (await rig.Ledger.RecordChunkAsync(late, CancellationToken.None)).Outcome);
        await session.MustPutAsync(0, Length);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_chunk_that_had_no_answer_is_not_taken_for_another_one_that_was_recorded_in_its_file()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        var other = session with { Content = [.. session.Content[..5000], .. TestSession.Bytes(Length - 5000, seed: 5)] };
        using var body = new TestBody();
        var breaking = session.SendAsync(session.Request(0, Length) with { Sha256 = null }, body.Announce(Length), body.Gone);
        await body.SendAsync(session.Part(0, 5000));
        body.Break();
        Assert.Equal(5000, (await breaking).Failure?.Offset);
        var request = session.Request(0, Length, kept: 5000) with { Sha256 = null };
        var late = await UnansweredAsync(session, request);

        var fresh = TestSession.Expect(
            await other.SendAsync(request, TestBody.Of(other.Part(5000, Length - 5000).Span, other.DigestOf(0, Length)))).Fresh;

        Assert.True(fresh);
        Assert.Equal(RecordOutcome.Overlap, (await rig.Ledger.RecordChunkAsync(late, CancellationToken.None)).Outcome);
        TestSession.Expect(await other.CompleteAsync());
        await other.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_chunk_that_had_no_answer_counts_when_it_is_recorded_before_another_request_has_the_prefix()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        var late = await UnansweredAsync(session, session.Request(0, Length, kept: 5000));
        var claiming = rig.Hooks.HoldBefore(nameof(IChunkLedger.ClaimPrefixAsync));
        var next = session.PutAsync(0, Length, kept: 5000);
        await claiming.Reached;

        Assert.Equal(RecordOutcome.Recorded, (await rig.Ledger.RecordChunkAsync(late, CancellationToken.None)).Outcome);

        claiming.Open();
        Assert.Equal(UploadError.PrefixConflict, (await next).Failure?.Error);
        Assert.False((await session.MustPutAsync(0, Length, kept: 5000)).Fresh);
        Assert.Equal(RecordOutcome.Recorded, (await rig.Ledger.RecordChunkAsync(late, CancellationToken.None)).Outcome);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_file_whose_flush_failed_is_not_written_again_after_a_late_copy()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Length);
        await session.BreakAsync(0, Length, 5000);
        rig.Hooks.Fail(nameof(IStoredFileWriter.FlushAsync), () => new StoreException(StoreError.FlushFailed, "The flush failed."));
        Assert.Equal(5000, (await session.BreakAsync(0, Length, 6000, kept: 5000)).Offset);
        var copied = rig.Hooks.HoldBefore(nameof(IChunkLedger.RecordPrefixAsync));
        var first = session.PutAsync(0, Length, kept: 5000);
        await copied.Reached;
        var claimed = rig.Hooks.HoldAfter(nameof(IChunkLedger.ClaimPrefixAsync));
        var second = session.PutAsync(0, Length, kept: 5000);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        await rig.Time.PassAsync(rig.Get<UploadOptions>().TakeoverWait);
        await claimed.Reached;

        copied.Open();
        Assert.Equal(UploadError.PrefixConflict, (await first).Failure?.Error);
        var reopened = rig.Hooks.Count(nameof(IChunkStore.ReopenAsync));
        claimed.Open();

        TestSession.Expect(await second);
        Assert.Equal(reopened, rig.Hooks.Count(nameof(IChunkStore.ReopenAsync)));
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    /// <summary>The rest of a chunk whose record is still on its way when the request ends.</summary>
    private static async Task<NewChunk> UnansweredAsync(TestSession session, ChunkRequest request)
    {
        var hooks = session.Rig.Hooks;
        hooks.Fail(nameof(IChunkLedger.RecordChunkAsync), () => new LedgerUnavailableException("No answer."));
        var kept = request.From - request.Offset;
        var body = TestBody.Of(session.Part(request.From, Length - kept).Span, session.DigestOf(0, Length));
        await Assert.ThrowsAsync<LedgerUnavailableException>(() => session.SendAsync(request, body));
        return hooks.Seen.Last(call => call.Name == nameof(IChunkLedger.RecordChunkAsync)).Argument<NewChunk>()!;
    }
}
