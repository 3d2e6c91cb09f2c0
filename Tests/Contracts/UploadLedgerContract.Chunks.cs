using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    [Fact]
    public async Task Records_a_chunk_with_its_extent_and_the_counters()
    {
        var id = await NewAsync(300);
        var chunk = Chunk(id, 100, 50);

        var answer = await Ledger.RecordChunkAsync(chunk, None);

        Assert.Equal(RecordOutcome.Recorded, answer.Outcome);
        Assert.Equal(50, answer.Upload!.ReceivedBytes);
        Assert.Equal(1, answer.Upload.ChunkCount);
        Assert.Equal(1, answer.Upload.AttemptCount);
        Assert.NotNull(answer.Upload.LastByteAt);
        Assert.Equal(chunk.StartedAt, answer.Upload.FirstByteAt);
        var extent = Assert.Single(await Ledger.ExtentsAsync(id, 0, 10, None));
        Assert.Equal(new Extent(chunk.Range, chunk.File, 0, chunk.Sha256), extent);
        var read = Assert.Single(await Ledger.ChunksAsync(id, 0, 10, None));
        Assert.Equal((chunk.Range, chunk.Sha256, 1, chunk.StartedAt), (read.Range, read.Sha256, read.Attempts, read.StartedAt));
        Assert.Equal([new ByteRange(0, 100), new ByteRange(150, 150)], await Ledger.MissingAsync(id, 0, 10, None));
    }

    [Fact]
    public async Task The_same_file_again_is_recorded_and_changes_nothing()
    {
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 0, 100);

        var again = await Ledger.RecordChunkAsync(chunk, None);

        Assert.Equal(RecordOutcome.Recorded, again.Outcome);
        Assert.Equal(100, again.Upload!.ReceivedBytes);
        Assert.Equal(1, again.Upload.ChunkCount);
    }

    [Fact]
    public async Task The_same_bytes_in_another_file_are_a_duplicate()
    {
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 0, 100);

        var answer = await Ledger.RecordChunkAsync(Chunk(id, 0, 100), None);

        Assert.Equal(RecordOutcome.Duplicate, answer.Outcome);
        Assert.Equal(100, answer.Upload!.ReceivedBytes);
        Assert.Equal(chunk.File, Assert.Single(await Ledger.ExtentsAsync(id, 0, 10, None)).File);
    }

    [Theory]
    [InlineData(100, 100, 1)]
    [InlineData(100, 99, 0)]
    [InlineData(100, 101, 0)]
    [InlineData(99, 2, 0)]
    [InlineData(199, 2, 0)]
    [InlineData(150, 10, 0)]
    [InlineData(0, 300, 0)]
    public async Task Other_bytes_over_received_ones_are_an_overlap(long offset, long length, int variant)
    {
        var id = await NewAsync(1000);
        await RecordAsync(id, 100, 100);

        var answer = await Ledger.RecordChunkAsync(Chunk(id, offset, length, variant), None);

        Assert.Equal(RecordOutcome.Overlap, answer.Outcome);
        Assert.Equal(100, answer.Upload!.ReceivedBytes);
    }

    [Fact]
    public async Task Bytes_beyond_the_size_are_refused_and_the_last_byte_is_taken()
    {
        var id = await NewAsync(300);

        Assert.Equal(RecordOutcome.BeyondSize, (await Ledger.RecordChunkAsync(Chunk(id, 299, 2), None)).Outcome);
        Assert.Equal(RecordOutcome.BeyondSize, (await Ledger.RecordChunkAsync(Chunk(id, long.MaxValue - 1, 2), None)).Outcome);
        Assert.Equal(RecordOutcome.Recorded, (await Ledger.RecordChunkAsync(Chunk(id, 299, 1), None)).Outcome);
    }

    [Fact]
    public async Task With_an_unknown_size_any_offset_is_taken()
    {
        var id = await NewAsync(null);

        Assert.Equal(RecordOutcome.Recorded, (await Ledger.RecordChunkAsync(Chunk(id, long.MaxValue - 10, 10), None)).Outcome);

        Assert.Equal([new ByteRange(0, long.MaxValue - 10)], await Ledger.MissingAsync(id, 0, 10, None));
    }

    [Fact]
    public async Task A_chunk_that_was_under_way_counts_though_the_session_was_paused()
    {
        var id = await NewAsync(300);
        Assert.True((await Ledger.PauseAsync(Me, id, None)).Ok);

        Assert.Equal(RecordOutcome.Recorded, (await Ledger.RecordChunkAsync(Chunk(id, 0, 100), None)).Outcome);
    }

    [Fact]
    public async Task A_completed_upload_takes_no_bytes_but_knows_its_own()
    {
        var id = await NewAsync(100);
        var chunk = await RecordAsync(id, 0, 100);
        Assert.True((await Ledger.BeginCompleteAsync(Me, id, null, null, None)).Ok);

        Assert.Equal(RecordOutcome.Recorded, (await Ledger.RecordChunkAsync(chunk, None)).Outcome);
        Assert.Equal(RecordOutcome.Duplicate, (await Ledger.RecordChunkAsync(Chunk(id, 0, 100), None)).Outcome);
        Assert.Equal(RecordOutcome.Overlap, (await Ledger.RecordChunkAsync(Chunk(id, 0, 100, 1), None)).Outcome);
        var beyond = await Ledger.RecordChunkAsync(Chunk(id, 100, 1), None);
        Assert.Equal((RecordOutcome.Refused, UploadState.Completed), (beyond.Outcome, beyond.Upload!.State));
    }

    [Theory]
    [InlineData(UploadState.Cancelled)]
    [InlineData(UploadState.Failed)]
    public async Task An_ended_upload_takes_nothing(UploadState state)
    {
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 0, 100);
        Assert.True((await Ledger.EndAsync(Me, id, state, "test", None)).Ok);

        foreach (var more in new[] { chunk, Chunk(id, 0, 100), Chunk(id, 200, 100) })
        {
            var answer = await Ledger.RecordChunkAsync(more, None);
            Assert.Equal((RecordOutcome.Refused, state), (answer.Outcome, answer.Upload!.State));
        }

        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(200, 10), null, None));
    }

    [Fact]
    public async Task A_damaged_upload_takes_nothing()
    {
        var id = await NewAsync(300);
        await Ledger.MarkDamagedAsync(id, "test", None);

        Assert.Equal(RecordOutcome.Refused, (await Ledger.RecordChunkAsync(Chunk(id, 0, 100), None)).Outcome);
        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(200, 10), null, None));
    }

    [Fact]
    public async Task A_chunk_of_an_unknown_upload_is_refused()
    {
        var answer = await Ledger.RecordChunkAsync(Chunk(UploadId.New(), 0, 100), None);

        Assert.Equal((RecordOutcome.Refused, null), (answer.Outcome, answer.Upload));
    }

    [Fact]
    public async Task A_stream_takes_no_chunks()
    {
        var id = await NewAsync(300, protocol: UploadProtocol.Tus);

        Assert.Equal(RecordOutcome.Refused, (await Ledger.RecordChunkAsync(Chunk(id, 0, 100), None)).Outcome);
    }

    [Fact]
    public async Task Inspection_returns_everything_in_one_query()
    {
        var id = await NewAsync(1000);
        var chunk = await RecordAsync(id, 100, 100);
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(300, 40), null, None));

        var whole = await Ledger.InspectChunkAsync(Me, id, new ByteRange(100, 100), None);
        var across = await Ledger.InspectChunkAsync(Me, id, new ByteRange(50, 51), None);
        var before = await Ledger.InspectChunkAsync(Me, id, new ByteRange(50, 50), None);
        var broken = await Ledger.InspectChunkAsync(Me, id, new ByteRange(300, 100), None);

        Assert.Equal((chunk.Sha256, true), (whole.Same!.Sha256, whole.Overlaps));
        Assert.Equal((null, true), (across.Same, across.Overlaps));
        Assert.Equal((null, false), (before.Same, before.Overlaps));
        Assert.Equal((40, false), (broken.Prefix!.Kept, broken.Overlaps));
        Assert.Equal(100, whole.Upload!.ReceivedBytes);
        Assert.Null((await Ledger.InspectChunkAsync(new Caller("tenant-b", "subject-1"), id, new ByteRange(100, 100), None)).Upload);
        Assert.Null((await Ledger.InspectChunkAsync(Me, UploadId.New(), new ByteRange(100, 100), None)).Upload);
    }

    [Fact]
    public async Task Failures_are_counted_in_a_row_until_a_chunk_arrives()
    {
        var id = await NewAsync(300);
        foreach (var kind in new[] { "disconnect", "digest" })
            await Ledger.RecordFailureAsync(
                id, new FailedAttempt(DateTimeOffset.UnixEpoch, kind, 100, 30, 20, TimeSpan.FromMilliseconds(1500)), None);

        var failed = await GetAsync(id);
        Assert.Equal((2, 2, 2), (failed.AttemptCount, failed.FailureCount, failed.ConsecutiveFailures));
        var all = await Ledger.FailuresAsync(id, 1, None);
        Assert.Equal((20, 40), (all.LostBytes, all.KeptBytes));
        var failures = (await Ledger.FailuresAsync(id, 10, None)).Last;
        Assert.Equal(["digest", "disconnect"], failures.Select(failure => failure.Kind));
        Assert.Equal(new FailedAttempt(DateTimeOffset.UnixEpoch, "digest", 100, 30, 20, TimeSpan.FromMilliseconds(1500)), failures[0]);

        await RecordAsync(id, 100, 100);
        var mended = await GetAsync(id);
        Assert.Equal((3, 2, 0), (mended.AttemptCount, mended.FailureCount, mended.ConsecutiveFailures));
        Assert.Equal(3, Assert.Single(await Ledger.ChunksAsync(id, 0, 10, None)).Attempts);
    }

    [Fact]
    public async Task A_failure_of_an_unknown_upload_is_no_error() =>
        await Ledger.RecordFailureAsync(UploadId.New(), new FailedAttempt(DateTimeOffset.UnixEpoch, "idle", 0, 0, 0, TimeSpan.Zero), None);

    [Fact]
    public async Task An_inspection_before_a_new_chunk_finds_the_records()
    {
        var id = await NewAsync(300);
        Assert.Equal(0, (await LookAsync(0)).Upload!.ReceivedBytes);

        var chunk = await RecordAsync(id, 100, 100);

        Assert.Equal(chunk.Sha256, (await LookAsync(100)).Same!.Sha256);
        Assert.True((await LookAsync(99)).Overlaps);
        Assert.True((await LookAsync(199)).Overlaps);
        Assert.False((await LookAsync(99, 1)).Overlaps);
        Assert.Equal(100, (await LookAsync(200)).Upload!.ReceivedBytes);
        Assert.Null((await Ledger.InspectNewChunkAsync(new Caller("tenant-b", "subject-1"), id, new ByteRange(200, 100), None)).Upload);

        Task<ChunkInspection> LookAsync(long offset, long length = 100) =>
            Ledger.InspectNewChunkAsync(Me, id, new ByteRange(offset, length), None);
    }

    [Fact]
    public async Task An_inspection_before_a_new_chunk_finds_changes_since_the_last_record()
    {
        var kept = await NewAsync(300);
        var taken = await NewAsync(300);
        var paused = await NewAsync(300);
        var ended = await NewAsync(300);
        Assert.True(await Ledger.RecordPrefixAsync(kept, NewPrefix(100, 10), null, None));
        await RecordAsync(taken, 0, 100);
        Assert.True((await Ledger.ReopenRangeAsync(Me, taken, new ByteRange(0, 100), None)).Ok);
        Assert.True((await Ledger.PauseAsync(Me, paused, None)).Ok);
        Assert.True((await Ledger.EndAsync(Me, ended, UploadState.Cancelled, "test", None)).Ok);

        Assert.NotNull((await LookAsync(kept, 100)).Prefix);
        Assert.Equal((0, false), ((await LookAsync(taken, 0)).Upload!.ReceivedBytes, (await LookAsync(taken, 0)).Overlaps));
        Assert.Equal(UploadState.Paused, (await LookAsync(paused, 0)).Upload!.State);
        Assert.Equal(UploadState.Cancelled, (await LookAsync(ended, 0)).Upload!.State);

        Task<ChunkInspection> LookAsync(UploadId id, long offset) => Ledger.InspectNewChunkAsync(Me, id, new ByteRange(offset, 100), None);
    }

    [Fact]
    public async Task Record_sees_what_another_process_recorded_or_ended_after_the_inspection()
    {
        // Another ledger object has caches of its own, as another process would.
        var other = Open(Incarnation);
        var shared = await NewAsync(300);
        var ended = await NewAsync(300);
        var theirs = Chunk(shared, 0, 100, file: StoredFile.New(Node, StoredFileKind.Chunk, Incarnation.Id));
        Assert.Equal(RecordOutcome.Recorded, (await other.RecordChunkAsync(theirs, None)).Outcome);
        Assert.True((await other.EndAsync(Me, ended, UploadState.Cancelled, "test", None)).Ok);

        Assert.Equal(RecordOutcome.Overlap, (await Ledger.RecordChunkAsync(Chunk(shared, 50, 100), None)).Outcome);
        Assert.Equal(theirs.Sha256, (await LookAsync(shared)).Same!.Sha256);
        Assert.Equal(RecordOutcome.Duplicate, (await Ledger.RecordChunkAsync(Chunk(shared, 0, 100), None)).Outcome);
        Assert.Equal(RecordOutcome.Refused, (await Ledger.RecordChunkAsync(Chunk(ended, 0, 100), None)).Outcome);
        Assert.Equal(UploadState.Cancelled, (await LookAsync(ended)).Upload!.State);

        Task<ChunkInspection> LookAsync(UploadId id) => Ledger.InspectNewChunkAsync(Me, id, new ByteRange(0, 100), None);
    }
}
