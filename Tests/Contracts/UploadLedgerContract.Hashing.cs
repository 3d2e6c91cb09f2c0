using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    private Task<bool> SaveAsync(UploadId id, long length, string digest, long revision = 0) =>
        Ledger.SaveHashAsync(id, new SavedHash(length, [(byte)length, 9]), Digest(digest), revision, None);

    [Fact]
    public async Task A_declared_digest_that_was_hashed_along_the_front_completes_at_once()
    {
        var id = await NewAsync(200, sha256: Digest("all"));
        await RecordAsync(id, 0, 100);
        Assert.True(await SaveAsync(id, 100, "half"));
        Assert.Equal(100, (await GetAsync(id)).HashedBytes);
        Assert.Equal([100, 9], (await Ledger.SavedHashAsync(id, None))!.State);
        await RecordAsync(id, 100, 100);
        Assert.True(await SaveAsync(id, 200, "all"));

        var done = (await Ledger.BeginCompleteAsync(Me, id, null, null, None)).Value!;

        Assert.Equal((UploadState.Completed, Digest("all")), (done.State, done.Sha256));
        Assert.True((await Ledger.BeginCompleteAsync(Me, id, 200, Digest("all"), None)).Ok);
        Assert.Equal(UploadError.FileDigestMismatch, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, null, Digest("x"), None)));
    }

    [Fact]
    public async Task A_declared_digest_that_is_not_computed_yet_makes_it_completing_until_it_is()
    {
        var id = await NewAsync(100);
        await RecordAsync(id, 0, 100);

        Assert.Equal(UploadState.Completing, (await Ledger.BeginCompleteAsync(Me, id, null, Digest("all"), None)).Value!.State);
        Assert.Equal(UploadState.Completing, (await Ledger.BeginCompleteAsync(Me, id, 100, null, None)).Value!.State);
        Assert.Equal(UploadError.Completing, ErrorOf(await Ledger.PauseAsync(Me, id, None)));
        Assert.True(await SaveAsync(id, 60, "part"));
        Assert.Equal(UploadState.Completing, (await GetAsync(id)).State);
        Assert.True(await SaveAsync(id, 100, "all"));
        Assert.True(await SaveAsync(id, 100, "all"));

        var done = await GetAsync(id);
        Assert.Equal((UploadState.Completed, Digest("all")), (done.State, done.Sha256));
        Assert.Equal(["created", "completing", "completed"], await EventsAsync(id));
    }

    [Fact]
    public async Task A_wrong_digest_publishes_nothing_and_another_one_can_be_declared()
    {
        var id = await NewAsync(100, sha256: Digest("wrong"));
        await RecordAsync(id, 0, 100);
        await Ledger.BeginCompleteAsync(Me, id, null, null, None);

        Assert.True(await SaveAsync(id, 100, "all"));
        var open = await GetAsync(id);
        Assert.Equal(UploadState.Open, open.State);
        Assert.NotNull(open.StateReason);
        Assert.Equal(UploadError.FileDigestMismatch, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, null, null, None)));
        Assert.Equal(UploadState.Open, (await GetAsync(id)).State);

        var done = (await Ledger.BeginCompleteAsync(Me, id, null, Digest("all"), None)).Value!;
        Assert.Equal((UploadState.Completed, Digest("all"), Digest("all")), (done.State, done.Sha256, done.DeclaredSha256));
        Assert.Equal(["created", "completing", "reopened", "completed"], await EventsAsync(id));
    }

    [Fact]
    public async Task Another_digest_waits_while_one_is_being_compared()
    {
        var id = await NewAsync(100, sha256: Digest("wrong"));
        await RecordAsync(id, 0, 100);
        await Ledger.BeginCompleteAsync(Me, id, null, null, None);

        Assert.Equal(UploadError.Completing, ErrorOf(await Ledger.BeginCompleteAsync(Me, id, null, Digest("all"), None)));
        Assert.Equal(UploadState.Completing, (await Ledger.BeginCompleteAsync(Me, id, null, Digest("wrong"), None)).Value!.State);
        Assert.True(await SaveAsync(id, 100, "all"));

        Assert.Equal((UploadState.Open, 1), ((await GetAsync(id)).State, (await GetAsync(id)).FailureCount));
        Assert.Equal("file-digest", Assert.Single((await Ledger.FailuresAsync(id, 10, None)).Last).Kind);
        Assert.Equal(UploadState.Completed, (await Ledger.BeginCompleteAsync(Me, id, null, Digest("all"), None)).Value!.State);
    }

    [Fact]
    public async Task A_completed_file_gets_its_digest_afterwards()
    {
        var id = await NewAsync(100);
        await RecordAsync(id, 0, 100);
        await Ledger.BeginCompleteAsync(Me, id, null, null, None);

        Assert.True(await SaveAsync(id, 100, "all"));

        Assert.Equal(Digest("all"), (await GetAsync(id)).Sha256);
        Assert.True((await Ledger.BeginCompleteAsync(Me, id, 100, Digest("all"), None)).Ok);
        Assert.Equal(["created", "completed"], await EventsAsync(id));
    }

    [Fact]
    public async Task Taking_back_hashed_bytes_forgets_the_digest_and_refuses_the_one_under_way()
    {
        var id = await NewAsync(300, sha256: Digest("all"));
        await RecordAsync(id, 0, 100);
        await RecordAsync(id, 100, 100);
        var (front, revision) = await Ledger.FrontAsync(id, None);
        Assert.Equal((200, 0), (front, revision));
        Assert.True(await SaveAsync(id, 100, "half", revision));

        await Ledger.ReopenRangeAsync(Me, id, new ByteRange(100, 100), None);
        Assert.Equal(100, (await GetAsync(id)).HashedBytes);
        Assert.False(await SaveAsync(id, 200, "more", revision));
        await Ledger.ReopenRangeAsync(Me, id, new ByteRange(0, 100), None);

        Assert.Equal(0, (await GetAsync(id)).HashedBytes);
        Assert.Null(await Ledger.SavedHashAsync(id, None));
        Assert.False(await SaveAsync(id, 1, "beyond the front", 2));
    }

    [Fact]
    public async Task A_digest_of_bytes_that_were_replaced_meanwhile_is_refused()
    {
        var id = await NewAsync(100, sha256: Digest("all"));
        await RecordAsync(id, 0, 100);
        var (front, revision) = await Ledger.FrontAsync(id, None);
        await Ledger.ReopenRangeAsync(Me, id, new ByteRange(0, 100), None);
        await RecordAsync(id, 0, 100, 7);

        Assert.False(await SaveAsync(id, front, "all", revision));
        Assert.Equal(0, (await GetAsync(id)).HashedBytes);
        Assert.True(await SaveAsync(id, front, "other", (await Ledger.FrontAsync(id, None)).Revision));
    }

    [Fact]
    public async Task A_late_digest_never_moves_back()
    {
        var id = await NewAsync(100, sha256: Digest("all"));
        await RecordAsync(id, 0, 100);
        Assert.True(await SaveAsync(id, 80, "80"));

        Assert.True(await SaveAsync(id, 60, "60"));

        Assert.Equal(80, (await Ledger.SavedHashAsync(id, None))!.Length);
        await Ledger.EndAsync(Me, id, UploadState.Cancelled, "x", None);
        Assert.False(await SaveAsync(id, 100, "all"));
    }
}
