using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>E17: chunks in any order, concurrent, repeated, and wrong. Only verified bytes stay on the disk.</summary>
public sealed class ChunkTests(PostgresFixture postgres) : EngineTests(postgres)
{
    [Fact]
    public async Task A_recorded_chunk_counts_and_can_be_read_once_all_are_there()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 100 * KiB);

        var second = await session.MustPutAsync(60 * KiB, 40 * KiB);
        Assert.True(second.Fresh);
        Assert.Equal(40 * KiB, second.Upload.ReceivedBytes);
        Assert.Equal(session.DigestOf(60 * KiB, 40 * KiB), second.Sha256);
        await session.MustPutAsync(0, 60 * KiB);
        TestSession.Expect(await session.CompleteAsync());

        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task Chunks_of_any_size_in_any_order_in_parallel_make_the_file()
    {
        var rig = await StartAsync(new EngineSetup { Background = true });
        var session = await TestSession.CreateAsync(rig, 300_000);
        var order = new Random(7);
        var edges = Enumerable.Range(0, 40).Select(_ => (long)order.Next(1, 299_999)).Append(0).Append(300_000).Distinct().Order()
            .ToArray();
        var chunks = edges.Zip(edges[1..]).OrderBy(_ => order.Next()).ToArray();

        await Task.WhenAll(chunks.Select(chunk => session.MustPutAsync(chunk.First, chunk.Second - chunk.First)));
        TestSession.Expect(await session.CompleteAsync());

        await session.AssertWholeAsync();
        await rig.WhenIdleAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task The_same_chunk_ten_times_at_once_is_written_once()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var recording = rig.Hooks.HoldBefore(nameof(IChunkLedger.RecordChunkAsync));

        var all = Enumerable.Range(0, 10).Select(_ => session.PutAsync(0, 64 * KiB)).ToList();
        await recording.Reached;
        await rig.Hooks.WhenSeenAsync(nameof(IChunkLedger.InspectNewChunkAsync), 10);
        recording.Open();
        var receipts = (await Task.WhenAll(all)).Select(TestSession.Expect).ToList();

        Assert.Single(receipts, receipt => receipt.Fresh);
        Assert.Equal(1, rig.Hooks.Count(nameof(IChunkStore.CreateAsync)));
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_repetition_with_a_stale_inspection_writes_nothing()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var looked = rig.Hooks.HoldAfter(nameof(IChunkLedger.InspectNewChunkAsync));
        var late = session.PutAsync(0, 64 * KiB);
        await looked.Reached;

        Assert.True((await session.MustPutAsync(0, 64 * KiB)).Fresh);
        looked.Open();

        Assert.False(TestSession.Expect(await late).Fresh);
        Assert.Equal(1, rig.Hooks.Count(nameof(IChunkStore.CreateAsync)));
    }

    [Fact]
    public async Task A_chunk_that_was_cancelled_after_its_inspection_waits_for_no_byte()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var looked = rig.Hooks.HoldAfter(nameof(IChunkLedger.InspectNewChunkAsync), _ => true);
        using var silent = new TestBody();
        var late = session.SendAsync(session.Request(0, 64 * KiB), silent.Announce(64 * KiB));
        await looked.Reached;

        TestSession.Expect(await session.CancelAsync());
        looked.Open();

        Assert.Equal(UploadError.Cancelled, (await late).Failure?.Error);
        Assert.Equal(0, rig.Hooks.Count(nameof(IChunkStore.CreateAsync)));
    }

    [Fact]
    public async Task Of_two_different_chunks_at_one_offset_at_once_one_wins_and_no_byte_is_mixed()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var other = session with { Content = TestSession.Bytes(64 * KiB, seed: 2) };
        using var slow = new TestBody();
        var first = session.SendAsync(session.Request(0, 64 * KiB), slow.Announce(64 * KiB));
        await slow.SendAsync(session.Part(0, 10 * KiB));
        var second = other.PutAsync(0, 64 * KiB);
        await rig.Hooks.WhenSeenAsync(nameof(IChunkLedger.InspectNewChunkAsync), 2);
        await slow.SendAsync(session.Part(10 * KiB, 54 * KiB));
        slow.End();

        TestSession.Expect(await first);
        Assert.Equal(UploadError.Overlap, (await second).Failure?.Error);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Theory]
    [InlineData(0, 40, 20, 40)]
    [InlineData(0, 60, 20, 20)]
    [InlineData(20, 20, 0, 60)]
    public async Task Of_two_overlapping_ranges_recorded_at_once_one_wins_and_the_other_leaves_nothing(
        int from, int length, int from2, int length2)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var gates = new[]
        {
            rig.Hooks.HoldBefore(nameof(IChunkLedger.RecordChunkAsync)),
            rig.Hooks.HoldBefore(nameof(IChunkLedger.RecordChunkAsync)),
        };
        var both = new[] { session.PutAsync(from * KiB, length * KiB), session.PutAsync(from2 * KiB, length2 * KiB) };
        await Task.WhenAll(gates.Select(gate => gate.Reached));
        foreach (var gate in gates)
            gate.Open();

        var results = await Task.WhenAll(both);
        Assert.Single(results, result => result.Ok);
        Assert.Equal(UploadError.Overlap, results.Single(result => !result.Ok).Failure!.Error);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task A_wrong_digest_keeps_nothing()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var result = await session.SendAsync(session.Request(0, 64 * KiB), TestBody.Of(TestSession.Bytes(64 * KiB, seed: 9)));

        Assert.Equal(UploadError.DigestMismatch, result.Failure?.Error);
        Assert.Equal(0, await session.KeptAsync(0));
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
        var upload = await session.UploadAsync();
        Assert.Equal((0, 1, 1), (upload.ReceivedBytes, upload.FailureCount, upload.ConsecutiveFailures));
    }

    [Theory]
    [InlineData(null, UploadError.DigestMissing)]
    [InlineData(false, UploadError.DigestMismatch)]
    [InlineData(true, null)]
    public async Task A_digest_in_the_trailer_counts_like_one_in_the_header(bool? right, UploadError? error)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        Sha256Digest? trailer = right is null ? null : right.Value ? session.DigestOf(0, 64 * KiB) : Sha256Digest.OfNothing;
        var request = session.Request(0, 64 * KiB) with { Sha256 = null };

        Assert.Equal(error, (await session.SendAsync(request, TestBody.Of(session.Content, trailer))).Failure?.Error);
        await EngineInvariants.AssertCleanAsync(rig);

        // Repeating an existing chunk writes nothing; a wrong trailer is still reported.
        await session.PutAsync(0, 64 * KiB);
        var created = rig.Hooks.Count(nameof(IChunkStore.CreateAsync));
        var again = await session.SendAsync(request, TestBody.Of(session.Content, trailer));
        Assert.Equal(right is false ? UploadError.DigestMismatch : null, again.Failure?.Error);
        Assert.Equal(created, rig.Hooks.Count(nameof(IChunkStore.CreateAsync)));
        Assert.Equal(UploadError.Overlap, (await session.SendAsync(request, TestBody.Of(new byte[64 * KiB]))).Failure?.Error);
    }

    [Fact]
    public async Task A_chunk_of_unannounced_length_is_as_long_as_its_body()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var request = session.Request(0, 64 * KiB) with { Length = null };

        var receipt = TestSession.Expect(await session.SendAsync(request, TestBody.Of(session.Content, announced: false)));
        Assert.Equal(new ByteRange(0, 64 * KiB), receipt.Range);
        TestSession.Expect(await session.CompleteAsync());
    }

    [Theory]
    [InlineData(true, UploadError.LengthMismatch)]
    [InlineData(false, UploadError.BeyondSize)]
    public async Task A_body_that_is_too_long_keeps_nothing(bool announced, UploadError error)
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var request = session.Request(0, 64 * KiB);
        var result = await session.SendAsync(
            announced ? request : request with { Length = null }, TestBody.Of(new byte[(64 * KiB) + 1], announced: false));

        Assert.Equal(error, result.Failure?.Error);
        Assert.Equal(0, await session.KeptAsync(0));
        Assert.Empty(rig.Store.Enumerate(CancellationToken.None));
    }

    [Fact]
    public async Task A_body_that_ends_early_is_a_prefix_like_any_other()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        var result = await session.SendAsync(session.Request(0, 64 * KiB), TestBody.Of(session.Part(0, 10 * KiB).Span, announced: false));

        Assert.Equal((UploadError.LengthMismatch, 10L * KiB), (result.Failure?.Error, result.Failure?.Offset));
        Assert.Equal(10 * KiB, await session.KeptAsync(0));
        await session.MustPutAsync(0, 64 * KiB, kept: 10 * KiB);
        await EngineInvariants.AssertCleanAsync(rig);
    }

    [Fact]
    public async Task Refuses_before_the_first_byte_what_cannot_be_right()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        await session.MustPutAsync(0, 10 * KiB);
        var whole = session.Request(16 * KiB, 16 * KiB);

        await RefusedAsync(UploadError.NotFound, whole with { Upload = UploadId.New() });
        await RefusedAsync(UploadError.NotFound, whole with { Caller = new Caller("somebody", "else") });
        await RefusedAsync(UploadError.BeyondSize, whole with { Offset = -1, From = -1 });
        await RefusedAsync(UploadError.BeyondSize, whole with { Offset = 60 * KiB, From = 60 * KiB });
        await RefusedAsync(UploadError.BeyondSize, whole with { Offset = 64 * KiB, From = 64 * KiB, Length = 1 });
        await RefusedAsync(UploadError.LengthMismatch, whole with { Offset = long.MaxValue - 5, From = long.MaxValue - 5 });
        await RefusedAsync(UploadError.EmptyChunk, whole with { Length = 0 });
        await RefusedAsync(UploadError.LengthMismatch, whole with { Length = -1 });
        await RefusedAsync(UploadError.LengthMismatch, whole with { Length = 17 * KiB });
        await RefusedAsync(UploadError.Overlap, whole with { Offset = 9 * KiB, From = 9 * KiB });
        await RefusedAsync(UploadError.Overlap, whole with { Offset = 0, From = 0 });
        await RefusedAsync(UploadError.PrefixConflict, whole with { From = 17 * KiB, Length = 17 * KiB });
        Assert.Equal(1, rig.Hooks.Count(nameof(IChunkStore.CreateAsync)));

        async Task RefusedAsync(UploadError error, ChunkRequest request)
        {
            using var unread = new TestBody();
            Assert.Equal(error, (await session.SendAsync(request, unread.Announce(16 * KiB))).Failure?.Error);
        }
    }

    [Fact]
    public async Task The_last_byte_may_be_a_chunk()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 1001);
        await session.MustPutAsync(1000, 1);
        await session.MustPutAsync(0, 1000);
        TestSession.Expect(await session.CompleteAsync());
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_session_of_unknown_size_takes_chunks_and_gets_its_size_at_the_end()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB, announce: false);
        await session.MustPutAsync(32 * KiB, 32 * KiB);

        Assert.Equal(UploadError.SizeUnknown, (await session.CompleteAsync()).Failure?.Error);
        Assert.Equal(UploadError.MissingRanges, (await session.CompleteAsync(64 * KiB)).Failure?.Error);
        await session.MustPutAsync(0, 32 * KiB);
        Assert.Equal(UploadError.SizeMismatch, (await session.CompleteAsync(60 * KiB)).Failure?.Error);
        TestSession.Expect(await session.CompleteAsync(64 * KiB));
        await session.AssertWholeAsync();
    }

    [Fact]
    public async Task A_paused_session_takes_no_new_chunk_and_one_under_way_still_counts()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 64 * KiB);
        using var body = new TestBody();
        var running = session.SendAsync(session.Request(0, 32 * KiB), body.Announce(32 * KiB));
        await body.SendAsync(session.Part(0, KiB));
        TestSession.Expect(await rig.Catalog.PauseAsync(TestSession.Me, session.Id, CancellationToken.None));

        Assert.Equal(UploadError.Paused, (await session.PutAsync(32 * KiB, 32 * KiB)).Failure?.Error);
        await body.SendAsync(session.Part(KiB, 31 * KiB));
        body.End();
        TestSession.Expect(await running);
        TestSession.Expect(await rig.Catalog.ResumeAsync(TestSession.Me, session.Id, CancellationToken.None));
        await session.MustPutAsync(32 * KiB, 32 * KiB);
    }
}
