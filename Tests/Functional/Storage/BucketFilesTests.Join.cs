using ChunkUpload.Core.Moving;
using ChunkUpload.Core.Storage;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Infrastructure.Storage.S3;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;

namespace ChunkUpload.Tests.Functional.Storage;

// Small objects of a finished upload are joined (SmallFiles).
public sealed partial class BucketFilesTests
{
    private const int Pieces = 12;

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(61), Pause = TimeSpan.FromSeconds(301);

    [Fact]
    public async Task Pieces_of_a_slow_stream_become_one_object_a_minute_after_its_end()
    {
        var (rig, store) = await StartReceivingAsync();
        var stream = await SlowStreamAsync(rig);
        await GatherAsync(rig);
        Assert.Equal(Pieces, (await ListAsync(store)).Count);

        await JoinAsync(rig);
        await AssertJoinedAsync(rig, store, stream, objects: 1);
        Assert.Equal(0, await AskAsync<int>(rig, "select count(*) from spread_uploads", stream.Id));

        var before = _s3.Host.Journal.Entries.Count;
        Assert.Null(await CopyAsync(rig, new TestSession(rig, stream.Id, stream.Content)));
        // Each object is opened with one request and read with another.
        Assert.InRange(_s3.Host.Journal.Entries.Count - before, 2, 4);
    }

    [Fact]
    public async Task Chunks_of_a_session_are_joined_and_keep_their_digests()
    {
        var (rig, store) = await StartReceivingAsync();
        var session = await TestSession.CreateAsync(rig, 10 * Part);
        for (var at = 9; at >= 0; at--)
            await session.MustPutAsync(at * Part, Part);
        TestSession.Expect(await session.CompleteAsync());
        await session.SettleAsync();
        await JoinAsync(rig);
        await AssertJoinedAsync(rig, store, new TestStream(rig, session.Id, session.Content), objects: 1);
        var extents = await session.ExtentsAsync();
        Assert.Equal(10, extents.Count);
        Assert.Equal(session.DigestOf(3 * Part, Part), extents[3].Sha256);
    }

    [Fact]
    public async Task Joined_objects_have_64_MiB_at_most_and_large_ones_stay()
    {
        var (rig, store) = await StartReceivingAsync();
        var session = await TestSession.CreateAsync(rig, 96 * MiB);
        // 22 of 3 MiB, one of 12 MiB, 9 of 2 MiB.
        for (var (at, size) = (0, 0); at < 96 * MiB; at += size)
            await session.MustPutAsync(at, size = (at < 66 * MiB ? 3 : at == 66 * MiB ? 12 : 2) * MiB);
        TestSession.Expect(await session.CompleteAsync());
        await session.SettleAsync();
        var large = (await session.ExtentsAsync())[22].File;
        await JoinAsync(rig);
        var files = (await session.ExtentsAsync()).GroupBy(extent => extent.File)
            .Select(group => (group.Key, group.Sum(extent => extent.Range.Length) / MiB)).ToList();
        Assert.Equal([63, 3, 12, 18], files.Select(file => file.Item2));
        Assert.Equal(large, files[2].Key);
        await session.AssertWholeAsync();

        // Nothing is left to join.
        Assert.Equal(MoveOutcome.Moved, await JoinNowAsync(rig, session.Id));
        Assert.Equal(files.Select(file => file.Key), (await session.ExtentsAsync()).Select(extent => extent.File).Distinct());
        Assert.True(await rig.Remover.RemoveSharedAsync(None));
        Assert.Equal(4, (await ListAsync(store)).Count);
    }

    [Fact]
    public async Task A_stream_with_few_small_pieces_stays_as_it_is()
    {
        var (rig, store) = await StartReceivingAsync();
        var stream = await TestStream.CreateAsync(rig, TestSession.Bytes(20 * MiB));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), 18 * MiB));
        TestSession.Expect(await stream.AppendAsync(18 * MiB));
        var before = await ListAsync(store);
        Assert.Equal(2, before.Count);
        await JoinAsync(rig);
        Assert.Equal(0, await AskAsync<int>(rig, "select count(*) from spread_uploads", stream.Id));
        Assert.Equal(0, rig.Hooks.Count(nameof(IMovingLedger.MoveContentAsync)));
        Assert.Equal(before.Count, (await ListAsync(store)).Count);
    }

    [Fact]
    public async Task A_download_continues_in_the_joined_object()
    {
        var (rig, store) = await StartReceivingAsync();
        var stream = await SlowStreamAsync(rig);
        var read = new byte[stream.Content.Length];
        var at = 0;
        await foreach (var range in rig.Get<ExtentReader>().OpenRangesAsync(stream.Id, new ByteRange(0, read.Length), None))
        {
            for (long done = 0; done < range.Range.Length;)
            {
                var got = await range.Reader.ReadAsync(
                    read.AsMemory(at, Math.Min(3000, (int)(range.Range.Length - done))), range.FileOffset + done, None);
                Assert.NotEqual(0, got);
                (at, done) = (at + got, done + got);
                if (at != Part + 3000)
                    continue;
                await JoinAsync(rig);
                Assert.True(await rig.Remover.RemoveSharedAsync(None));
                Assert.Single(await ListAsync(store));
            }
        }

        Assert.Equal(stream.Content, read);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_piece_that_differs_is_not_joined_and_quarantines_the_upload(bool session)
    {
        var (rig, store) = await StartReceivingAsync();
        var upload = session ? (await SmallSessionAsync(rig)).Id : (await SlowStreamAsync(rig)).Id;
        var extents = await rig.Ledger.ExtentsAsync(upload, 0, 100, None);
        await store.PutAsync(extents[^1].File, new byte[extents[^1].Range.Length], None);
        await JoinAsync(rig);
        Assert.NotNull((await UploadAsync(rig, upload)).DamagedAt);
        Assert.Equal(extents.Select(extent => extent.File), (await rig.Ledger.ExtentsAsync(upload, 0, 100, None)).Select(one => one.File));
        Assert.True(await rig.Remover.RemoveSharedAsync(None));
        Assert.Equal(extents.Count, (await ListAsync(store)).Count);
    }

    [Fact]
    public async Task A_bucket_that_does_not_answer_puts_the_joining_off()
    {
        var (rig, store) = await StartReceivingAsync();
        var stream = await SlowStreamAsync(rig);
        var other = await SlowStreamAsync(rig, seed: 2);
        _s3.Fail(FaultAction.Status(500, "InternalError"), "PUT", times: 0);
        await JoinAsync(rig);
        Assert.Equal(1, rig.Hooks.Count(nameof(IMovingLedger.PutOffSpreadAsync)));
        _s3.Host.Faults.Reset();
        await rig.AgeAsync(Pause);
        await JoinAsync(rig);
        Assert.True(await rig.Remover.RemoveSharedAsync(None));
        Assert.Null((await UploadAsync(rig, stream.Id)).DamagedAt);
        foreach (var one in new[] { stream, other })
        {
            Assert.Single((await rig.Ledger.ExtentsAsync(one.Id, 0, 100, None)).DistinctBy(extent => extent.File));
            await new TestSession(rig, one.Id, one.Content).AssertWholeAsync();
        }
    }

    [Fact]
    public async Task An_upload_that_is_deleted_while_it_is_joined_leaves_nothing()
    {
        var (rig, store) = await StartReceivingAsync();
        var stream = await SlowStreamAsync(rig);
        await rig.AgeAsync(Idle);
        var gate = rig.Hooks.HoldBefore(nameof(IMovingLedger.MoveContentAsync));
        var joining = Task.Run(() => GatherAsync(rig));
        await gate.Reached;
        Assert.Equal(Pieces + 1, (await ListAsync(store)).Count);
        TestSession.Expect(await rig.Catalog.DeleteFileAsync(TestSession.Me, stream.Id, None));
        gate.Open();
        await joining;
        Assert.True(await rig.Remover.RemoveSharedAsync(None));
        Assert.Empty(await ListAsync(store));
    }

    [Fact]
    public async Task Of_two_nodes_the_one_that_looks_after_the_bucket_joins()
    {
        var pair = await StartTwoAsync(setup: Receiving);
        var store = Reach(pair.A, pair.B);
        var stream = await SlowStreamAsync(pair.B);
        await pair.A.AgeAsync(Idle);
        var (looks, other) = await pair.A.Ledger.LooksAfterSharedAsync(None) ? (pair.A, pair.B) : (pair.B, pair.A);
        await GatherAsync(other);
        Assert.Equal(Pieces, (await ListAsync(store)).Count);
        await GatherAsync(looks);
        await AssertJoinedAsync(other, store, stream with { Rig = other }, objects: 1);
    }

    private static Task GatherAsync(EngineRig rig) => rig.Get<GatherFiles>().RunAsync(None);

    private static async Task JoinAsync(EngineRig rig)
    {
        await rig.AgeAsync(Idle);
        await GatherAsync(rig);
    }

    private static async Task<MoveOutcome> JoinNowAsync(EngineRig rig, UploadId id) => await rig.Get<ContentMover>().JoinAsync(
        await UploadAsync(rig, id), new SharedTarget(rig.Get<OtherStores>().Shared!, rig.Remover, rig.Get<Incarnation>()), None);

    /// <summary>A finished stream whose pieces are small.</summary>
    private static async Task<TestStream> SlowStreamAsync(EngineRig rig, int seed = 1)
    {
        var stream = await TestStream.CreateAsync(rig, TestSession.Bytes(Pieces * Part, seed));
        for (var at = Part; at <= Pieces * Part; at += Part)
            TestSession.Expect(await stream.AppendAsync(stream.Request(at - Part), at));
        return stream;
    }

    private static async Task<TestSession> SmallSessionAsync(EngineRig rig)
    {
        var session = await TestSession.CreateAsync(rig, 3 * Part);
        for (var at = 0; at < 3 * Part; at += Part)
            await session.MustPutAsync(at, Part);
        TestSession.Expect(await session.CompleteAsync());
        await session.SettleAsync();
        return session;
    }

    /// <summary>Asserts that the bucket has the whole upload in this number of objects, and nothing else.</summary>
    private static async Task AssertJoinedAsync(EngineRig rig, BucketStore store, TestStream stream, int objects)
    {
        Assert.True(await rig.Remover.RemoveSharedAsync(None));
        Assert.Equal(objects, (await ListAsync(store)).Count);
        Assert.Equal(objects, (await rig.Ledger.ExtentsAsync(stream.Id, 0, 1000, None)).DistinctBy(extent => extent.File).Count());
        await new TestSession(rig, stream.Id, stream.Content).AssertWholeAsync();
        Assert.Equal(Sha256Digest.Of(stream.Content), (await UploadAsync(rig, stream.Id)).Sha256);
        var report = await FsckAsync(rig, deep: true);
        Assert.True(report.Clean, string.Join(' ', report.Findings.Select(one => one.Sentence)));
        Assert.Empty(rig.Store.Enumerate(None));
    }
}
