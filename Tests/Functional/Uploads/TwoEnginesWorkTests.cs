using ChunkUpload.Core.Storage;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Two engines on one ledger work side by side: every request may go to either.</summary>
public sealed class TwoEnginesWorkTests(PostgresFixture postgres) : TwoEngineTests(postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_is_appended_to_at_both_nodes_in_turn_is_one_file(bool asks)
    {
        var pair = await StartTwoAsync(asks);
        var stream = await SpreadStreamAsync(pair);

        var upload = await UploadAsync(pair.A, stream.Id);
        Assert.Equal((UploadState.Completed, 2L, (long?)pair.A.Incarnation), (upload.State, upload.Epoch, upload.Writer));
        var extents = await pair.A.Ledger.ExtentsAsync(stream.Id, 0, 10, None);
        Assert.Equal([pair.InA, pair.InB, pair.InA], extents.Select(extent => extent.File.Store));
        Assert.Equal(3, extents.Select(extent => extent.File).Distinct().Count());
        Assert.Equal(Sha256Digest.Of(stream.Content), upload.Sha256);
        await AssertWholeAtBothAsync(pair, new TestSession(pair.A, stream.Id, stream.Content));
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task HEAD_at_either_node_answers_the_same_offset()
    {
        var pair = await StartTwoAsync();
        var stream = await TestStream.CreateAsync(pair.A, TestSession.Bytes(2 * Part));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        Assert.Equal(Part, TestSession.Expect(await stream.OffsetAsync()).ReceivedBytes);
        Assert.Equal(Part, TestSession.Expect(await (stream with { Rig = pair.B }).OffsetAsync()).ReceivedBytes);
        // No writer ran anywhere, and A says so: nothing is taken over.
        Assert.Equal(0, (await UploadAsync(pair.A, stream.Id)).Epoch);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Chunks_of_a_session_go_to_both_nodes_and_each_merges_its_own(bool declare)
    {
        var pair = await StartTwoAsync();
        var session = await SpreadAsync(pair, declare);
        Assert.Equal(Part, await session.KeptAsync(Part));
        Assert.Equal(Part, await session.In(pair.B).KeptAsync(0));
        // B hashes what A has, and completes the session.
        await session.In(pair.B).SettleAsync();
        TestSession.Expect(await session.In(pair.B).CompleteAsync());
        await session.In(pair.B).SettleAsync();
        await session.SettleAsync();
        Assert.Equal(Sha256Digest.Of(session.Content), (await session.UploadAsync()).Sha256);

        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));
        Assert.All(await session.ExtentsAsync(), extent => Assert.Equal(StoredFileKind.Assembly, extent.File.Kind));
        Assert.Equal(3 * Part, (await session.UploadAsync()).PlacedBytes);
        await AssertWholeAtBothAsync(pair, session);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task A_prefix_of_the_other_node_is_copied_and_continued()
    {
        var pair = await StartTwoAsync();
        var session = await TestSession.CreateAsync(pair.A, Part);
        await session.In(pair.B).BreakAsync(0, Part, 4000);
        Assert.Equal(4000, await session.KeptAsync(0));
        await session.BreakAsync(0, Part, 7000, kept: 4000);
        Assert.Equal(7000, await session.In(pair.B).KeptAsync(0));
        await session.In(pair.B).MustPutAsync(0, Part, kept: 7000);

        TestSession.Expect(await session.CompleteAsync());
        Assert.Equal([pair.InB], await StoresAsync(pair.A, session.Id));
        await AssertWholeAtBothAsync(pair, session);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task Parts_at_both_nodes_are_joined_at_either()
    {
        var pair = await StartTwoAsync();
        var content = TestSession.Bytes(2 * Part);
        var first = await TestStream.CreateAsync(pair.A, content[..Part], part: true);
        var second = await TestStream.CreateAsync(pair.B, content[Part..], part: true);
        TestSession.Expect(await first.AppendAsync(0));
        TestSession.Expect(await second.AppendAsync(0));
        var whole = TestSession.Expect(await pair.B.Intake.AdmitAsync(TestStream.Describe(null), None));
        var joined = TestSession.Expect(
            await pair.B.Get<UploadJoiner>().JoinAsync(whole, [first.Id, second.Id], mayWait: false, None));

        Assert.False((await pair.B.Get<ContentCheck>().EnsureAsync(joined, None)).IsElsewhere);
        await AssertWholeAtBothAsync(pair, new TestSession(pair.A, joined.Id, content));
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task What_is_deleted_at_one_node_is_unlinked_by_each()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadAsync(pair);
        TestSession.Expect(await session.CompleteAsync());
        var ofA = (await session.ExtentsAsync()).Where(extent => extent.File.Store == pair.InA).Select(extent => extent.File).ToList();
        TestSession.Expect(await session.In(pair.B).Rig.Catalog.DeleteFileAsync(TestSession.Me, session.Id, None));

        // B has unlinked its own and nothing else, and may not say that A's are gone.
        Assert.Empty(pair.B.Store.Enumerate(None));
        Assert.Equal(ofA.Count, pair.A.Store.Enumerate(None).Count());
        await pair.B.Remover.RemoveReleasedAsync(None);
        await pair.B.Ledger.ForgetFilesAsync(ofA, None);
        await EngineInvariants.SweepAsync(pair.B);
        Assert.Equal(ofA.Count, pair.A.Store.Enumerate(None).Count());
        Assert.Equal(ofA.Count, (await pair.A.Ledger.TombstonesAsync(10, None)).Count);

        await pair.A.Remover.RemoveReleasedAsync(None);
        Assert.Empty(pair.A.Store.Enumerate(None));
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task What_goes_stale_is_purged_once_and_swept_by_each()
    {
        var pair = await StartTwoAsync();
        var session = await TestSession.CreateAsync(pair.A, 3 * Part);
        await session.MustPutAsync(0, Part);
        await session.In(pair.B).MustPutAsync(Part, Part);
        await pair.A.AgeAsync(TimeSpan.FromDays(30));
        Assert.Single(await pair.B.Ledger.PurgeAsync(10, null, None));
        Assert.Empty(await pair.A.Ledger.PurgeAsync(10, null, None));
        foreach (var rig in new[] { pair.A, pair.B })
        {
            Assert.True(await rig.Remover.TryReclaimAsync(session.Id, None));
            Assert.Empty(rig.Store.Enumerate(None));
        }

        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task A_node_that_starts_again_fences_its_own_incarnation_only()
    {
        var pair = await StartTwoAsync();
        var stream = await TestStream.CreateAsync(pair.A, TestSession.Bytes(3 * Part));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        var session = await SpreadAsync(pair);
        var next = Keep(await pair.B.CrashAsync());
        _ = next.Learn(pair.A);
        pair.A.Get<OtherNodes>().Remove(pair.OfB.Incarnation);
        pair = pair with { B = next, OfB = pair.A.Learn(next) };

        // Node A continues its segment, and node B reads the bytes of both.
        pair.A.Ledger.ForgetRecent(stream.Id);
        TestSession.Expect(await stream.AppendAsync(stream.Request(Part), 2 * Part));
        Assert.Single(await StoresAsync(pair.A, stream.Id));
        TestSession.Expect(await (stream with { Rig = pair.B }).AppendAsync(2 * Part));
        TestSession.Expect(await session.In(pair.B).CompleteAsync());
        await AssertWholeAtBothAsync(pair, session);
        await EngineInvariants.SweepAsync(pair.B);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task An_upload_goes_on_while_the_node_that_has_its_beginning_is_silent()
    {
        var pair = await StartTwoAsync(asks: false);
        var session = await TestSession.CreateAsync(pair.A, 2 * Part);
        await session.MustPutAsync(0, Part);
        pair.OfA.Silence();
        await session.In(pair.B).MustPutAsync(Part, Part);
        TestSession.Expect(await session.In(pair.B).CompleteAsync());

        var (sent, failure) = await CopyAsync(pair.B, session.Id, new ByteRange(0, 2 * Part));
        Assert.Equal((0L, UploadError.Elsewhere), (sent, failure?.Error));
        Assert.Equal(((long)Part, (UploadFailure?)null), await CopyAsync(pair.B, session.Id, new ByteRange(Part, Part)));
        Assert.Null((await session.UploadAsync()).DamagedAt);
        pair.OfA.Speak();
        await AssertWholeAtBothAsync(pair, session);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task Nothing_is_sent_of_a_file_whose_end_is_at_a_silent_node()
    {
        var pair = await StartTwoAsync();
        var stream = await SpreadStreamAsync(pair);
        pair.OfB.Silence();
        var (sent, failure) = await CopyAsync(pair.A, stream.Id, new ByteRange(0, 3 * Part));
        Assert.Equal((0L, UploadError.Elsewhere), (sent, failure?.Error));
        Assert.Null((await UploadAsync(pair.A, stream.Id)).DamagedAt);
    }
}
