using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>What two engines on one ledger do to one upload at once, and what each says of the other's files.</summary>
public sealed class TwoEnginesRaceTests(PostgresFixture postgres) : TwoEngineTests(postgres)
{
    [Fact]
    public async Task The_same_bytes_appended_at_both_nodes_count_once()
    {
        var pair = await StartTwoAsync(asks: false);
        var stream = await TestStream.CreateAsync(pair.A, TestSession.Bytes(4 * Part));
        var atB = stream with { Rig = pair.B };
        TestSession.Expect(await atB.AppendAsync(stream.Request(0), Part));
        TestSession.Expect(await stream.AppendAsync(stream.Request(Part), 2 * Part));

        // Both have the bytes of the third part on their disks, and B records first.
        var recording = pair.A.Hooks.HoldBefore(nameof(IStreamLedger.CheckpointAsync));
        var late = stream.AppendAsync(stream.Request(2 * Part), 3 * Part);
        await recording.Reached;
        TestSession.Expect(await atB.AppendAsync(stream.Request(2 * Part), 3 * Part));
        recording.Open();
        Assert.False((await late).Ok);

        Assert.Equal([pair.InB, pair.InA, pair.InB], await StoresAsync(pair.A, stream.Id));
        TestSession.Expect(await stream.AppendAsync(3 * Part));
        await AssertWholeAtBothAsync(pair, new TestSession(pair.A, stream.Id, stream.Content));
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task Of_equal_chunks_at_once_one_counts()
    {
        var pair = await StartTwoAsync();
        var session = await TestSession.CreateAsync(pair.A, Part);
        var recording = pair.A.Hooks.HoldBefore(nameof(IChunkLedger.RecordChunkAsync));
        var late = session.MustPutAsync(0, Part);
        await recording.Reached;
        Assert.True((await session.In(pair.B).MustPutAsync(0, Part)).Fresh);
        recording.Open();
        Assert.False((await late).Fresh);

        Assert.Equal([pair.InB], await StoresAsync(pair.A, session.Id));
        TestSession.Expect(await session.CompleteAsync());
        await AssertWholeAtBothAsync(pair, session);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task A_merge_at_the_other_node_moves_what_a_reader_is_about_to_open()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadAsync(pair);
        TestSession.Expect(await session.CompleteAsync());

        // B knows the chunk files of A, which A then merges and unlinks. B merges its own meanwhile.
        var queried = pair.B.Hooks.HoldAfter(nameof(IContentLedger.ExtentsAsync));
        var reading = Task.Run(session.In(pair.B).ReadAsync);
        await queried.Reached;
        await session.MergeAsync();
        await session.In(pair.B).MergeAsync();
        queried.Open();
        Assert.Equal(session.Content, await reading);
        Assert.Null((await session.UploadAsync()).DamagedAt);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task A_merge_at_the_other_node_does_not_make_a_file_unreachable()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadAsync(pair);
        TestSession.Expect(await session.CompleteAsync());
        var queried = pair.B.Hooks.HoldAfter(nameof(IContentLedger.FirstElsewhereAsync));
        var reading = Task.Run(session.In(pair.B).ReadAsync);
        await queried.Reached;
        await session.MergeAsync();
        queried.Open();
        Assert.Equal(session.Content, await reading);
    }

    [Fact]
    public async Task A_file_is_not_unlinked_at_the_wrong_node()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadAsync(pair);
        var ofA = (await session.ExtentsAsync())[0].File;
        Assert.Equal(StoreError.Unreachable, Assert.Throws<StoreException>(() => pair.B.Store.Delete(ofA)).Error);
        Assert.Equal(StoreError.Unreachable, Assert.Throws<StoreException>(() => pair.B.Store.Trash(ofA)).Error);

        // What B takes for its own, after it has ended the upload, stays until A unlinks it.
        TestSession.Expect(await session.In(pair.B).CancelAsync());
        await pair.B.Ledger.ForgetFilesAsync([ofA], None);
        Assert.Contains(ofA, await pair.A.Ledger.TombstonesAsync(10, None));
        Assert.NotNull(pair.A.Store.Length(ofA));
        await AssertCleanAsync(pair);
        Assert.Null(pair.A.Store.Length(ofA));
    }

    [Fact]
    public async Task A_prefix_whose_node_is_silent_counts_as_none_and_stays()
    {
        var pair = await StartTwoAsync();
        var session = await TestSession.CreateAsync(pair.A, 2 * Part);
        await session.In(pair.B).BreakAsync(0, Part, 4000);
        pair.OfB.Silence();

        Assert.Equal(UploadError.NoSuchRange, (await session.StatusAsync(0)).Failure!.Error);
        Assert.Equal(UploadError.PrefixConflict, (await session.PutAsync(0, Part, 4000)).Failure!.Error);
        // Less of the same chunk replaces nothing, and what the silent node keeps is not promised here.
        Assert.Equal(0, (await session.BreakAsync(0, Part, 3000)).Offset);
        Assert.Equal(4000, await AskAsync<long>(pair.A, "select kept from prefixes where upload_id = @Id", session.Id));

        // It falls silent after it has shown the prefix.
        pair.OfB.Speak();
        Assert.Equal(4000, await session.KeptAsync(0));
        pair.OfB.Silence();
        Assert.Equal(UploadError.PrefixConflict, (await session.PutAsync(0, Part, 4000)).Failure!.Error);
        Assert.Equal(UploadError.NoSuchRange, (await session.StatusAsync(0)).Failure!.Error);
        Assert.Equal(4000, await AskAsync<long>(pair.A, "select kept from prefixes where upload_id = @Id", session.Id));

        pair.OfB.Speak();
        Assert.Equal(4000, await session.KeptAsync(0));
        await session.MustPutAsync(0, Part, kept: 4000);
        await AssertCleanAsync(pair);
        Assert.Empty(pair.B.Store.Enumerate(None));
    }

    [Fact]
    public async Task A_prefix_that_looks_damaged_from_here_is_not_dropped()
    {
        var pair = await StartTwoAsync();
        var session = await TestSession.CreateAsync(pair.A, Part);
        await session.In(pair.B).BreakAsync(0, Part, 4000);
        FlipBit(pair.B, EngineInvariants.FilesOf(pair.B, StoredFileKind.Chunk)[0]);
        Assert.Equal(0, await session.KeptAsync(0));
        Assert.Equal(1, await AskAsync<long>(pair.A, "select count(*) from prefixes where upload_id = @Id", session.Id));
        await session.MustPutAsync(0, Part);
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task A_quarantine_is_lifted_only_where_every_extent_was_read()
    {
        var pair = await StartTwoAsync();
        var stream = await SpreadStreamAsync(pair);
        var session = await SpreadAsync(pair);
        TestSession.Expect(await session.CompleteAsync());
        foreach (var id in new[] { stream.Id, session.Id })
            await pair.A.Ledger.MarkDamagedAsync(id, "test", None);

        // A has the first byte of both, so B leaves them to A, which cannot read all of them.
        Assert.Equal(0, await MendAsync(pair.B));
        pair.OfB.Silence();
        Assert.Equal(0, await MendAsync(pair.A));
        // The lengths are known, and the bytes are not.
        pair.OfB.Calls.Fail(nameof(ISyscalls.Pread), Errno.InputOutput);
        Assert.Equal(0, await MendAsync(pair.A));
        // What B has is wrong: A sees that in the chunk's digest, and in that of the whole stream.
        pair.OfB.Speak();
        foreach (var file in pair.B.Store.Enumerate(None).ToList())
            FlipBit(pair.B, file);
        Assert.Equal(0, await MendAsync(pair.A));
        foreach (var file in pair.B.Store.Enumerate(None).ToList())
            FlipBit(pair.B, file);
        Assert.Equal(2, await MendAsync(pair.A));
        await AssertWholeAtBothAsync(pair, session);
        await AssertWholeAtBothAsync(pair, new TestSession(pair.A, stream.Id, stream.Content));
    }

    [Fact]
    public async Task The_node_of_the_first_byte_scrubs_all_of_a_file()
    {
        var pair = await StartTwoAsync();
        var stream = await SpreadStreamAsync(pair);
        Assert.Empty(await pair.B.Ledger.OldestCheckedAsync(TimeSpan.Zero, 10, None));
        FlipBit(pair.B, pair.B.Store.Enumerate(None).Single());
        pair.OfB.Silence();
        await ScrubAsync(pair.A);
        Assert.Null((await UploadAsync(pair.A, stream.Id)).DamagedAt);
        pair.OfB.Speak();
        await ScrubAsync(pair.A);
        Assert.NotNull((await UploadAsync(pair.A, stream.Id)).DamagedAt);
    }

    [Fact]
    public async Task Bytes_that_are_missing_at_the_other_node_damage_nothing_until_that_node_says_so()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadAsync(pair);
        TestSession.Expect(await session.CompleteAsync());
        File.Delete(PathOf(pair.B, pair.B.Store.Enumerate(None).Single()));
        var (sent, failure) = await CopyAsync(pair.A, session.Id, new ByteRange(0, 3 * Part));
        Assert.Equal((0L, UploadError.Elsewhere), (sent, failure?.Error));
        Assert.Null((await session.UploadAsync()).DamagedAt);

        // B finds it at its next start.
        var next = Keep(await pair.B.RestartAsync());
        Assert.NotNull((await next.Get<ContentCheck>().EnsureAsync(await session.UploadAsync(), None)).DamagedAt);
    }

    [Fact]
    public async Task A_stream_continues_with_the_digest_state_of_the_other_node()
    {
        var pair = await StartTwoAsync();
        var content = TestSession.Bytes(2 * Part);
        var stream = await TestStream.CreateAsync(pair.A, content);
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        // B needs no byte of A for the digest of the whole (E13).
        pair.OfA.Silence();
        TestSession.Expect(await (stream with { Rig = pair.B }).AppendAsync(Part));
        Assert.Equal(Sha256Digest.Of(content), (await UploadAsync(pair.A, stream.Id)).Sha256);
    }

    [Fact]
    public async Task Without_a_usable_digest_state_the_bytes_of_the_other_node_are_read()
    {
        var pair = await StartTwoAsync();
        var content = TestSession.Bytes(2 * Part);
        var stream = await TestStream.CreateAsync(pair.A, content);
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        await AskAsync<int>(pair.A, "update uploads set hash_state = null where id = @Id returning 0", stream.Id);
        pair.OfA.Silence();
        var atB = stream with { Rig = pair.B };
        Assert.Equal(UploadError.Elsewhere, (await atB.AppendAsync(Part)).Failure!.Error);
        Assert.Null((await UploadAsync(pair.A, stream.Id)).DamagedAt);
        pair.OfA.Speak();
        TestSession.Expect(await atB.AppendAsync(Part));
        await AssertWholeAtBothAsync(pair, new TestSession(pair.A, stream.Id, content));
        await AssertCleanAsync(pair);
    }

    [Fact]
    public async Task A_completion_that_must_hash_what_a_silent_node_has_stays_completing()
    {
        var pair = await StartTwoAsync();
        var session = await SpreadAsync(pair, declare: true);
        _ = await pair.A.Ledger.BeginCompleteAsync(TestSession.Me, session.Id, null, null, None);
        pair.OfB.Silence();
        await session.SettleAsync();
        var upload = await session.UploadAsync();
        Assert.Equal((UploadState.Completing, null), (upload.State, upload.DamagedAt));
        // The node of the first byte picks it up again, and the other one leaves it alone.
        Assert.Equal([session.Id], await pair.A.Ledger.PendingAsync(null, 10, false, None));
        await session.In(pair.B).MergeAsync();
        Assert.Empty(await pair.B.Ledger.PendingAsync(null, 10, false, None));

        pair.OfB.Speak();
        await session.SettleAsync();
        await AssertWholeAtBothAsync(pair, session);
        await AssertCleanAsync(pair);
    }

    [Theory]
    [InlineData(nameof(ISyscalls.OpenAt))]
    [InlineData(nameof(ISyscalls.Pread))]
    public async Task A_device_that_fails_at_the_other_node_drops_no_prefix(string call)
    {
        var pair = await StartTwoAsync();
        var session = await TestSession.CreateAsync(pair.A, Part);
        await session.In(pair.B).BreakAsync(0, Part, 4000);
        pair.OfB.Calls.Fail(call, Errno.InputOutput);
        Assert.Equal(0, await session.KeptAsync(0));
        pair.OfB.Speak();
        Assert.Equal(4000, await session.KeptAsync(0));
    }

    private static async Task ScrubAsync(EngineRig rig)
    {
        var device = new DeviceCheck(rig.Get<IContentLedger>(), rig.Get<Stores>(), rig.Get<IRunningHashes>());
        var review = new QuarantineReview(rig.Get<IFsckLedger>(), rig.Get<IContentLedger>(), rig.Get<Stores>(), device);
        var options = Options.Create(new JobsOptions { ScrubEvery = TimeSpan.Zero });
        await new ScrubFiles(rig.Get<IContentLedger>(), device, review, options, TimeProvider.System, NullLogger<ScrubFiles>.Instance)
            .RunAsync(new SilentProgress(), None);
    }
}
