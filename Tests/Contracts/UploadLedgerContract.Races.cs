using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    /// <summary>Starts all operations while the upload is locked, and releases the lock when all of them wait for it (E8).</summary>
    private async Task RaceAsync(UploadId id, params Func<Task>[] operations)
    {
        Task[] running;
        await using (await HoldAsync(id))
        {
            running = new Task[operations.Length];
            for (var index = 0; index < operations.Length; index++)
            {
                running[index] = operations[index]();
                await WaitingAsync(index + 1);
            }
        }

        await Task.WhenAll(running);
    }

    [Fact]
    public async Task Of_two_chunks_at_one_offset_one_wins()
    {
        var id = await NewAsync(300);
        var outcomes = new RecordOutcome[2];
        var chunks = new[] { Chunk(id, 0, 100, 1), Chunk(id, 50, 100, 2) };

        await RaceAsync(
            id,
            async () => outcomes[0] = (await Ledger.RecordChunkAsync(chunks[0], None)).Outcome,
            async () => outcomes[1] = (await Ledger.RecordChunkAsync(chunks[1], None)).Outcome);

        Assert.Equal([RecordOutcome.Recorded, RecordOutcome.Overlap], outcomes);
        Assert.Equal(chunks[0].File, Assert.Single(await Ledger.ExtentsAsync(id, 0, 10, None)).File);
    }

    [Fact]
    public async Task The_same_chunk_ten_times_at_once_is_recorded_once()
    {
        var id = await NewAsync(300);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Ledger.RecordChunkAsync(Chunk(id, 0, 100), None)));

        Assert.Single(answers, answer => answer.Outcome == RecordOutcome.Recorded);
        Assert.Equal(9, answers.Count(answer => answer.Outcome == RecordOutcome.Duplicate));
        Assert.Equal(1, (await GetAsync(id)).ChunkCount);
    }

    [Fact]
    public async Task A_chunk_after_the_cancellation_that_it_waited_for_is_refused()
    {
        var id = await NewAsync(300);
        RecordResult? answer = null;

        await RaceAsync(
            id,
            () => Ledger.EndAsync(Me, id, UploadState.Cancelled, "test", None),
            async () => answer = await Ledger.RecordChunkAsync(Chunk(id, 0, 100), None));

        Assert.Equal((RecordOutcome.Refused, UploadState.Cancelled), (answer!.Outcome, answer.Upload!.State));
        Assert.Empty(await Ledger.ExtentsAsync(id, 0, 10, None));
    }

    [Fact]
    public async Task A_completion_sees_the_chunk_that_it_waited_for()
    {
        var id = await NewAsync(100);
        Result<Upload> completed = default;

        await RaceAsync(
            id,
            () => Ledger.RecordChunkAsync(Chunk(id, 0, 100), None),
            async () => completed = await Ledger.BeginCompleteAsync(Me, id, null, null, None));

        Assert.Equal(UploadState.Completed, completed.Value!.State);
        Assert.Equal(100, completed.Value.ReceivedBytes);
    }

    [Fact]
    public async Task A_completion_fails_on_the_range_whose_reopening_it_waited_for()
    {
        var id = await NewAsync(200);
        await RecordAsync(id, 0, 100);
        await RecordAsync(id, 100, 100);
        Result<Upload> completed = default;

        await RaceAsync(
            id,
            () => Ledger.ReopenRangeAsync(Me, id, new ByteRange(0, 100), None),
            async () => completed = await Ledger.BeginCompleteAsync(Me, id, null, null, None));

        Assert.Equal(UploadError.MissingRanges, ErrorOf(completed));
        Assert.Equal([new ByteRange(0, 100)], completed.Failure!.Missing);
    }

    [Fact]
    public async Task Two_completions_at_once_complete_once()
    {
        var id = await NewAsync(100);
        await RecordAsync(id, 0, 100);
        var results = new Result<Upload>[2];

        await RaceAsync(
            id,
            async () => results[0] = await Ledger.BeginCompleteAsync(Me, id, 100, null, None),
            async () => results[1] = await Ledger.BeginCompleteAsync(Me, id, null, null, None));

        Assert.All(results, result => Assert.Equal(UploadState.Completed, result.Value!.State));
        Assert.Equal(["created", "completed"], await EventsAsync(id));
    }

    [Fact]
    public async Task A_fence_waits_for_the_record_that_is_under_way_and_refuses_the_next()
    {
        var id = await NewAsync(300);
        Task record;
        Task<(PostgresUploadLedger, Incarnation)> begin;
        await using (await HoldAsync(id))
        {
            // The chunk holds its incarnation while it waits for the upload, and the newer one waits for that incarnation, so it cannot
            // fence a half-done record.
            record = Ledger.RecordChunkAsync(Chunk(id, 0, 100), None);
            await WaitingAsync(1);
            begin = BeginAsync();
            await WaitingAsync(2);
        }

        await record;
        await begin;
        var answer = await Ledger.RecordChunkAsync(Chunk(id, 100, 100), None);

        Assert.Equal(RecordOutcome.Fenced, answer.Outcome);
        Assert.Equal(100, (await GetAsync(id)).ReceivedBytes);
    }

    [Fact]
    public async Task A_fenced_incarnation_changes_nothing()
    {
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 0, 100);
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 10), null, None));
        var prefix = (await PrefixAsync(id, 100))!;
        var assembly = NewFile(StoredFileKind.Assembly);
        Assert.True(await Ledger.SetAssemblyAsync(id, assembly, None));
        var (newer, _) = await BeginAsync();

        Assert.Equal(RecordOutcome.Fenced, (await Ledger.RecordChunkAsync(Chunk(id, 100, 100), None)).Outcome);
        Assert.False(await Ledger.RecordPrefixAsync(id, NewPrefix(100, 50), null, None));
        Assert.Null(await Ledger.ClaimPrefixAsync(id, prefix, None));
        Assert.Empty(await Ledger.DropPrefixAsync(id, 100, prefix.Attempt, None));
        Assert.Empty(await Ledger.PlaceAsync(id, assembly, await Ledger.ExtentsAsync(id, 0, 10, None), None));
        Assert.False(await Ledger.SaveHashAsync(id, new SavedHash(100, [1]), DigestOf(0, 100), 0, None));
        Assert.Empty(await Ledger.PurgeAsync(10, null, None));
        await Assert.ThrowsAsync<ProcessReplacedException>(() => Ledger.CreateAsync(Session(1), None));
        await Assert.ThrowsAsync<ProcessReplacedException>(() => Ledger.PauseAsync(Me, id, None));
        await Assert.ThrowsAsync<ProcessReplacedException>(() => Ledger.EndAsync(Me, id, UploadState.Cancelled, "test", None));
        await Assert.ThrowsAsync<ProcessReplacedException>(() => Ledger.ReopenRangeAsync(Me, id, chunk.Range, None));
        await Assert.ThrowsAsync<ProcessReplacedException>(() => Ledger.BeginCompleteAsync(Me, id, 100, null, None));

        Assert.Equal(UploadState.Open, (await newer.FindAsync(Me, id, None))!.State);
        Assert.Equal(chunk.File, Assert.Single(await newer.ExtentsAsync(id, 0, 10, None)).File);
        Assert.Equal(prefix.Attempt, (await newer.InspectChunkAsync(Me, id, new ByteRange(100, 1), None)).Prefix!.Attempt);
    }

    [Fact]
    public async Task A_purge_skips_locked_uploads_and_spares_those_that_received_a_byte_meanwhile()
    {
        var idle = TimeSpan.FromHours(1);
        var stale = await NewAsync(300, idle: idle);
        var busy = await NewAsync(300, idle: idle);
        var fed = await NewAsync(300, idle: idle);
        await AgeAsync(TimeSpan.FromHours(2));
        await RecordAsync(fed, 0, 100);

        IReadOnlyList<PurgedUpload> first;
        await using (await HoldAsync(busy))
            first = await Ledger.PurgeAsync(10, null, None);

        Assert.Equal([new PurgedUpload(stale, false)], first);
        Assert.Equal(UploadState.Open, (await GetAsync(fed)).State);
        Assert.Equal([new PurgedUpload(busy, false)], await Ledger.PurgeAsync(10, null, None));
    }

    [Fact]
    public async Task A_merge_that_waited_for_a_reopening_leaves_the_new_chunk_alone()
    {
        var id = await NewAsync(300);
        await RecordAsync(id, 0, 100);
        var kept = await RecordAsync(id, 100, 100);
        var assembly = NewFile(StoredFileKind.Assembly);
        Assert.True(await Ledger.SetAssemblyAsync(id, assembly, None));
        var copied = (await Ledger.UnplacedAsync(id, 1000, 10, None)).Chunks;
        Assert.Equal(2, copied.Count);

        IReadOnlyList<StoredFile> freed = [];
        await RaceAsync(
            id,
            () => Ledger.ReopenRangeAsync(Me, id, new ByteRange(0, 100), None),
            async () => freed = await Ledger.PlaceAsync(id, assembly, copied, None));
        var again = await RecordAsync(id, 0, 100, 7);

        Assert.Contains(kept.File, freed);
        var extents = await Ledger.ExtentsAsync(id, 0, 10, None);
        Assert.Equal([(again.File, 0L), (assembly, 100L)], extents.Select(extent => (extent.File, extent.FileOffset)));
        Assert.Equal(100, (await GetAsync(id)).PlacedBytes);
    }

    [Fact]
    public async Task A_merge_that_waited_for_the_end_places_nothing()
    {
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 0, 100);
        var assembly = NewFile(StoredFileKind.Assembly);
        Assert.True(await Ledger.SetAssemblyAsync(id, assembly, None));
        var copied = (await Ledger.UnplacedAsync(id, 1000, 10, None)).Chunks;
        IReadOnlyList<StoredFile>? freed = null;

        await RaceAsync(
            id,
            () => Ledger.EndAsync(Me, id, UploadState.Cancelled, "test", None),
            async () => freed = await Ledger.PlaceAsync(id, assembly, copied, None));

        Assert.Empty(freed!);
        Assert.Equal(Order([chunk.File, assembly]), Order(await Ledger.ReclaimAsync(id, 10, None)));
    }

    protected static IEnumerable<StoredFile> Order(IEnumerable<StoredFile> files) => files.OrderBy(file => file.Unique);
}
