using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Tests.Contracts;

public abstract partial class UploadLedgerContract
{
    private async Task<List<StoredFile>> ReclaimAllAsync(UploadId id, int limit)
    {
        var all = new List<StoredFile>();
        while (await Ledger.ReclaimAsync(id, limit, None) is { Count: > 0 } files)
        {
            Assert.True(files.Count <= limit);
            await Ledger.ForgetFilesAsync(files, None);
            all.AddRange(files);
        }

        return all;
    }

    [Fact]
    public async Task The_content_of_an_ended_upload_is_freed_in_batches()
    {
        var id = await NewAsync(10_000);
        var files = new List<StoredFile>();
        for (var index = 0; index < 25; index++)
            files.Add((await RecordAsync(id, index * 100, 100)).File);
        var prefix = NewPrefix(5000, 10);
        Assert.True(await Ledger.RecordPrefixAsync(id, prefix, null, None));
        Assert.Empty(await Ledger.ReclaimAsync(id, 10, None));
        await Ledger.EndAsync(Me, id, UploadState.Cancelled, "x", None);

        var freed = await ReclaimAllAsync(id, 10);

        Assert.Equal(Order([.. files, prefix.File]), Order(freed));
        Assert.Empty(await Ledger.ExtentsAsync(id, 0, 10, None));
        Assert.Empty(await Ledger.TombstonesAsync(10, None));
        Assert.Empty(await Ledger.PendingAsync(null, 10, true, None));
        Assert.Null(await PrefixAsync(id, 5000));
        Assert.Equal(UploadState.Cancelled, (await GetAsync(id)).State);
    }

    [Fact]
    public async Task A_merged_file_is_freed_as_one_though_it_has_many_extents()
    {
        var id = await NewAsync(2500);
        for (var index = 0; index < 25; index++)
            await RecordAsync(id, index * 100, 100);
        var assembly = NewFile(StoredFileKind.Assembly);
        Assert.True(await Ledger.SetAssemblyAsync(id, assembly, None));
        var copied = (await Ledger.UnplacedAsync(id, 10_000, 100, None)).Chunks;
        await Ledger.ForgetFilesAsync(await Ledger.PlaceAsync(id, assembly, copied, None), None);
        await Ledger.BeginCompleteAsync(Me, id, null, null, None);
        await Ledger.EndAsync(Me, id, UploadState.Deleted, "x", None);

        Assert.Equal([assembly], await ReclaimAllAsync(id, 4));
    }

    [Fact]
    public async Task Tombstones_stay_until_they_are_forgotten()
    {
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 0, 100);
        await Ledger.ReopenRangeAsync(Me, id, chunk.Range, None);

        Assert.Equal([chunk.File], await Ledger.TombstonesAsync(10, None));
        Assert.Equal([chunk.File], await Ledger.ReclaimAsync(id, 10, None));
        Assert.Equal([chunk.File], await Ledger.ReclaimAsync(id, 10, None));
        await Ledger.ForgetFilesAsync([chunk.File], None);
        await Ledger.ForgetFilesAsync([chunk.File], None);
        Assert.Empty(await Ledger.TombstonesAsync(10, None));
        Assert.Empty(await Ledger.ReclaimAsync(id, 10, None));
    }

    [Fact]
    public async Task A_file_in_use_is_never_forgotten()
    {
        var id = await NewAsync(300);
        var chunk = await RecordAsync(id, 0, 100);

        await Ledger.ForgetFilesAsync([chunk.File], None);

        Assert.Equal(chunk.File, Assert.Single(await Ledger.ExtentsAsync(id, 0, 10, None)).File);
    }

    [Fact]
    public async Task Uploads_without_a_byte_for_too_long_expire_whatever_their_protocol()
    {
        var hour = TimeSpan.FromHours(1);
        var stale = new List<UploadId>
        {
            await NewAsync(300, idle: hour),
            await NewAsync(300, idle: hour, protocol: UploadProtocol.Tus),
            await NewAsync(300, idle: hour, protocol: UploadProtocol.Ietf),
        };
        await Ledger.PauseAsync(Me, stale[0], None);
        var patient = await NewAsync(300, idle: TimeSpan.FromHours(3));
        var completing = await NewAsync(100, idle: hour, sha256: Digest("all"));
        await RecordAsync(completing, 0, 100);
        await Ledger.BeginCompleteAsync(Me, completing, null, null, None);
        var completed = await NewAsync(0, idle: hour);
        await Ledger.BeginCompleteAsync(Me, completed, null, null, None);

        await AgeAsync(TimeSpan.FromMinutes(59));
        Assert.Empty(await Ledger.PurgeAsync(10, null, None));
        Assert.Equal(TimeSpan.FromMinutes(59), (await GetAsync(stale[0])).IdleFor);
        await AgeAsync(TimeSpan.FromMinutes(1));
        var purged = await PurgeAllAsync(2, null);

        Assert.Equal(stale.Order(IdOrder), purged.Order(IdOrder));
        var expired = await GetAsync(stale[0]);
        Assert.Equal(UploadState.Expired, expired.State);
        Assert.NotNull(expired.StateReason);
        Assert.Equal(["created", "paused", "expired"], await EventsAsync(stale[0]));
        Assert.Equal(UploadState.Open, (await GetAsync(patient)).State);
        Assert.Equal(UploadState.Completing, (await GetAsync(completing)).State);
        Assert.Equal(UploadState.Completed, (await GetAsync(completed)).State);
    }

    [Fact]
    public async Task Upload_that_is_being_written_is_not_stale()
    {
        var hour = TimeSpan.FromHours(1);
        var written = await NewAsync(300, idle: hour);
        var left = await NewAsync(300, idle: hour);
        for (var beat = 0; beat < 61 * 6; beat++)
        {
            await Ledger.KeepWritingAsync([written], None);
            await AgeAsync(TimeSpan.FromSeconds(10));
        }

        Assert.Equal([left], await PurgeAllAsync(10, null));
        Assert.Equal(UploadState.Open, (await GetAsync(written)).State);
        await AgeAsync(hour);
        Assert.Equal([written], await PurgeAllAsync(10, null));
        await Ledger.KeepWritingAsync([written], None);
        Assert.Equal(UploadState.Expired, (await GetAsync(written)).State);
    }

    [Fact]
    public async Task A_final_that_waits_and_its_parts_expire_together()
    {
        var hour = TimeSpan.FromHours(1);
        var (done, going) = (await PartAsync(0), await PartAsync(200));
        await Ledger.BeginCompleteAsync(Me, done, null, null, None);
        var final = (await Ledger.ConcatenateAsync(
            Session(null, protocol: UploadProtocol.Tus, idle: hour), [done, going], long.MaxValue, mayWait: true, None)).Value!.Id;
        await AgeAsync(TimeSpan.FromMinutes(50));
        await CheckpointAsync(going, 0, 0, 100);
        await AgeAsync(TimeSpan.FromMinutes(50));

        Assert.Empty(await PurgeAllAsync(10, null));
        Assert.Equal((UploadState.Open, UploadState.Completed), ((await GetAsync(final)).State, (await GetAsync(done)).State));
        await AgeAsync(TimeSpan.FromMinutes(11));
        var ended = await PurgeAllAsync(1, null);
        Assert.Equal(final, ended[0]);
        Assert.Equal(new[] { done, going }.Order(IdOrder), ended.Skip(1).Order(IdOrder));

        async Task<UploadId> PartAsync(long size) =>
            (await Ledger.CreateAsync(
                Session(size, protocol: UploadProtocol.Tus, idle: hour) with { IsPart = true }, None)).Value!.Upload.Id;
    }

    [Fact]
    public async Task A_final_whose_parts_are_all_complete_is_work_left_and_does_not_expire()
    {
        var (joinable, part, _) = await CompletePartAsync();
        await AgeAsync(TimeSpan.FromDays(30));

        Assert.Empty((await PurgeAllAsync(10, null)).Intersect([joinable, part]));
        Assert.Equal([joinable], await Ledger.PendingAsync(null, 10, false, None));
        Assert.Equal(UploadState.Completed, (await Ledger.JoinAsync(joinable, long.MaxValue, None))!.State);
        Assert.Empty(await Ledger.PendingAsync(null, 10, false, None));
        await AgeAsync(TimeSpan.FromHours(1));
        Assert.Contains(part, await PurgeAllAsync(10, null));
        Assert.Equal(UploadState.Completed, (await GetAsync(joinable)).State);
    }

    [Fact]
    public async Task A_final_that_waits_for_bytes_or_for_a_damaged_part_is_no_work_and_expires()
    {
        var (damaged, part, waiting) = await CompletePartAsync();
        await Ledger.MarkDamagedAsync(part, "x", None);
        Assert.Empty(await Ledger.PendingAsync(null, 10, false, None));
        await AgeAsync(TimeSpan.FromDays(30));
        Assert.Superset(new HashSet<UploadId> { damaged, waiting }, (await PurgeAllAsync(10, null)).ToHashSet());
    }

    [Fact]
    public async Task A_final_that_waits_for_a_part_that_has_ended_or_is_forgotten_is_work_left()
    {
        foreach (var trimmed in new[] { false, true })
        {
            var (final, part, _) = await CompletePartAsync();
            Assert.True((await Ledger.EndAsync(Me, part, UploadState.Deleted, "x", None)).Ok);
            await Ledger.ReclaimAsync(part, 10, None);
            if (trimmed)
                await TrimAllAsync(TimeSpan.FromDays(-1));
            Assert.Equal(trimmed, await Ledger.GetAsync(part, None) is null);
            Assert.Equal([final], await Ledger.PendingAsync(null, 10, false, None));
            Assert.Equal(UploadState.Failed, (await Ledger.JoinAsync(final, long.MaxValue, None))!.State);
        }
    }

    /// <summary>A final upload that waits only for this part, which is complete, and another that waits for more parts.</summary>
    private async Task<(UploadId Final, UploadId Part, UploadId Waiting)> CompletePartAsync()
    {
        var hour = TimeSpan.FromHours(1);
        var (part, going) = (await PartAsync(), await PartAsync());
        var final = await FinalAsync(part, part);
        var waiting = await FinalAsync(part, going);
        await CheckpointAsync(part, 0, 0, 200, final: true);
        return (final, part, waiting);

        async Task<UploadId> PartAsync() =>
            (await Ledger.CreateAsync(
                Session(200, protocol: UploadProtocol.Tus, idle: hour) with { IsPart = true }, None)).Value!.Upload.Id;

        async Task<UploadId> FinalAsync(params UploadId[] parts) =>
            (await Ledger.ConcatenateAsync(
                Session(null, protocol: UploadProtocol.Tus, idle: hour), parts, long.MaxValue, mayWait: true, None)).Value!.Id;
    }

    [Fact]
    public async Task Purging_returns_uploads_with_content_to_free()
    {
        var hour = TimeSpan.FromHours(1);
        var empty = await NewAsync(300, idle: hour);
        var chunked = await NewAsync(300, idle: hour);
        await RecordAsync(chunked, 0, 100);
        var broken = await NewAsync(300, idle: hour);
        Assert.True(await Ledger.RecordPrefixAsync(broken, NewPrefix(0, 10), null, None));
        await AgeAsync(hour);

        var purged = await Ledger.PurgeAsync(10, null, None);

        Assert.Equal(
            new[] { new PurgedUpload(empty, false), new PurgedUpload(chunked, true), new PurgedUpload(broken, true) }.OrderBy(one => one.Id,
                IdOrder),
            purged.OrderBy(one => one.Id, IdOrder));
        Assert.Empty(await Ledger.ReclaimAsync(empty, 10, None));
        Assert.Single(await Ledger.ReclaimAsync(chunked, 10, None));
        Assert.Single(await Ledger.ReclaimAsync(broken, 10, None));
    }

    [Fact]
    public async Task Bytes_kept_prefixes_and_resumptions_postpone_the_expiration()
    {
        var hour = TimeSpan.FromHours(1);
        var chunked = await NewAsync(300, idle: hour);
        var broken = await NewAsync(300, idle: hour);
        var streamed = await NewAsync(300, idle: hour, protocol: UploadProtocol.Tus);
        var resumed = await NewAsync(300, idle: hour);
        await Ledger.PauseAsync(Me, resumed, None);
        await AgeAsync(TimeSpan.FromMinutes(40));
        await RecordAsync(chunked, 0, 100);
        Assert.True(await Ledger.RecordPrefixAsync(broken, NewPrefix(0, 10), null, None));
        await CheckpointAsync(streamed, 0, 0, 100);
        await Ledger.ResumeAsync(Me, resumed, None);
        await AgeAsync(TimeSpan.FromMinutes(40));

        Assert.Empty(await PurgeAllAsync(1, null));
        await AgeAsync(TimeSpan.FromMinutes(20));
        Assert.Equal(4, (await PurgeAllAsync(1, null)).Count);
    }

    [Fact]
    public async Task Bytes_do_not_postpone_a_fixed_expiration()
    {
        var hour = TimeSpan.FromHours(1);
        var waiting = (await Ledger.CreateAsync(
            Session(300, protocol: UploadProtocol.Tus, idle: hour) with { Slides = false }, None)).Value!.Upload.Id;
        var active = (await Ledger.CreateAsync(
            Session(300, protocol: UploadProtocol.Tus, idle: hour) with { Slides = false }, None)).Value!.Upload.Id;
        await AgeAsync(TimeSpan.FromMinutes(40));
        await CheckpointAsync(active, 0, 0, 100);
        await Ledger.PauseAsync(Me, active, None);
        await Ledger.ResumeAsync(Me, active, None);
        Assert.Equal(TimeSpan.FromMinutes(40), (await GetAsync(active)).IdleFor);
        await AgeAsync(TimeSpan.FromMinutes(20));

        // The other upload has just received bytes, so its client may still complete it.
        Assert.Equal([waiting], await PurgeAllAsync(1, null));
        Assert.Equal(hour, (await GetAsync(active)).IdleFor);
    }

    [Fact]
    public async Task Finished_parts_expire_like_unfinished_uploads_and_the_joined_upload_stays()
    {
        var hour = TimeSpan.FromHours(1);
        var part = (
            await Ledger.CreateAsync(Session(100, protocol: UploadProtocol.Tus, idle: hour) with { IsPart = true }, None)).Value!.Upload.Id;
        await AgeAsync(TimeSpan.FromMinutes(40));
        await CheckpointAsync(part, 0, 0, 100, final: true);
        Assert.Equal(UploadState.Completed, (await GetAsync(part)).State);
        var whole = (await Ledger.ConcatenateAsync(
            Session(null, protocol: UploadProtocol.Tus, idle: hour), [part, part], 1000, false, None)).Value!.Id;
        await AgeAsync(TimeSpan.FromMinutes(40));
        Assert.Empty(await PurgeAllAsync(1, null));
        await AgeAsync(TimeSpan.FromMinutes(20));

        Assert.Equal([part], await PurgeAllAsync(1, null));
        Assert.Equal(UploadState.Deleted, (await GetAsync(part)).State);
        Assert.Empty(await Ledger.ReclaimAsync(part, 10, None));
        Assert.Equal((UploadState.Completed, 200L), ((await GetAsync(whole)).State, (await GetAsync(whole)).ReceivedBytes));
        Assert.Equal(2, (await Ledger.ExtentsAsync(whole, 0, 10, None)).Count);
    }

    [Fact]
    public async Task Finished_files_go_when_their_keeping_time_is_over()
    {
        var id = await NewAsync(0, idle: TimeSpan.FromDays(30));
        await AgeAsync(TimeSpan.FromHours(5));
        await Ledger.BeginCompleteAsync(Me, id, null, null, None);
        await AgeAsync(TimeSpan.FromHours(2));

        Assert.Empty(await Ledger.PurgeAsync(10, null, None));
        Assert.Empty(await Ledger.PurgeAsync(10, TimeSpan.FromHours(3), None));
        Assert.Equal([new PurgedUpload(id, false)], await Ledger.PurgeAsync(10, TimeSpan.FromHours(2), None));

        var gone = await GetAsync(id);
        Assert.Equal(UploadState.Deleted, gone.State);
        Assert.NotNull(gone.StateReason);
        Assert.Equal(["created", "completed", "deleted"], await EventsAsync(id));
    }

    [Fact]
    public async Task Orphans_are_unnamed_files_of_fenced_incarnations()
    {
        var id = await NewAsync(300);
        var named = (await RecordAsync(id, 0, 100)).File;
        var taken = await RecordAsync(id, 100, 100);
        await Ledger.ReopenRangeAsync(Me, id, taken.Range, None);
        var unnamed = NewFile();
        var all = new List<StoredFile> { named, taken.File, unnamed };
        Assert.Empty(await Ledger.OrphansAmongAsync(all, None));
        Assert.True(await Ledger.HasFileAsync(named, None));
        Assert.True(await Ledger.HasFileAsync(taken.File, None));
        Assert.False(await Ledger.HasFileAsync(unnamed, None));

        var (newer, incarnation) = await BeginAsync();
        all.Add(StoredFile.New(Node, StoredFileKind.Segment, incarnation.Id));
        all.Add(StoredFile.New(Node, StoredFileKind.Segment, incarnation.Id + 1_000));
        all.Add(StoredFile.New(Node, StoredFileKind.Segment, -1));

        Assert.Equal(Order([unnamed, all[^1]]), Order(await newer.OrphansAmongAsync(all, None)));
    }

    [Fact]
    public async Task An_ended_uploads_history_is_trimmed_after_its_content()
    {
        var ended = await NewAsync(300);
        var withContent = await NewAsync(300);
        var open = await NewAsync(300);
        foreach (var id in new[] { ended, withContent })
            await RecordAsync(id, 0, 100);
        foreach (var id in new[] { ended, withContent, open })
            await Ledger.RecordFailureAsync(id, new FailedAttempt(DateTimeOffset.UnixEpoch, "idle", 0, 0, 0, TimeSpan.Zero), None);
        foreach (var id in new[] { ended, withContent })
            await Ledger.EndAsync(Me, id, UploadState.Cancelled, "x", None);
        await Ledger.ReclaimAsync(ended, 10, None);

        Assert.Equal(3, await TrimAllAsync(TimeSpan.FromDays(1)));
        Assert.Equal(6, await TrimAllAsync(TimeSpan.FromDays(-1)));

        Assert.Null(await Ledger.GetAsync(ended, None));
        Assert.NotNull(await Ledger.GetAsync(withContent, None));
        Assert.NotNull(await Ledger.GetAsync(open, None));
    }

    private async Task<List<UploadId>> PurgeAllAsync(int limit, TimeSpan? keep)
    {
        var all = new List<UploadId>();
        while (await Ledger.PurgeAsync(limit, keep, None) is { Count: > 0 } ended)
            all.AddRange(ended.Select(purged => purged.Id));
        return all;
    }

    private async Task<int> TrimAllAsync(TimeSpan age)
    {
        var total = 0;
        while (await Ledger.TrimHistoryAsync(age, 2, None) is > 0 and var count)
            total += count;
        return total;
    }
}
