using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;

namespace ChunkUpload.Tests.Functional.Uploads;

/// <summary>
/// Files of another store are never lost, damaged or removed here. A test says in the ledger that a file lies in another store, and leaves
/// its bytes where they are: nothing may read or unlink them.
/// </summary>
public sealed class OtherStoreTests(PostgresFixture postgres) : EngineTests(postgres)
{
    private const int Part = 10_000;

    private static readonly CancellationToken None = CancellationToken.None;

    private static readonly Guid Other = new("6a5f1c0e-0001-4000-8000-0000000000ff");

    [Fact]
    public async Task A_file_with_bytes_elsewhere_is_neither_sent_nor_damaged()
    {
        var rig = await StartAsync();
        var session = await CompletedAsync(rig, 3);
        var moved = await MoveAsync(rig, session.Id, Part);
        // A file of this name may not stand in for the one in the other store, so remove it.
        File.Delete(PathOf(rig, moved));
        rig = Keep(await rig.RestartAsync());
        session = session.In(rig);

        var found = TestSession.Expect(await rig.Catalog.FileAsync(TestSession.Me, session.Id, None));
        Assert.True(found.IsElsewhere);
        Assert.Equal(UploadError.Elsewhere, UploadRefusals.IfElsewhere(found)!.Error);
        Assert.Equal(UploadError.Elsewhere, (await CopyAsync(rig, found, new ByteRange(Part, Part)))!.Error);
        Assert.Null(await CopyAsync(rig, found, new ByteRange(0, Part)));
        Assert.Null((await session.UploadAsync()).DamagedAt);
    }

    [Fact]
    public async Task An_upload_that_was_joined_from_parts_elsewhere_is_elsewhere_too()
    {
        var rig = await StartAsync();
        var content = TestSession.Bytes(Part);
        var part = await TestStream.CreateAsync(rig, content, part: true);
        TestSession.Expect(await part.AppendAsync(0));
        var joined = await JoinAsync();
        Assert.False((await rig.Get<ContentCheck>().EnsureAsync(joined, None)).IsElsewhere);

        var other = await JoinAsync();
        await MoveAsync(rig, part.Id, 0);
        Assert.True((await rig.Get<ContentCheck>().EnsureAsync(other, None)).IsElsewhere);

        async Task<Upload> JoinAsync() => TestSession.Expect(await rig.Get<UploadJoiner>().JoinAsync(
            TestSession.Expect(await rig.Intake.AdmitAsync(TestStream.Describe(null), None)), [part.Id], mayWait: false, None));
    }

    [Fact]
    public async Task Writes_are_refused_where_earlier_bytes_are_elsewhere()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        var stream = await TestStream.CreateAsync(rig, TestSession.Bytes(2 * Part));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        await MoveAsync(rig, session.Id, 0);
        await MoveAsync(rig, stream.Id, 0);
        rig = Keep(await rig.RestartAsync());

        Assert.Equal(UploadError.Elsewhere, (await session.In(rig).PutAsync(Part, Part)).Failure!.Error);
        Assert.Equal(UploadError.Elsewhere, (await session.In(rig).StatusAsync(0)).Failure!.Error);
        Assert.Equal(UploadError.Elsewhere, (await session.In(rig).ReopenAsync(0, Part)).Failure!.Error);
        Assert.Equal(UploadError.Elsewhere, (await (stream with { Rig = rig }).AppendAsync(Part)).Failure!.Error);
        Assert.Equal(Part, TestSession.Expect(await (stream with { Rig = rig }).OffsetAsync()).ReceivedBytes);
        Assert.Equal(1, await AskAsync(rig, "select count(*) from extents where upload_id = @Id", session.Id));
    }

    [Fact]
    public async Task A_completion_that_must_hash_bytes_elsewhere_stays_completing_until_they_are_here()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 2 * Part, declare: true);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        _ = await rig.Ledger.BeginCompleteAsync(TestSession.Me, session.Id, null, null, None);
        await MoveAsync(rig, session.Id, Part);

        // The check of this incarnation has not seen the row of the other store: the hasher meets it.
        Assert.False(await rig.Hasher.StepAsync(await session.UploadAsync(), None));
        Assert.Equal((UploadState.Completing, null), (await StateAsync(session)));

        rig = Keep(await rig.RestartAsync(new EngineSetup { Background = true }));
        session = session.In(rig);
        await rig.Background.SchedulePendingAsync(None);
        await rig.WhenIdleAsync();
        Assert.Equal((UploadState.Completing, null), (await StateAsync(session)));
        Assert.Equal(UploadError.Elsewhere, (await session.CompleteAsync()).Failure!.Error);

        await BringBackAsync(rig);
        rig = Keep(await rig.RestartAsync(new EngineSetup { Background = true }));
        await rig.Background.SchedulePendingAsync(None);
        await rig.WhenIdleAsync();
        await session.In(rig).AssertWholeAsync();
    }

    [Fact]
    public async Task Only_chunks_of_the_own_store_are_merged()
    {
        var rig = await StartAsync();
        var session = await CompletedAsync(rig, 3);
        var moved = await MoveAsync(rig, session.Id, Part);
        rig = Keep(await rig.RestartAsync(new EngineSetup { Background = true }));
        Assert.Equal(1, await rig.Background.SchedulePendingAsync(None));
        await rig.WhenIdleAsync();

        var extents = await session.In(rig).ExtentsAsync();
        Assert.Equal([StoredFileKind.Assembly, StoredFileKind.Chunk, StoredFileKind.Assembly], extents.Select(extent => extent.File.Kind));
        Assert.Equal(moved, extents[1].File);
        Assert.True(File.Exists(PathOf(rig, moved)));
        Assert.Null((await session.In(rig).UploadAsync()).DamagedAt);
        // With nothing of its own left to merge, the upload is no pending work here.
        Assert.Equal(0, await rig.Background.SchedulePendingAsync(None));
        await BringBackAsync(rig);
        await session.In(rig).AssertWholeAsync();
    }

    [Fact]
    public async Task Files_of_another_store_are_not_unlinked_and_their_tombstones_stay()
    {
        var rig = await StartAsync();
        var session = await CompletedAsync(rig, 3);
        var moved = await MoveAsync(rig, session.Id, Part);
        TestSession.Expect(await rig.Catalog.DeleteFileAsync(TestSession.Me, session.Id, None));
        await EngineInvariants.SweepAsync(rig);

        Assert.True(File.Exists(PathOf(rig, moved)));
        Assert.Equal(1, await TombstonesAsync());
        Assert.Empty(await rig.Ledger.TombstonesAsync(10, None));

        // A caller that takes the file for its own is refused by the ledger and by the store.
        await rig.Ledger.ForgetFilesAsync([moved], None);
        Assert.Equal(1, await TombstonesAsync());
        Assert.Equal(StoreError.Unreachable, Assert.Throws<StoreException>(() => rig.Store.Delete(moved)).Error);
        Assert.Equal(StoreError.Unreachable, Assert.Throws<StoreException>(() => rig.Store.Trash(moved)).Error);
        Assert.True(File.Exists(PathOf(rig, moved)));

        await BringBackAsync(rig);
        await EngineInvariants.SweepAsync(rig);
        Assert.False(File.Exists(PathOf(rig, moved)));

        Task<long> TombstonesAsync() =>
            AskAsync(rig, "select count(*) from stored_files where tombstone_at is not null and forget_at is null", session.Id);
    }

    [Fact]
    public async Task Prefixes_elsewhere_count_as_none_and_stay()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.BreakAsync(0, Part, 4000);
        await MoveAsync(rig, "select file_id from prefixes where upload_id = @Id", session.Id);
        rig = Keep(await rig.RestartAsync());
        session = session.In(rig);

        Assert.Equal(UploadError.NoSuchRange, (await session.StatusAsync(0)).Failure!.Error);
        Assert.Equal(UploadError.PrefixConflict, (await session.PutAsync(0, Part, 4000)).Failure!.Error);
        // Less of the same chunk replaces nothing, and what is kept elsewhere is not promised here.
        Assert.Equal(0, (await session.BreakAsync(0, Part, 3000)).Offset);
        Assert.Equal(4000, await AskAsync(rig, "select kept from prefixes where upload_id = @Id", session.Id));

        await BringBackAsync(rig);
        rig = Keep(await rig.RestartAsync());
        Assert.Equal(4000, await session.In(rig).KeptAsync(0));
    }

    [Fact]
    public async Task Prefix_elsewhere_is_dropped_by_its_chunk_and_unlinked_by_nobody_here()
    {
        var rig = await StartAsync();
        var session = await TestSession.CreateAsync(rig, Part);
        await session.BreakAsync(0, Part, 4000);
        var moved = await MoveAsync(rig, "select file_id from prefixes where upload_id = @Id", session.Id);
        rig = Keep(await rig.RestartAsync());
        await session.In(rig).MustPutAsync(0, Part);

        Assert.True(File.Exists(PathOf(rig, moved)));
        Assert.Equal(1, await AskAsync(rig, "select count(*) from stored_files where tombstone_at is not null", session.Id));
        TestSession.Expect(await session.In(rig).CompleteAsync());
        await session.In(rig).AssertWholeAsync();
    }

    [Fact]
    public async Task Doubt_about_bytes_elsewhere_is_left_to_their_own_store()
    {
        var rig = await StartAsync(new EngineSetup { Storage = new StorageOptions { ReserveBytes = 0, Durability = Durability.Relaxed } });
        var session = await TestSession.CreateAsync(rig, 2 * Part);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        await MoveAsync(rig, session.Id, Part);
        await AskAsync(rig, "update incarnations set boot_id = 'earlier' returning 0", session.Id);
        rig = Keep(await rig.CrashAsync());

        Assert.Equal([0L], (await rig.Ledger.DoubtfulAsync(session.Id, 10, None)).Select(extent => extent.Range.Offset));
        Assert.True((await rig.Get<ContentCheck>().EnsureAsync(await session.In(rig).UploadAsync(), None)).IsElsewhere);
        Assert.Equal(2 * Part, (await session.In(rig).UploadAsync()).ReceivedBytes);
        // Its bytes cannot be flushed here, so it cannot be completed.
        Assert.Equal(UploadError.Elsewhere, (await session.In(rig).CompleteAsync()).Failure!.Error);
        var refused = await Assert.ThrowsAsync<StoreException>(() => rig.Get<ContentFlusher>().FlushAsync(session.Id, None));
        Assert.Equal(StoreError.Unreachable, refused.Error);
    }

    [Fact]
    public async Task Checks_of_files_look_at_their_own_store()
    {
        var rig = await StartAsync();
        var session = await CompletedAsync(rig, 3);
        await session.SettleAsync();
        var whole = await CompletedAsync(rig, 1);
        await whole.SettleAsync();
        File.Delete(PathOf(rig, await MoveAsync(rig, session.Id, 0)));

        var fsck = new FsckRun(
            rig.Get<IFsckLedger>(), rig.Ledger, rig.Ledger, rig.Get<Stores>(), rig.Get<IRunningHashes>(), rig.Time);
        var report = await fsck.RunAsync(deep: true, mend: false, serviceRuns: true, new SilentProgress(), None);
        Assert.True(report.Clean, string.Join(' ', report.Findings.Select(finding => finding.Sentence)));
        Assert.Equal(1, report.Elsewhere);

        Assert.Equal([whole.Id], (await rig.Ledger.OldestCheckedAsync(TimeSpan.Zero, 10, None)).Select(upload => upload.Id));

        // A quarantine is lifted only where every extent was read.
        await rig.Ledger.MarkDamagedAsync(session.Id, "test", None);
        report = await fsck.RunAsync(deep: false, mend: true, serviceRuns: true, new SilentProgress(), None);
        Assert.Equal((0, 1), (report.Mended, report.Total));
    }

    [Fact]
    public async Task A_stream_whose_epoch_another_process_holds_continues_in_a_new_segment()
    {
        var rig = await StartAsync();
        var stream = await TestStream.CreateAsync(rig, TestSession.Bytes(3 * Part));
        TestSession.Expect(await stream.AppendAsync(stream.Request(0), Part));
        Assert.Equal(rig.Incarnation, (await rig.Ledger.GetAsync(stream.Id, None))!.Writer);
        TestSession.Expect(await stream.AppendAsync(stream.Request(Part), 2 * Part));
        Assert.Equal(1, await AskAsync(rig, "select count(*) from extents where upload_id = @Id", stream.Id));

        // The other process has recorded nothing, so the last segment is this process's own. It may still be about to write there.
        await AskAsync(
            rig,
            """
            with other as (
                insert into incarnations (node, store, host, boot_id, durability)
                values (gen_random_uuid(), gen_random_uuid(), 'host', 'boot', 'committed') returning id)
            update uploads set epoch = epoch + 1, writer = other.id from other where uploads.id = @Id returning 0
            """, stream.Id);
        await Task.Delay(RecentStreams.Age);
        TestSession.Expect(await stream.AppendAsync(2 * Part));

        var extents = await rig.Ledger.ExtentsAsync(stream.Id, 0, 10, None);
        Assert.Equal([(0L, 2L * Part), (2L * Part, Part)], extents.Select(extent => (extent.Range.Offset, extent.Range.Length)));
        Assert.NotEqual(extents[0].File, extents[1].File);
        var upload = (await rig.Ledger.GetAsync(stream.Id, None))!;
        Assert.Equal((UploadState.Completed, 2L, rig.Incarnation), (upload.State, upload.Epoch, upload.Writer));
    }

    private static async Task<TestSession> CompletedAsync(EngineRig rig, int chunks)
    {
        var session = await TestSession.CreateAsync(rig, chunks * Part, seed: chunks);
        for (var chunk = 0; chunk < chunks; chunk++)
            await session.MustPutAsync(chunk * Part, Part);
        TestSession.Expect(await session.CompleteAsync());
        return session;
    }

    private static async Task<(UploadState State, DateTimeOffset? DamagedAt)> StateAsync(TestSession session) =>
        await session.UploadAsync() is var upload ? (upload.State, upload.DamagedAt) : default;

    private static async Task<UploadFailure?> CopyAsync(EngineRig rig, Upload upload, ByteRange range)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var failure = await rig.Contents.CopyAsync(Caller.Operator, upload, range, pipe.Writer, null, None);
        await pipe.Writer.CompleteAsync();
        await pipe.Reader.CompleteAsync();
        return failure;
    }

    private static string PathOf(EngineRig rig, StoredFile file) =>
        Directory.EnumerateFiles(rig.Folder, $"*{file.Unique:N}*", SearchOption.AllDirectories).SingleOrDefault() ?? "";

    /// <summary>Says in the ledger that the file of the extent at this offset is in another store.</summary>
    private static Task<StoredFile> MoveAsync(EngineRig rig, UploadId id, long start) =>
        MoveAsync(rig, $"select file_id from extents where upload_id = @Id and start = {start}", id);

    private static async Task<StoredFile> MoveAsync(EngineRig rig, string file, UploadId id)
    {
        await using var connection = await rig.ConnectAsync();
        await connection.ExecuteAsync(
            "insert into stores (id, name) values (@Other, 'another host') on conflict (id) do nothing", new { Other });
        var (kind, incarnation, unique) = await connection.QuerySingleAsync<(short, long, Guid)>(
            $"update stored_files set store = @Other where id = ({file}) returning kind, incarnation, id", new { Other, Id = id.Value });
        return new StoredFile(Other, (StoredFileKind)kind, incarnation, unique);
    }

    /// <summary>The other store is here again.</summary>
    private static Task<long> BringBackAsync(EngineRig rig) =>
        AskAsync(rig, $"update stored_files set store = '{rig.Store.Id}' returning 0", default);

    private static async Task<long> AskAsync(EngineRig rig, string query, UploadId id)
    {
        await using var connection = await rig.ConnectAsync();
        return await connection.ExecuteScalarAsync<long>(query, new { Id = id.Value });
    }
}
