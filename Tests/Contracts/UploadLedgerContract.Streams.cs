using System.Text.Json;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    private readonly Dictionary<(UploadId, long), StoredFile> _segments = [];

    private StreamCheckpoint Checkpoint(
        UploadId id, long segment, long from, long to, bool final = false, long epoch = 0, string? digest = null)
    {
        if (!_segments.TryGetValue((id, segment), out var file))
            _segments[(id, segment)] = file = NewFile(StoredFileKind.Segment);
        return new StreamCheckpoint(
            id, epoch, from, to, file, segment, new SavedHash(to, [(byte)to]), Digest(digest ?? $"first {to}"), final);
    }

    private async Task<Upload> CheckpointAsync(UploadId id, long segment, long from, long to, bool final = false, long epoch = 0)
    {
        var answer = await Ledger.CheckpointAsync(Checkpoint(id, segment, from, to, final, epoch), None);
        Assert.Equal(RecordOutcome.Recorded, answer.Outcome);
        return answer.Upload!;
    }

    [Fact]
    public async Task Checkpoints_extend_the_last_extent()
    {
        var id = await NewAsync(300, protocol: UploadProtocol.Tus);

        await CheckpointAsync(id, 0, 0, 100);
        var upload = await CheckpointAsync(id, 0, 100, 250);

        Assert.Equal((250, 250, 250), (upload.ReceivedBytes, upload.HashedBytes, upload.PlacedBytes));
        var extent = Assert.Single(await Ledger.ExtentsAsync(id, 0, 10, None));
        Assert.Equal((new ByteRange(0, 250), 0), (extent.Range, extent.FileOffset));
        Assert.Equal([new ByteRange(250, 50)], await Ledger.MissingAsync(id, 0, 10, None));
        Assert.Equal([new ByteRange(260, 40)], await Ledger.MissingAsync(id, 260, 10, None));
        Assert.Equal((250, 0), await Ledger.FrontAsync(id, None));
        var seen = await Ledger.InspectStreamAsync(Me, id, None);
        Assert.Equal((250, 250), (seen.Upload!.ReceivedBytes, seen.Hash!.Length));
        Assert.Equal([250], seen.Hash.State);
        Assert.Equal(extent, seen.Last);
        Assert.Null((await Ledger.InspectStreamAsync(new Caller("tenant-b", "x"), id, None)).Upload);
        Assert.Empty(await Ledger.ChunksAsync(id, 0, 10, None));
    }

    [Fact]
    public async Task Recorded_upload_is_answered_as_the_ledger_shows_it()
    {
        var upload = Session(
            300, "film.bin", protocol: UploadProtocol.Tus) with
        { ProtocolState = new Dictionary<string, string> { ["a"] = "b" }, IsPart = true };
        var other = Session(300, protocol: UploadProtocol.Tus);

        await SameAsync((await Ledger.CreateAsync(upload, None)).Value!.Upload);
        await SameAsync(await CheckpointAsync(upload.Id, 0, 0, 100));
        await SameAsync(await CheckpointAsync(upload.Id, 0, 100, 300, final: true));
        await SameAsync(
            (await Ledger.CheckpointAsync(Checkpoint(other.Id, 0, 0, 300, final: true) with { Creates = other }, None)).Upload!);

        // No later request could continue from it.
        Assert.Null(await Ledger.SavedHashAsync(upload.Id, None));
        Assert.Null(await Ledger.SavedHashAsync(other.Id, None));

        async Task SameAsync(Upload answered) =>
            Assert.Equal(JsonSerializer.Serialize(await GetAsync(answered.Id)), JsonSerializer.Serialize(answered));
    }

    [Fact]
    public async Task A_first_record_creates_its_upload_and_completes_it()
    {
        var upload =
            Session(300, "small.bin", protocol: UploadProtocol.Tus) with { ProtocolState = new Dictionary<string, string> { ["a"] = "b" } };
        var first = Checkpoint(upload.Id, 0, 0, 300, final: true) with { Creates = upload };

        var recorded = await Ledger.CheckpointAsync(first, None);
        var repeated = await Ledger.CheckpointAsync(first, None);

        Assert.Equal((RecordOutcome.Recorded, RecordOutcome.Recorded), (recorded.Outcome, repeated.Outcome));
        var kept = await GetAsync(upload.Id);
        Assert.Equal((UploadState.Completed, 300, 300, 300), (kept.State, kept.ReceivedBytes, kept.PlacedBytes, kept.HashedBytes));
        Assert.Equal(
            (first.Digest, "small.bin", "b", Incarnation.Id), (kept.Sha256, kept.FileName, kept.ProtocolState["a"], kept.Incarnation));
        Assert.Equal(kept.CompletedAt, recorded.Upload!.CompletedAt);
        var extent = Assert.Single(await Ledger.ExtentsAsync(upload.Id, 0, 10, None));
        Assert.Equal((new ByteRange(0, 300), first.Segment), (extent.Range, extent.File));
        Assert.Equal(["created", "completed"], await EventsAsync(upload.Id));
        // It behaves like one that was created first: it is kept as a file and can be deleted as one.
        await Ledger.EndAsync(Me, upload.Id, UploadState.Deleted, "x", None);
        Assert.Equal([first.Segment], await Ledger.ReclaimAsync(upload.Id, 10, None));
    }

    [Fact]
    public async Task A_first_record_of_some_bytes_leaves_an_upload_that_continues()
    {
        var upload = Session(300, protocol: UploadProtocol.Tus);
        var first = Checkpoint(upload.Id, 0, 0, 100) with { Creates = upload };

        Assert.Equal(RecordOutcome.Recorded, (await Ledger.CheckpointAsync(first, None)).Outcome);
        Assert.Equal(RecordOutcome.Recorded, (await Ledger.CheckpointAsync(first, None)).Outcome);

        Assert.Equal((UploadState.Open, 100), ((await GetAsync(upload.Id)).State, (await GetAsync(upload.Id)).ReceivedBytes));
        Assert.Equal(UploadState.Completed, (await CheckpointAsync(upload.Id, 0, 100, 300, final: true)).State);
        Assert.Equal(["created", "completed"], await EventsAsync(upload.Id));
    }

    [Fact]
    public async Task A_fenced_incarnation_creates_nothing_with_a_first_record()
    {
        var upload = Session(300, protocol: UploadProtocol.Tus);
        var first = Checkpoint(upload.Id, 0, 0, 300, final: true) with { Creates = upload };
        await BeginAsync();

        Assert.Equal(RecordOutcome.Fenced, (await Ledger.CheckpointAsync(first, None)).Outcome);
        Assert.Null(await Ledger.GetAsync(upload.Id, None));
    }

    [Theory]
    [InlineData(300)]
    [InlineData(100)]
    public async Task A_first_record_through_an_ended_link_is_refused_with_the_links_reason(int to)
    {
        var guest = Me with { Subject = ShareLink.SubjectOf(Guid.NewGuid()) };
        var upload = Session(300, protocol: UploadProtocol.Tus, caller: guest);
        var first = Checkpoint(upload.Id, 0, 0, to, final: to == 300) with { Creates = upload };

        var answer = await Ledger.CheckpointAsync(first, None);

        Assert.Equal((RecordOutcome.OverLimit, UploadError.LinkClosed), (answer.Outcome, answer.Failure!.Error));
        Assert.Null(await Ledger.GetAsync(upload.Id, None));
    }

    [Fact]
    public async Task A_fresh_stream_has_no_digest_and_no_extent()
    {
        var seen = await Ledger.InspectStreamAsync(Me, await NewAsync(300, protocol: UploadProtocol.Ietf), None);

        Assert.NotNull(seen.Upload);
        Assert.Null(seen.Hash);
        Assert.Null(seen.Last);
    }

    [Fact]
    public async Task A_repeated_checkpoint_is_recorded_and_another_one_conflicts()
    {
        var id = await NewAsync(300, protocol: UploadProtocol.Tus);
        await CheckpointAsync(id, 0, 0, 100);

        Assert.Equal(RecordOutcome.Recorded, (await Ledger.CheckpointAsync(Checkpoint(id, 0, 0, 100), None)).Outcome);
        Assert.Equal(RecordOutcome.Conflict, (await Ledger.CheckpointAsync(Checkpoint(id, 0, 0, 100, digest: "other"), None)).Outcome);
        Assert.Equal(RecordOutcome.Conflict, (await Ledger.CheckpointAsync(Checkpoint(id, 0, 50, 150), None)).Outcome);
        Assert.Equal(RecordOutcome.Conflict, (await Ledger.CheckpointAsync(Checkpoint(id, 0, 100, 150, epoch: 1), None)).Outcome);
        var foreign = Checkpoint(id, 0, 100, 150) with { Segment = NewFile(StoredFileKind.Segment) };
        Assert.Equal(RecordOutcome.Conflict, (await Ledger.CheckpointAsync(foreign, None)).Outcome);
        Assert.Equal(RecordOutcome.BeyondSize, (await Ledger.CheckpointAsync(Checkpoint(id, 0, 100, 301), None)).Outcome);
        Assert.Equal(100, (await GetAsync(id)).ReceivedBytes);
    }

    [Fact]
    public async Task A_claim_fences_the_previous_writer()
    {
        var id = await NewAsync(300, protocol: UploadProtocol.Tus);
        await CheckpointAsync(id, 0, 0, 100);

        var claimed = (await Ledger.RaiseEpochAsync(Me, id, 0, None))!;

        Assert.Equal((1, 100), (claimed.Epoch, claimed.ReceivedBytes));
        Assert.Equal(RecordOutcome.Conflict, (await Ledger.CheckpointAsync(Checkpoint(id, 0, 100, 200), None)).Outcome);
        await CheckpointAsync(id, 100, 100, 150, epoch: 1);
        Assert.Equal(
            [new ByteRange(0, 100), new ByteRange(100, 50)], (await Ledger.ExtentsAsync(id, 0, 10, None)).Select(extent => extent.Range));
        Assert.Null(await Ledger.RaiseEpochAsync(new Caller("tenant-b", "x"), id, 1, None));
        await Ledger.EndAsync(Me, id, UploadState.Cancelled, "x", None);
        Assert.Equal((1, UploadState.Cancelled), ((await Ledger.RaiseEpochAsync(Me, id, 1, None))!.Epoch, (await GetAsync(id)).State));
    }

    [Fact]
    public async Task A_claim_after_another_claim_fences_no_writer()
    {
        var id = await NewAsync(300, protocol: UploadProtocol.Tus);

        Assert.Equal(1, (await Ledger.RaiseEpochAsync(Me, id, 0, None))!.Epoch);
        Assert.Null(await Ledger.RaiseEpochAsync(Me, id, 0, None));

        await CheckpointAsync(id, 0, 0, 100, epoch: 1);
        Assert.Equal(
            (2, 100), await Ledger.RaiseEpochAsync(Me, id, 1, None) is { } claimed ? (claimed.Epoch, claimed.ReceivedBytes) : default);
        await Ledger.EndAsync(Me, id, UploadState.Cancelled, "x", None);
        Assert.Equal(
            (2, UploadState.Cancelled), await Ledger.RaiseEpochAsync(Me, id, 2, None) is { } ended ? (ended.Epoch, ended.State) : default);
        Assert.Null(await Ledger.RaiseEpochAsync(Me, id, 1, None));
    }

    [Fact]
    public async Task Writer_fenced_after_its_inspection_fixes_no_size()
    {
        var id = await NewAsync(null, protocol: UploadProtocol.Tus);
        await Ledger.RaiseEpochAsync(Me, id, 0, None);

        Assert.Equal(UploadError.TakenOver, ErrorOf(await Ledger.DeclareAsync(Me, id, 0, 300, Digest("x"), None)));

        Assert.Equal((null, null), await GetAsync(id) is { } upload ? (upload.Size, upload.DeclaredSha256) : default);
        Assert.Equal(400, (await Ledger.DeclareAsync(Me, id, 1, 400, null, None)).Value!.Size);
    }

    [Fact]
    public async Task Writer_fenced_after_its_inspection_ends_nothing()
    {
        var id = await NewAsync(null, protocol: UploadProtocol.Ietf);
        await CheckpointAsync(id, 0, 0, 100);
        await Ledger.RaiseEpochAsync(Me, id, 0, None);

        Assert.Equal(UploadError.TakenOver, ErrorOf(await Ledger.EndStreamAsync(Me, id, 0, UploadState.Failed, "x", None)));

        Assert.Equal(UploadState.Open, (await GetAsync(id)).State);
        await Ledger.BeginCompleteAsync(Me, id, 100, null, None);
        Assert.Equal(UploadError.TakenOver, ErrorOf(await Ledger.EndStreamAsync(Me, id, 0, UploadState.Failed, "x", None)));
        Assert.Equal(UploadError.AlreadyCompleted, ErrorOf(await Ledger.EndStreamAsync(Me, id, 1, UploadState.Failed, "x", None)));
    }

    [Fact]
    public async Task Owner_of_a_stream_fails_it_once()
    {
        var id = await NewAsync(null, protocol: UploadProtocol.Ietf);
        await CheckpointAsync(id, 0, 0, 100);

        Assert.Equal(UploadState.Failed, (await Ledger.EndStreamAsync(Me, id, 0, UploadState.Failed, "wrong", None)).Value!.State);
        Assert.Equal("wrong", (await Ledger.EndStreamAsync(Me, id, 0, UploadState.Cancelled, "again", None)).Value!.StateReason);
    }

    [Fact]
    public async Task A_claim_that_waits_for_a_checkpoint_answers_its_offset()
    {
        var id = await NewAsync(300, protocol: UploadProtocol.Tus);
        Upload? claimed = null;

        await RaceAsync(
            id,
            () => Ledger.CheckpointAsync(Checkpoint(id, 0, 0, 100), None),
            async () => claimed = await Ledger.RaiseEpochAsync(Me, id, 0, None));

        Assert.Equal((1, 100), (claimed!.Epoch, claimed.ReceivedBytes));
    }

    [Fact]
    public async Task The_last_checkpoint_completes_in_the_same_transaction()
    {
        var id = await NewAsync(300, protocol: UploadProtocol.Put);
        await CheckpointAsync(id, 0, 0, 100);

        var upload = await CheckpointAsync(id, 0, 100, 300, final: true);

        Assert.Equal((UploadState.Completed, Digest("first 300"), 300L), (upload.State, upload.Sha256, upload.Size));
        Assert.Equal(["created", "completed"], await EventsAsync(id));
        Assert.Equal(RecordOutcome.Recorded, (await Ledger.CheckpointAsync(Checkpoint(id, 0, 100, 300, final: true), None)).Outcome);
        Assert.Equal(["created", "completed"], await EventsAsync(id));
        Assert.Equal(RecordOutcome.Refused, (await Ledger.CheckpointAsync(Checkpoint(id, 0, 300, 310), None)).Outcome);
        Assert.Empty(await Ledger.PendingAsync(null, 10, true, None));
    }

    [Fact]
    public async Task A_last_checkpoint_needs_a_fixed_size_and_the_declared_digest()
    {
        var unknown = await NewAsync(null, protocol: UploadProtocol.Put);
        await CheckpointAsync(unknown, 0, 0, 100);
        Assert.True((await Ledger.DeclareAsync(Me, unknown, 0, 100, null, None)).Ok);
        Assert.Equal(UploadState.Completed, (await CheckpointAsync(unknown, 0, 100, 100, final: true)).State);

        var early = await NewAsync(300, protocol: UploadProtocol.Put);
        Assert.Equal(RecordOutcome.Refused, (await Ledger.CheckpointAsync(Checkpoint(early, 0, 0, 100, final: true), None)).Outcome);

        var wrong = await NewAsync(100, sha256: Digest("other"), protocol: UploadProtocol.Put);
        Assert.Equal(RecordOutcome.Refused, (await Ledger.CheckpointAsync(Checkpoint(wrong, 0, 0, 100, final: true), None)).Outcome);
        Assert.Equal(0, (await GetAsync(wrong)).ReceivedBytes);
    }

    [Fact]
    public async Task A_stream_whose_bytes_are_all_there_completes_with_the_digest_it_has()
    {
        var id = await NewAsync(null, protocol: UploadProtocol.Ietf);
        await CheckpointAsync(id, 0, 0, 100);

        Assert.Equal(UploadError.MissingRanges, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, 120, null, None)));
        Assert.Equal(UploadError.FileDigestMismatch, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, 100, Digest("x"), None)));
        var done = (await Ledger.BeginCompleteAsync(Me, id, 100, null, None)).Value!;

        Assert.Equal((UploadState.Completed, Digest("first 100")), (done.State, done.Sha256));
    }

    [Fact]
    public async Task An_empty_stream_completes()
    {
        var id = await NewAsync(0, protocol: UploadProtocol.Put);

        Assert.Equal(UploadState.Completed, (await CheckpointAsync(id, 0, 0, 0, final: true)).State);
        Assert.Empty(await Ledger.ExtentsAsync(id, 0, 10, None));
    }
}
