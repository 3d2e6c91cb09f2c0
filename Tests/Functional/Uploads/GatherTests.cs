using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Moving;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>Finished uploads with bytes at both nodes are gathered into the store that has the largest share.</summary>
public sealed class GatherTests(PostgresFixture postgres) : TwoEngineTests(postgres)
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(61), Pause = TimeSpan.FromSeconds(301);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_is_gathered_at_the_node_that_has_most_of_it(bool declare)
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair, declare);
        await GatherAsync(pair.A);
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));
        await pair.A.AgeAsync(Idle);
        await GatherAsync(pair.B);
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));

        await GatherAsync(pair.A);
        await AssertAllInAsync(pair, session, pair.InA);
        Assert.Equal(session.DigestOf(Part, Part), (await session.ExtentsAsync())[1].Sha256);
        Assert.Equal(0, await AskAsync<int>(pair.A, "select count(*) from spread_uploads", session.Id));
    }

    [Fact]
    public async Task A_stream_is_gathered_at_the_node_that_has_most_of_it()
    {
        var pair = await StartTwoAsync();
        var stream = await SpreadStreamAsync(pair);
        await pair.A.AgeAsync(Idle);
        await GatherAsync(pair.A);
        await AssertAllInAsync(pair, new TestSession(pair.A, stream.Id, stream.Content), pair.InA);
    }

    [Fact]
    public async Task An_upload_in_one_store_or_of_a_service_that_is_alone_is_not_noted()
    {
        var pair = await StartTwoAsync();
        var session = await TestSession.CreateAsync(pair.A, 2 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        TestSession.Expect(await session.In(pair.B).CompleteAsync());
        Assert.Equal(0, await AskAsync<int>(pair.A, "select count(*) from spread_uploads", session.Id));

        var spread = await SpreadFileAsync(pair);
        await pair.A.AgeAsync(Idle);
        pair.A.Get<OtherStores>().Remove(pair.InB);
        await GatherAsync(pair.A);
        Assert.Equal(0, pair.A.Hooks.Count(nameof(IMovingLedger.NextSpreadAsync)));
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, spread.Id));
    }

    [Fact]
    public async Task A_node_that_is_drained_or_degraded_gathers_nothing()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        await pair.A.AgeAsync(Idle);
        pair.A.Get<NodeDrain>().IsDraining = true;
        await GatherAsync(pair.A);
        pair.A.Get<NodeDrain>().IsDraining = false;
        pair.A.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        await GatherAsync(pair.A);
        Assert.NotNull(pair.A.Store.Health.Degraded);
        await pair.A.AgeAsync(Pause);
        await GatherAsync(pair.A);
        Assert.Equal(1, pair.A.Hooks.Count(nameof(IMovingLedger.NextSpreadAsync)));
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));
        Assert.Null((await session.UploadAsync()).DamagedAt);

        pair.A.Calls.Answer = null;
        Assert.True(await pair.A.Store.ProbeAsync(None));
        await GatherAsync(pair.A);
        await AssertAllInAsync(pair, session, pair.InA);
    }

    [Fact]
    public async Task A_read_of_the_other_node_continues_at_the_gathered_file()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        await pair.A.AgeAsync(Idle);
        var read = new byte[3 * Part];
        var at = 0;
        await foreach (var range in pair.A.Get<ExtentReader>().OpenRangesAsync(session.Id, new ByteRange(0, 3 * Part), None))
        {
            for (long done = 0; done < range.Range.Length;)
            {
                var got = await range.Reader.ReadAsync(read.AsMemory(at, Math.Min(3000, (int)(range.Range.Length - done))),
                    range.FileOffset + done, None);
                Assert.NotEqual(0, got);
                (at, done) = (at + got, done + got);
                if (at != Part + 3000)
                    continue;
                await GatherAsync(pair.A);
                await pair.B.Remover.RemoveReleasedAsync(None);
                pair.OfB.Calls.Fail(nameof(ISyscalls.Pread), Errno.InputOutput);
            }
        }

        Assert.Equal(session.Content, read);
    }

    [Fact]
    public async Task An_upload_that_is_deleted_while_it_is_copied_leaves_nothing()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        await WhileCopiedAsync(
            pair, async () => TestSession.Expect(await pair.B.Catalog.DeleteFileAsync(TestSession.Me, session.Id, None)));
        await pair.A.Remover.RemoveReleasedAsync(None);
        Assert.Empty(pair.A.Store.Enumerate(None));
        Assert.Empty(pair.B.Store.Enumerate(None));
        await AssertCleanAsync(pair);
        Assert.Equal(0, await AskAsync<int>(pair.A, "select count(*) from spread_uploads", session.Id));
    }

    [Fact]
    public async Task Of_two_moves_at_once_one_counts()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        await WhileCopiedAsync(pair, async () => Assert.Equal(MoveOutcome.Moved, await MoveAsync(pair.B, session.Id)));
        await AssertAllInAsync(pair, session, pair.InB);
        Assert.Empty(pair.A.Store.Enumerate(None));
    }

    [Fact]
    public async Task An_upload_that_is_quarantined_while_it_is_copied_stays_where_it_is()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        await WhileCopiedAsync(pair, () => pair.B.Ledger.MarkDamagedAsync(session.Id, "by hand", None));
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task A_fenced_node_moves_nothing()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        await WhileCopiedAsync(pair, () => AskAsync<int>(
            pair.B, $"update incarnations set fenced_at = now() where id = {pair.A.Incarnation}", session.Id));
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));
    }

    [Fact]
    public async Task A_repeated_record_changes_nothing_and_a_late_one_is_refused()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        await pair.A.AgeAsync(Idle);
        await GatherAsync(pair.A);
        var call = pair.A.Hooks.Seen.Single(call => call.Name == nameof(IMovingLedger.MoveContentAsync));
        var (file, copied) = (call.Argument<StoredFile>(), call.Argument<IReadOnlyList<Extent>>()!);
        Assert.True(await pair.A.Ledger.MoveContentAsync(session.Id, file, copied, None));
        Assert.Equal(MoveOutcome.Moved, await MoveAsync(pair.B, session.Id));
        Assert.False(await pair.A.Ledger.MoveContentAsync(session.Id, file, copied, None));
        await AssertAllInAsync(pair, session, pair.InB);
    }

    [Fact]
    public async Task An_upload_with_bytes_at_a_silent_node_is_gathered_when_it_answers()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        await pair.A.AgeAsync(Idle);
        pair.OfB.Silence();
        await GatherAsync(pair.A);
        await GatherAsync(pair.A);
        Assert.Equal(1, pair.A.Hooks.Count(nameof(IMovingLedger.PutOffSpreadAsync)));
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));
        Assert.Null((await session.UploadAsync()).DamagedAt);
        await AssertCleanAsync(pair);

        pair.OfB.Speak();
        await pair.A.AgeAsync(Pause);
        await GatherAsync(pair.A);
        await AssertAllInAsync(pair, session, pair.InA);
    }

    [Fact]
    public async Task An_upload_without_room_waits()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        pair.A.Calls.FreeBytes = Part / 2;
        pair.A.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(MoveOutcome.NoRoom, await MoveAsync(pair.A, session.Id));
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));
        pair.A.Calls.FreeBytes = null;
        Assert.Equal(MoveOutcome.Moved, await MoveAsync(pair.A, session.Id));
        await AssertAllInAsync(pair, session, pair.InA);
    }

    [Fact]
    public async Task Shared_files_of_a_concatenation_stay_until_their_parts_are_gone()
    {
        var pair = await StartTwoAsync();
        var content = TestSession.Bytes(3 * Part);
        var first = await TestStream.CreateAsync(pair.A, content[..(2 * Part)], part: true);
        var second = await TestStream.CreateAsync(pair.B, content[(2 * Part)..], part: true);
        TestSession.Expect(await first.AppendAsync(0));
        TestSession.Expect(await second.AppendAsync(0));
        var whole = TestSession.Expect(await pair.B.Intake.AdmitAsync(TestStream.Describe(null), None));
        _ = TestSession.Expect(await pair.B.Get<UploadJoiner>().JoinAsync(whole, [first.Id, second.Id], mayWait: false, None));
        var joined = new TestSession(pair.A, whole.Id, content);
        await pair.A.AgeAsync(Idle);
        await GatherAsync(pair.A);

        Assert.All(await StoresAsync(pair.A, whole.Id), store => Assert.Equal(pair.InA, store));
        Assert.Equal([pair.InB], await StoresAsync(pair.A, second.Id));
        await AssertCleanAsync(pair);
        await AssertWholeAtBothAsync(pair, joined);
        foreach (var part in new[] { first.Id, second.Id })
            TestSession.Expect(await pair.A.Catalog.RemoveAsync(TestSession.Me, part, None));
        await AssertAllInAsync(pair, joined, pair.InA);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bytes_that_differ_are_not_moved_and_quarantine_the_upload(bool declare)
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair, declare);
        FlipBit(pair.B, (await session.ExtentsAsync())[1].File);
        Assert.Equal(MoveOutcome.Unreadable, await MoveAsync(pair.A, session.Id));
        Assert.NotNull((await session.UploadAsync()).DamagedAt);
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, session.Id));
        Assert.Equal(MoveOutcome.Refused, await MoveAsync(pair.A, session.Id));
        Assert.Single(pair.A.Store.Enumerate(None));
    }

    [Fact]
    public async Task A_stream_whose_bytes_differ_is_not_moved()
    {
        var pair = await StartTwoAsync();
        var stream = await SpreadStreamAsync(pair);
        FlipBit(pair.B, (await pair.B.Ledger.ExtentsAsync(stream.Id, Part, 1, None))[0].File);
        Assert.Equal(MoveOutcome.Unreadable, await MoveAsync(pair.A, stream.Id));
        Assert.NotNull((await UploadAsync(pair.A, stream.Id)).DamagedAt);
        Assert.Equal([pair.InA, pair.InB, pair.InA], await StoresAsync(pair.A, stream.Id));
        Assert.Equal(2, pair.A.Store.Enumerate(None).Count());
    }

    [Fact]
    public async Task Chunks_that_are_not_merged_are_not_moved()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadAsync(pair);
        TestSession.Expect(await session.CompleteAsync());
        Assert.Equal(MoveOutcome.Refused, await MoveAsync(pair.A, session.Id));
        var copied = (await session.ExtentsAsync()).Where(extent => extent.File.Store == pair.InB).ToList();
        Assert.False(await pair.A.Ledger.MoveContentAsync(
            session.Id, StoredFile.New(pair.InA, StoredFileKind.Segment, pair.A.Incarnation), copied, None));
        await AssertWholeAtBothAsync(pair, session);
    }

    [Fact]
    public async Task A_gathered_upload_needs_the_other_node_no_more()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadFileAsync(pair);
        var next = Keep(await pair.A.RestartAsync());
        session = session.In(next);
        _ = next.Learn(pair.B);
        var check = next.Get<ContentCheck>();
        Assert.False((await check.EnsureAsync(await session.UploadAsync(), None)).IsElsewhere);
        await next.AgeAsync(Idle);
        await GatherAsync(next);
        next.Get<OtherStores>().Remove(pair.InB);
        Assert.False((await check.EnsureAsync(await session.UploadAsync(), None)).IsElsewhere);
        await session.AssertWholeAsync();
    }

    private static Task GatherAsync(EngineRig rig) => rig.Get<GatherFiles>().RunAsync(None);

    private static async Task<MoveOutcome> MoveAsync(EngineRig rig, UploadId id) =>
        await rig.Get<ContentMover>().MoveAsync(await UploadAsync(rig, id), rig.Get<OwnDisk>(), None);

    /// <summary>Gathers at A, and acts when the bytes are copied and not recorded yet.</summary>
    private static async Task WhileCopiedAsync(Pair pair, Func<Task> act)
    {
        await pair.A.AgeAsync(Idle);
        var gate = pair.A.Hooks.HoldBefore(nameof(IMovingLedger.MoveContentAsync));
        var gathering = Task.Run(() => GatherAsync(pair.A));
        await gate.Reached;
        await act();
        gate.Open();
        await gathering;
    }

    /// <summary>A completed session with a merged chunk at B between two at A.</summary>
    private static async Task<TestSession> SpreadFileAsync(Pair pair, bool declare = false)
    {
        var session = await SpreadAsync(pair, declare);
        await session.SettleAsync();
        TestSession.Expect(await session.CompleteAsync());
        await session.SettleAsync();
        await session.In(pair.B).SettleAsync();
        return session;
    }

    /// <summary>The bytes lie in one store, can be read at both nodes, and nothing else is on the disks.</summary>
    private static async Task AssertAllInAsync(Pair pair, TestSession whole, Guid store)
    {
        Assert.All(await StoresAsync(pair.A, whole.Id), one => Assert.Equal(store, one));
        await AssertWholeAtBothAsync(pair, whole);
        await AssertCleanAsync(pair);
        Assert.Empty((store == pair.InA ? pair.B : pair.A).Store.Enumerate(None));
    }
}
