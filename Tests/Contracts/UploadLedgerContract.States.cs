using ChunkUpload.Core.Access;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    [Fact]
    public async Task Creates_and_finds_an_upload_for_its_tenant()
    {
        var wanted = Session(300, "Fjörd \"1\".mp4", Digest("all")) with
        {
            Metadata = new Dictionary<string, string> { ["a"] = "1", ["ü"] = "\0\u202e'; drop table" },
        };

        var created = (await Ledger.CreateAsync(wanted, None)).Value!;

        Assert.True(created.Fresh);
        var found = (await Ledger.FindAsync(Me with { Subject = "another", SeesAll = true }, wanted.Id, None))!;
        Assert.Equal((wanted.Id, "tenant-a", "subject-1"), (found.Id, found.Tenant, found.Subject));
        Assert.Equal((UploadState.Open, UploadProtocol.Session), (found.State, found.Protocol));
        Assert.Equal((wanted.FileName, "video/mp4", 300L), (found.FileName, found.ContentType, found.Size));
        Assert.Equal(
            (wanted.DeclaredSha256, wanted.IdleAllowance, Incarnation.Id), (found.DeclaredSha256, found.IdleAllowance, found.Incarnation));
        Assert.Equal(wanted.Metadata, found.Metadata);
        Assert.NotNull(await Ledger.FindAsync(new Caller("tenant-a", "subject-1"), wanted.Id, None));
        Assert.Null(await Ledger.FindAsync(new Caller("tenant-a", "another"), wanted.Id, None));
        Assert.Null(await Ledger.FindAsync(new Caller("tenant-b", "subject-1"), wanted.Id, None));
        Assert.Null(await Ledger.FindAsync(new Caller("tenant-b", "another") { SeesAll = true }, wanted.Id, None));
        Assert.NotNull(await Ledger.GetAsync(wanted.Id, None));
        Assert.Null(await Ledger.GetAsync(UploadId.New(), None));
        Assert.Equal(["created"], await EventsAsync(wanted.Id));
    }

    [Fact]
    public async Task Creating_again_with_the_same_id_is_the_same_creation()
    {
        var wanted = Session(300);
        await Ledger.CreateAsync(wanted, None);

        var again = await Ledger.CreateAsync(wanted, None);

        Assert.True(again.Value!.Fresh);
        Assert.Equal(["created"], await EventsAsync(wanted.Id));
    }

    [Fact]
    public async Task An_idempotency_key_leads_to_the_upload_created_with_it()
    {
        var first = (await Ledger.CreateAsync(Session(300, key: "k", request: "body"), None)).Value!;

        var again = await Ledger.CreateAsync(Session(300, key: "k", request: "body"), None);
        var other = await Ledger.CreateAsync(Session(300, key: "k", request: "other body"), None);
        var anothers = await Ledger.CreateAsync(Session(300, key: "k", request: "body", caller: Me with { Subject = "another" }), None);

        Assert.Equal((first.Upload.Id, false), (again.Value!.Upload.Id, again.Value.Fresh));
        Assert.Equal(UploadError.IdempotencyMismatch, ErrorOf(other));
        Assert.True(anothers.Value!.Fresh);
        var hash = Session(300, key: "k", request: "body").IdempotencyHash;
        Assert.Equal((first.Upload.Id, false), ((await Ledger.RecallAsync(Me, "k", hash, None))!.Value.Value!.Upload.Id,
            (await Ledger.RecallAsync(Me, "k", hash, None))!.Value.Value!.Fresh));
        Assert.Equal(UploadError.IdempotencyMismatch, (await Ledger.RecallAsync(Me, "k", null, None))!.Value.Failure!.Error);
        Assert.Null(await Ledger.RecallAsync(Me, "unknown", hash, None));
        Assert.Null(await Ledger.RecallAsync(Me with { Subject = "a third" }, "k", hash, None));
    }

    [Fact]
    public async Task Of_many_creations_with_one_key_at_once_one_is_fresh()
    {
        var created =
            await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Ledger.CreateAsync(Session(300, key: "k", request: "body"), None)));

        Assert.Single(created, one => one.Value!.Fresh);
        Assert.Single(created.Select(one => one.Value!.Upload.Id).Distinct());
    }

    [Fact]
    public async Task Pausing_and_resuming_are_repeatable_and_record_one_event_each()
    {
        var id = await NewAsync(300);

        Assert.Equal(UploadState.Paused, (await Ledger.PauseAsync(Me, id, None)).Value!.State);
        Assert.Equal(UploadState.Paused, (await Ledger.PauseAsync(Me, id, None)).Value!.State);
        Assert.Equal(UploadState.Open, (await Ledger.ResumeAsync(Me, id, None)).Value!.State);
        Assert.Equal(UploadState.Open, (await Ledger.ResumeAsync(Me, id, None)).Value!.State);

        Assert.Equal(["created", "paused", "resumed"], await EventsAsync(id));
        Assert.Equal(UploadError.NotFound, ErrorOf(await Ledger.PauseAsync(new Caller("tenant-b", "x"), id, None)));
    }

    [Fact]
    public async Task Ending_is_repeatable_and_the_first_reason_stays()
    {
        var id = await NewAsync(300);

        var ended = await Ledger.EndAsync(Me, id, UploadState.Cancelled, "first", None);
        var again = await Ledger.EndAsync(Me, id, UploadState.Failed, "second", None);

        Assert.Equal((UploadState.Cancelled, "first"), (ended.Value!.State, ended.Value.StateReason));
        Assert.Equal((UploadState.Cancelled, "first"), (again.Value!.State, again.Value.StateReason));
        Assert.Equal(["created", "cancelled"], await EventsAsync(id));
        Assert.Equal(UploadError.Cancelled, ErrorOf(await Ledger.ResumeAsync(Me, id, None)));
        Assert.Equal(UploadError.Cancelled, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, null, null, None)));
        Assert.Equal(UploadError.NotFound, ErrorOf(await Ledger.EndAsync(Me, UploadId.New(), UploadState.Cancelled, "x", None)));
    }

    [Fact]
    public async Task A_finished_file_is_deleted_and_never_cancelled()
    {
        var id = await NewAsync(0);
        Assert.Equal(UploadError.NotCompleted, ErrorOf(await Ledger.EndAsync(Me, id, UploadState.Deleted, "x", None)));
        Assert.Equal(UploadState.Completed, (await Ledger.BeginCompleteAsync(Me, id, null, null, None)).Value!.State);

        Assert.Equal(UploadError.AlreadyCompleted, ErrorOf(await Ledger.EndAsync(Me, id, UploadState.Cancelled, "x", None)));
        Assert.Equal(UploadError.AlreadyCompleted, ErrorOf(await Ledger.PauseAsync(Me, id, None)));
        Assert.Equal(UploadState.Deleted, (await Ledger.EndAsync(Me, id, UploadState.Deleted, "x", None)).Value!.State);
        Assert.Equal(["created", "completed", "deleted"], await EventsAsync(id));
    }

    [Fact]
    public async Task Completes_at_once_when_no_digest_was_declared()
    {
        var id = await NewAsync(200);
        await RecordAsync(id, 100, 100);
        Assert.True(await Ledger.RecordPrefixAsync(id, NewPrefix(0, 40), null, None));

        var missing = await Ledger.BeginCompleteAsync(Me, id, 200, null, None);
        Assert.Equal((UploadError.MissingRanges, 1), (missing.Failure!.Error, missing.Failure.Missing!.Count));
        Assert.Equal([new ByteRange(0, 100)], missing.Failure.Missing);
        Assert.Equal(UploadError.SizeMismatch, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, 201, null, None)));

        await RecordAsync(id, 0, 100, 3);
        var done = (await Ledger.BeginCompleteAsync(Me, id, 200, null, None)).Value!;
        Assert.Equal(UploadState.Completed, done.State);
        Assert.NotNull(done.CompletedAt);
        Assert.Null(done.Sha256);

        Assert.Equal(UploadState.Completed, (await Ledger.BeginCompleteAsync(Me, id, null, null, None)).Value!.State);
        Assert.Equal(UploadError.SizeMismatch, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, 100, null, None)));
        Assert.Equal(UploadError.AlreadyCompleted, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, null, Digest("all"), None)));
        Assert.Equal(["created", "completed"], await EventsAsync(id));
    }

    [Fact]
    public async Task A_size_that_was_not_known_is_named_at_completion()
    {
        var id = await NewAsync(null);
        await RecordAsync(id, 0, 100);

        Assert.Equal(UploadError.SizeUnknown, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, null, null, None)));
        Assert.Equal(UploadError.SizeMismatch, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, 99, null, None)));
        var short1 = await Ledger.BeginCompleteAsync(Me, id, 130, null, None);
        Assert.Equal([new ByteRange(100, 30)], short1.Failure!.Missing);
        Assert.Null((await GetAsync(id)).Size);

        Assert.Equal(100, (await Ledger.BeginCompleteAsync(Me, id, 100, null, None)).Value!.Size);
    }

    [Fact]
    public async Task The_first_hundred_missing_ranges_come_with_the_failure()
    {
        var id = await NewAsync(1000);
        for (var offset = 1; offset < 1000; offset += 5)
            await RecordAsync(id, offset, 1);

        var failure = (await Ledger.BeginCompleteAsync(Me, id, null, null, None)).Failure!;

        Assert.Equal(100, failure.Missing!.Count);
        Assert.Equal([new ByteRange(0, 1), new ByteRange(2, 4)], failure.Missing.Take(2));
    }

    [Fact]
    public async Task An_empty_file_has_the_digest_of_nothing()
    {
        var id = await NewAsync(null);
        Assert.Equal(UploadError.FileDigestMismatch, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, 0, Digest("x"), None)));

        var done = (await Ledger.BeginCompleteAsync(Me, id, 0, Sha256Digest.OfNothing, None)).Value!;

        Assert.Equal((UploadState.Completed, Sha256Digest.OfNothing), (done.State, done.Sha256));
        Assert.Empty(await Ledger.ExtentsAsync(id, 0, 10, None));
    }

    [Fact]
    public async Task A_paused_session_can_be_completed()
    {
        var id = await NewAsync(100);
        await RecordAsync(id, 0, 100);
        await Ledger.PauseAsync(Me, id, None);

        Assert.Equal(UploadState.Completed, (await Ledger.BeginCompleteAsync(Me, id, null, null, None)).Value!.State);
    }

    [Fact]
    public async Task A_size_or_digest_that_was_not_known_is_declared_once()
    {
        var id = await NewAsync(null, protocol: UploadProtocol.Tus);
        await CheckpointAsync(id, 0, 0, 100);

        Assert.Equal(UploadError.SizeMismatch, ErrorOf(await Ledger.DeclareAsync(Me, id, 0, 99, null, None)));
        Assert.Equal(200, (await Ledger.DeclareAsync(Me, id, 0, 200, null, None)).Value!.Size);
        Assert.Equal(200, (await Ledger.DeclareAsync(Me, id, 0, 200, null, None)).Value!.Size);
        Assert.Equal(UploadError.SizeMismatch, ErrorOf(await Ledger.DeclareAsync(Me, id, 0, 201, null, None)));
        Assert.Equal(Digest("all"), (await Ledger.DeclareAsync(Me, id, 0, null, Digest("all"), None)).Value!.DeclaredSha256);
        Assert.Equal(UploadError.FileDigestMismatch, ErrorOf(await Ledger.DeclareAsync(Me, id, 0, null, Digest("x"), None)));
        await Ledger.EndAsync(Me, id, UploadState.Failed, "x", None);
        Assert.Equal(UploadError.Failed, ErrorOf(await Ledger.DeclareAsync(Me, id, 0, 200, null, None)));
    }

    [Fact]
    public async Task Reopening_takes_back_whole_chunks_only()
    {
        var id = await NewAsync(400);
        var first = await RecordAsync(id, 0, 100);
        var second = await RecordAsync(id, 100, 100);
        await RecordAsync(id, 300, 100);

        Assert.Equal(UploadError.Overlap, ErrorOf(await Ledger.ReopenRangeAsync(Me, id, new ByteRange(50, 150), None)));
        Assert.Equal(UploadError.Overlap, ErrorOf(await Ledger.ReopenRangeAsync(Me, id, new ByteRange(0, 150), None)));
        Assert.Equal(UploadError.Overlap, ErrorOf(await Ledger.ReopenRangeAsync(Me, id, new ByteRange(110, 10), None)));
        Assert.Equal(UploadError.NoSuchRange, ErrorOf(await Ledger.ReopenRangeAsync(Me, id, new ByteRange(200, 100), None)));
        var reopened = (await Ledger.ReopenRangeAsync(Me, id, new ByteRange(0, 250), None)).Value!;

        Assert.Equal((100, 1), (reopened.ReceivedBytes, reopened.ChunkCount));
        Assert.Equal([new ByteRange(0, 300)], await Ledger.MissingAsync(id, 0, 10, None));
        Assert.Equal(Order([first.File, second.File]), Order(await Ledger.ReclaimAsync(id, 10, None)));
        Assert.Equal((0, 1), await Ledger.FrontAsync(id, None));
        Assert.Equal(RecordOutcome.Recorded, (await Ledger.RecordChunkAsync(Chunk(id, 0, 300, 1), None)).Outcome);
    }

    [Fact]
    public async Task Ranges_cannot_be_reopened_in_a_state_that_takes_no_bytes()
    {
        var range = new ByteRange(0, 100);
        var completing = await NewAsync(100, sha256: Digest("all"));
        await RecordAsync(completing, 0, 100);
        await Ledger.BeginCompleteAsync(Me, completing, null, null, None);
        var completed = await NewAsync(100);
        await RecordAsync(completed, 0, 100);
        await Ledger.BeginCompleteAsync(Me, completed, null, null, None);

        Assert.Equal(UploadError.Completing, ErrorOf(await Ledger.ReopenRangeAsync(Me, completing, range, None)));
        Assert.Equal(UploadError.AlreadyCompleted, ErrorOf(await Ledger.ReopenRangeAsync(Me, completed, range, None)));
        Assert.Equal(UploadError.WrongProtocol,
            ErrorOf(await Ledger.ReopenRangeAsync(Me, await NewAsync(100, protocol: UploadProtocol.Tus), range, None)));
        Assert.Equal(UploadError.NotFound, ErrorOf(await Ledger.ReopenRangeAsync(Me, UploadId.New(), range, None)));
    }
}
