using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    [Fact]
    public async Task Damage_is_reported_once_and_only_ending_continues()
    {
        var id = await NewAsync(100);
        await RecordAsync(id, 0, 100);

        await Ledger.MarkDamagedAsync(id, "first", None);
        await Ledger.MarkDamagedAsync(id, "second", None);

        Assert.NotNull((await GetAsync(id)).DamagedAt);
        Assert.Equal(["created", "damaged"], await EventsAsync(id));
        Assert.Equal(UploadError.Damaged, ErrorOf(await Ledger.PauseAsync(Me, id, None)));
        Assert.Equal(UploadError.Damaged, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, null, null, None)));
        Assert.Equal(UploadError.Damaged, ErrorOf(await Ledger.ReopenRangeAsync(Me, id, new ByteRange(0, 100), None)));
        Assert.Equal(UploadState.Cancelled, (await Ledger.EndAsync(Me, id, UploadState.Cancelled, "x", None)).Value!.State);
        Assert.Single(await Ledger.ReclaimAsync(id, 10, None));
    }

    [Fact]
    public async Task A_lifted_quarantine_is_reported_once_and_the_upload_continues()
    {
        var id = await NewAsync(200);
        await RecordAsync(id, 0, 100);
        await Ledger.MarkDamagedAsync(id, "first", None);

        await Ledger.LiftQuarantineAsync(id, None);
        await Ledger.LiftQuarantineAsync(id, None);

        Assert.Null((await GetAsync(id)).DamagedAt);
        await RecordAsync(id, 100, 100);
        Assert.Equal(UploadState.Completed, (await Ledger.BeginCompleteAsync(Me, id, null, null, None)).Value!.State);
        Assert.Equal(["created", "damaged", "mended", "completed"], await EventsAsync(id));
    }

    [Fact]
    public async Task A_fenced_incarnation_lifts_no_quarantine()
    {
        var (fenced, _) = await BeginAsync();
        var id = await NewByAsync(fenced);
        await fenced.MarkDamagedAsync(id, "first", None);
        await BeginAsync();

        await fenced.LiftQuarantineAsync(id, None);

        Assert.NotNull((await GetAsync(id)).DamagedAt);
    }

    [Fact]
    public async Task A_fenced_incarnation_neither_marks_nor_forgets_nor_trims()
    {
        var read = await NewAsync(0);
        await Ledger.BeginCompleteAsync(Me, read, null, null, None);
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 0, 100);
        await Ledger.ReopenRangeAsync(Me, id, chunk.Range, None);
        var (next, _) = await BeginAsync();

        await Ledger.MarkCheckedAsync(read, None);
        await Ledger.ForgetFilesAsync([chunk.File], None);
        Assert.Equal(0, await Ledger.TrimHistoryAsync(TimeSpan.FromHours(-1), 100, None));

        Assert.Contains(read, (await next.OldestCheckedAsync(TimeSpan.FromHours(1), 100, None)).Select(upload => upload.Id));
        Assert.Equal([chunk.File], await next.TombstonesAsync(10, None));
        Assert.NotEqual(0, await next.TrimHistoryAsync(TimeSpan.FromHours(-1), 100, None));
    }

    [Fact]
    public async Task Completed_uploads_are_checked_oldest_first()
    {
        var ids = new List<UploadId>();
        for (var index = 0; index < 4; index++)
        {
            ids.Add(await NewAsync(0));
            await Ledger.BeginCompleteAsync(Me, ids[^1], null, null, None);
        }

        await NewAsync(0);
        await Ledger.MarkDamagedAsync(ids[3], "x", None);
        await Ledger.MarkCheckedAsync(ids[1], None);
        await Ledger.MarkCheckedAsync(ids[0], None);

        async Task<IEnumerable<UploadId>> Oldest(TimeSpan notWithin) =>
            (await Ledger.OldestCheckedAsync(notWithin, 10, None)).Select(upload => upload.Id);

        Assert.Equal([ids[2]], await Oldest(TimeSpan.FromHours(1)));
        Assert.Equal([ids[2], ids[1], ids[0]], await Oldest(TimeSpan.FromHours(-1)));
    }

    [Theory]
    [InlineData("boot-2", Durability.Relaxed, false, true)]
    [InlineData("boot-2", Durability.Committed, false, false)]
    [InlineData("boot-1", Durability.Relaxed, false, false)]
    [InlineData("boot-2", Durability.Relaxed, true, false)]
    public async Task Relaxed_extents_from_before_a_machine_crash_are_doubtful(
        string boot, Durability durability, bool inOrder, bool doubtful)
    {
        var (writer, incarnation) = await BeginAsync(durability: durability);
        var id = await NewByAsync(writer);
        await writer.RecordChunkAsync(Chunk(id, 0, 100, file: StoredFile.New(Node, StoredFileKind.Chunk, incarnation.Id)), None);
        Assert.Empty(await writer.DoubtfulAsync(id, 10, None));
        if (inOrder)
            await writer.EndIncarnationAsync(None);

        var (reader, _) = await BeginAsync(boot: boot);

        Assert.Equal(doubtful ? 1 : 0, (await reader.DoubtfulAsync(id, 10, None)).Count);
    }

    [Fact]
    public async Task Flushed_and_placed_extents_are_trusted()
    {
        var (writer, incarnation) = await BeginAsync(durability: Durability.Relaxed);
        var flushed = await NewByAsync(writer);
        await writer.RecordChunkAsync(Chunk(flushed, 0, 100, file: StoredFile.New(Node, StoredFileKind.Chunk, incarnation.Id)), None);
        await writer.MarkFlushedAsync(flushed, await writer.UnflushedAsync(flushed, 10, None), None);
        Assert.Empty(await writer.UnflushedAsync(flushed, 10, None));
        var placed = await NewByAsync(writer);
        await writer.RecordChunkAsync(Chunk(placed, 0, 100, file: StoredFile.New(Node, StoredFileKind.Chunk, incarnation.Id)), None);
        var assembly = StoredFile.New(Node, StoredFileKind.Assembly, incarnation.Id);
        Assert.True(await writer.SetAssemblyAsync(placed, assembly, None));
        await writer.PlaceAsync(placed, assembly, (await writer.UnplacedAsync(placed, 1000, 10, None)).Chunks, None);

        var (reader, _) = await BeginAsync(boot: "boot-2");

        Assert.Empty(await reader.DoubtfulAsync(flushed, 10, None));
        Assert.Empty(await reader.DoubtfulAsync(placed, 10, None));
    }

    [Fact]
    public async Task Verified_extents_are_trusted_and_damaged_ones_reopened()
    {
        var (writer, incarnation) = await BeginAsync(durability: Durability.Relaxed);
        var id = await NewByAsync(writer);
        foreach (var offset in new[] { 0, 100, 200 })
            await writer.RecordChunkAsync(Chunk(id, offset, 100, file: StoredFile.New(Node, StoredFileKind.Chunk, incarnation.Id)), None);
        var (reader, _) = await BeginAsync(boot: "boot-2");
        var doubtful = await reader.DoubtfulAsync(id, 10, None);
        Assert.Equal(3, doubtful.Count);

        await reader.SettleDoubtAsync(id, [doubtful[0], doubtful[2]], [doubtful[1]], None);
        await reader.SettleDoubtAsync(id, [doubtful[0], doubtful[2]], [doubtful[1]], None);

        Assert.Empty(await reader.DoubtfulAsync(id, 10, None));
        Assert.Equal([new ByteRange(100, 100), new ByteRange(300, 700)], await reader.MissingAsync(id, 0, 10, None));
        Assert.Equal([doubtful[1].File], await reader.TombstonesAsync(10, None));
        Assert.Equal((200, 1), ((await GetAsync(id)).ReceivedBytes, (await reader.FrontAsync(id, None)).Revision));
    }

    [Fact]
    public async Task A_completing_upload_that_lost_bytes_is_open_again_and_a_completed_one_is_damaged()
    {
        var (writer, incarnation) = await BeginAsync(durability: Durability.Relaxed);
        var completing = await NewByAsync(writer, 100, Digest("all"));
        var completed = await NewByAsync(writer, 100);
        foreach (var id in new[] { completing, completed })
        {
            await writer.RecordChunkAsync(Chunk(id, 0, 100, file: StoredFile.New(Node, StoredFileKind.Chunk, incarnation.Id)), None);
            Assert.True((await writer.BeginCompleteAsync(Me, id, null, null, None)).Ok);
        }

        var (reader, _) = await BeginAsync(boot: "boot-2");
        foreach (var id in new[] { completing, completed })
            await reader.SettleDoubtAsync(id, [], await reader.DoubtfulAsync(id, 10, None), None);

        Assert.Equal((UploadState.Open, 0L), ((await GetAsync(completing)).State, (await GetAsync(completing)).ReceivedBytes));
        Assert.Equal(["created", "completing", "reopened"], await EventsAsync(completing));
        Assert.NotNull((await GetAsync(completed)).DamagedAt);
        Assert.Equal(100, (await GetAsync(completed)).ReceivedBytes);
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task Upload_that_left_quarantine_by_its_digest_is_not_doubted_again(bool isHashed, int doubtful)
    {
        var (writer, incarnation) = await BeginAsync(durability: Durability.Relaxed);
        var id = await NewByAsync(writer, 100);
        await writer.RecordChunkAsync(Chunk(id, 0, 100, file: StoredFile.New(Node, StoredFileKind.Chunk, incarnation.Id)), None);
        Assert.True((await writer.BeginCompleteAsync(Me, id, null, null, None)).Ok);
        if (isHashed)
            Assert.True(await writer.SaveHashAsync(id, new SavedHash(100, [1]), Digest("all"), 0, None));
        var (reader, _) = await BeginAsync(boot: "boot-2");
        await reader.SettleDoubtAsync(id, [], await reader.DoubtfulAsync(id, 10, None), None);
        Assert.NotNull((await GetAsync(id)).DamagedAt);

        await reader.LiftQuarantineAsync(id, None);

        Assert.Null((await GetAsync(id)).DamagedAt);
        Assert.Equal(doubtful, (await reader.DoubtfulAsync(id, 10, None)).Count);
    }

    [Fact]
    public async Task A_stream_is_cut_back_to_the_last_good_extent()
    {
        var (writer, incarnation) = await BeginAsync(durability: Durability.Relaxed);
        var id = (await writer.CreateAsync(Session(300, protocol: UploadProtocol.Tus), None)).Value!.Upload.Id;
        StreamCheckpoint At(long segment, long from, long to, long epoch) =>
            Checkpoint(id, segment, from, to, epoch: epoch) with
            {
                Segment =
                new StoredFile(Node, StoredFileKind.Segment, incarnation.Id, new Guid((int)segment + 1, 0, 0, new byte[8]))
            };
        Assert.Equal(RecordOutcome.Recorded, (await writer.CheckpointAsync(At(0, 0, 100, 0), None)).Outcome);
        var (whole, _) = await BeginAsync(boot: "boot-2");
        Assert.Equal(Digest("first 100"), Assert.Single(await whole.DoubtfulAsync(id, 10, None)).Sha256);

        var (second, secondIncarnation) = await BeginAsync(boot: "boot-2", durability: Durability.Relaxed);
        await second.RaiseEpochAsync(Me, id, 0, None);
        var more = At(100, 100, 150, 1) with { Segment = StoredFile.New(Node, StoredFileKind.Segment, secondIncarnation.Id) };
        Assert.Equal(RecordOutcome.Recorded, (await second.CheckpointAsync(more, None)).Outcome);
        var (reader, _) = await BeginAsync(boot: "boot-3");
        var doubtful = await reader.DoubtfulAsync(id, 10, None);
        Assert.Equal([null, null], doubtful.Select(extent => extent.Sha256));
        await reader.SettleDoubtAsync(id, [doubtful[0]], [doubtful[1]], None);

        var cut = await GetAsync(id);
        Assert.Equal((100, 0, 2), (cut.ReceivedBytes, cut.HashedBytes, cut.Epoch));
        Assert.Equal([more.Segment], await reader.TombstonesAsync(10, None));
    }

    [Fact]
    public async Task A_stream_whose_offset_may_not_fall_has_failed_instead()
    {
        var (writer, incarnation) = await BeginAsync(durability: Durability.Relaxed);
        var id = (await writer.CreateAsync(Session(300, protocol: UploadProtocol.Ietf), None)).Value!.Upload.Id;
        var first = Checkpoint(id, 0, 0, 100) with { Segment = StoredFile.New(Node, StoredFileKind.Segment, incarnation.Id) };
        Assert.Equal(RecordOutcome.Recorded, (await writer.CheckpointAsync(first, None)).Outcome);
        var (reader, _) = await BeginAsync(boot: "boot-2");
        await reader.SettleDoubtAsync(id, [], await reader.DoubtfulAsync(id, 10, None), None);

        Assert.Equal((UploadState.Failed, 100), ((await GetAsync(id)).State, (await GetAsync(id)).ReceivedBytes));
        Assert.Equal([first.Segment], await reader.ReclaimAsync(id, 10, None));
    }

    [Fact]
    public async Task The_beats_of_a_fenced_incarnation_do_not_count()
    {
        var id = await NewAsync(300);
        await AgeAsync(TimeSpan.FromSeconds(10.5));
        await AgeAsync(TimeSpan.FromSeconds(10.5));
        Assert.Equal(TimeSpan.FromSeconds(21), (await GetAsync(id)).IdleFor);

        var (newer, _) = await BeginAsync();
        Assert.False(await Ledger.BeatAsync(TimeSpan.FromSeconds(1000), None));
        Assert.Equal(TimeSpan.FromSeconds(21), (await GetAsync(id)).IdleFor);
        Assert.True(await newer.BeatAsync(TimeSpan.Zero, None));
        await AgeAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(31), (await GetAsync(id)).IdleFor);
    }

    [Fact]
    public async Task An_incarnation_that_has_ended_records_nothing_more()
    {
        var id = await NewAsync(300);
        await Ledger.DrainAsync(None);
        await Ledger.EndIncarnationAsync(None);
        await Ledger.EndIncarnationAsync(None);

        await Assert.ThrowsAsync<LedgerUnavailableException>(() => Ledger.RecordChunkAsync(Chunk(id, 0, 100), None));
    }

    private static async Task<UploadId> NewByAsync(PostgresUploadLedger ledger, long? size = 1000, Sha256Digest? sha256 = null) =>
        (await ledger.CreateAsync(Session(size, sha256: sha256), None)).Value!.Upload.Id;
}
