using System.IO.Pipelines;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Emulators.Control;
using ChunkUpload.Infrastructure.Storage.S3;
using ChunkUpload.Infrastructure.Uploads;
using ChunkUpload.Tests.Functional.Uploads;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Engine;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Npgsql;

namespace ChunkUpload.Tests.Functional.Storage;

/// <summary>Files whose bytes lie in a bucket: every node reads, checks and deletes them. The tests move them there.</summary>
public sealed partial class BucketFilesTests(PostgresFixture postgres) : TwoEngineTests(postgres), IAsyncLifetime
{
    private static readonly Guid Bucket = new("b0c0e7a1-0002-4000-8000-000000000002");

    private S3Rig _s3 = null!;
    private BucketClient _client = null!;

    async Task IAsyncLifetime.InitializeAsync()
    {
        _s3 = await S3Rig.StartAsync();
        _client = _s3.Client();
        await BucketMarker.New(Bucket, Guid.NewGuid()).WriteAsync(_client, None);
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        _client.Dispose();
        _receiving?.Dispose();
        await _s3.DisposeAsync();
    }

    [Fact]
    public async Task A_file_in_the_bucket_is_read_at_every_node_and_after_a_start()
    {
        var pair = await StartTwoAsync();
        var stores = await OpenAsync(pair.A, pair.B);
        var session = await CompletedAsync(pair.A);
        await MoveAsync(pair.A, stores, session);
        await AssertWholeAtBothAsync(pair, session);

        // The node that has received it is gone for good, and nothing is lost.
        var gone = pair.A.Incarnation;
        await pair.A.KillAsync();
        await using (var connection = await pair.B.ConnectAsync())
        {
            _ = await connection.ExecuteAsync(
                "update incarnations set fenced_at = now(), boot_id = 'other' where id = @Id", new { Id = gone });
        }

        Assert.False(await pair.B.Ledger.IsElsewhereAsync(session.Id, None));
        Assert.Empty(await pair.B.Ledger.DoubtfulAsync(session.Id, 10, None));
        await session.In(pair.B).AssertWholeAsync();
        var rig = Keep(await pair.B.RestartAsync(new EngineSetup { Alone = false }));
        _ = await OpenAsync(rig);
        await session.In(rig).AssertWholeAsync();
        Assert.Null((await session.In(rig).UploadAsync()).DamagedAt);
    }

    [Fact]
    public async Task A_bucket_that_does_not_answer_is_503_and_no_damage()
    {
        var rig = await StartAsync();
        var session = await CompletedAsync(rig);
        await MoveAsync(rig, await OpenAsync(rig), session);
        _s3.Fail(FaultAction.Status(500, "InternalError"), "GET", times: 0);
        Assert.Equal(UploadError.Elsewhere, (await CopyAsync(rig, session))!.Error);
        Assert.Null((await session.UploadAsync()).DamagedAt);
        var report = await FsckAsync(rig, deep: true);
        Assert.True(report.Clean, string.Join(' ', report.Findings.Select(one => one.Sentence)));
        Assert.NotNull(report.SharedFault);

        _s3.Host.Faults.Reset();
        Assert.Null(await CopyAsync(rig, session));
        // Nor does a service without the bucket take its files for lost.
        rig.Get<OtherStores>().Remove(Bucket);
        Assert.Equal(UploadError.Elsewhere, (await CopyAsync(rig, session))!.Error);
        Assert.Null((await session.UploadAsync()).DamagedAt);
    }

    [Fact]
    public async Task An_object_that_is_gone_or_changed_is_found()
    {
        var rig = await StartAsync();
        var store = await OpenAsync(rig);
        var session = await CompletedAsync(rig);
        var file = await MoveAsync(rig, store, session);
        Assert.True((await FsckAsync(rig, deep: true)).Clean);

        await store.PutAsync(file, session.Content.Length, Reading([.. session.Content.Select(one => (byte)~one)]), None);
        Assert.Equal(
            [FindingCodes.ExtentDifferent], (await FsckAsync(rig, deep: true)).Findings.Select(one => one.Code).Distinct());
        await store.PutAsync(file, 10, Reading(session.Content[..10]), None);
        Assert.Contains(FindingCodes.ExtentFileShort, (await FsckAsync(rig)).Findings.Select(one => one.Code));
        await store.DeleteAsync(file, None);
        Assert.Contains(FindingCodes.ExtentFileMissing, (await FsckAsync(rig)).Findings.Select(one => one.Code));
        Assert.Equal(UploadError.Damaged, (await CopyAsync(rig, session))!.Error);
        Assert.NotNull((await session.UploadAsync()).DamagedAt);
    }

    [Fact]
    public async Task An_empty_bucket_is_taken_for_another_one()
    {
        var rig = await StartAsync();
        var store = await OpenAsync(rig);
        var session = await CompletedAsync(rig);
        var file = await MoveAsync(rig, store, session);
        await store.DeleteAsync(file, None);
        _ = await _client.SendAsync((s3, stop) => s3.DeleteObjectAsync(S3Rig.Bucket, _client.Folder + BucketMarker.Name, stop), None);
        Assert.Equal(UploadError.Elsewhere, (await CopyAsync(rig, session))!.Error);
        Assert.Null((await session.UploadAsync()).DamagedAt);
        Assert.DoesNotContain(FindingCodes.ExtentFileMissing, (await FsckAsync(rig)).Findings.Select(one => one.Code));
    }

    [Fact]
    public async Task One_node_looks_after_the_bucket()
    {
        var pair = await StartTwoAsync();
        var store = await OpenAsync(pair.A, pair.B);
        var session = await CompletedAsync(pair.A);
        await MoveAsync(pair.A, store, session);
        var looking = new List<EngineRig>();
        var checking = new List<EngineRig>();
        foreach (var rig in new[] { pair.A, pair.B })
        {
            if (await rig.Ledger.LooksAfterSharedAsync(None))
                looking.Add(rig);
            if ((await rig.Ledger.OldestCheckedAsync(TimeSpan.Zero, 10, None)).Any(upload => upload.Id == session.Id))
                checking.Add(rig);
        }

        Assert.Equal(Assert.Single(looking), Assert.Single(checking));
    }

    [Fact]
    public async Task What_is_deleted_is_removed_by_whichever_nodes_get_to_it()
    {
        var pair = await StartTwoAsync();
        var store = await OpenAsync(pair.A, pair.B);
        var files = new List<StoredFile>();
        for (var count = 0; count < 5; count++)
        {
            var session = await CompletedAsync(pair.A, seed: count + 1);
            files.Add(await MoveAsync(pair.A, store, session));
            TestSession.Expect(await pair.A.Catalog.DeleteFileAsync(TestSession.Me, session.Id, None));
        }

        Assert.Equal(5, (await pair.B.Ledger.SharedTombstonesAsync(10, None)).Count);
        await using (var backup = await pair.A.ConnectAsync())
        {
            _ = await backup.ExecuteAsync(BackupLock.TakeFiles, new { BackupLock.Files });
            Assert.True(await pair.B.Remover.RemoveSharedAsync(None));
            Assert.All(files, file => Assert.NotNull(store.Length(file)));
            NpgsqlConnection.ClearPool(backup);
        }

        await Eventually.HoldsAsync(() => pair.B.Ledger.MayUnlinkAsync(None));
        // A bucket that fails keeps the tombstones.
        _s3.Fail(FaultAction.Status(403, "AccessDenied"), "DELETE", times: 0);
        Assert.False(await pair.B.Remover.RemoveSharedAsync(None));
        Assert.Equal(5, (await pair.B.Ledger.SharedTombstonesAsync(10, None)).Count);
        _s3.Host.Faults.Reset();

        var removed = await Task.WhenAll(pair.A.Remover.RemoveSharedAsync(None), pair.B.Remover.RemoveSharedAsync(None));
        Assert.Equal([true, true], removed);
        Assert.All(files, file => Assert.Null(store.Length(file)));
        Assert.Empty(await pair.B.Ledger.SharedTombstonesAsync(10, None));
    }

    [Fact]
    public async Task Orphans_are_swept_when_they_are_fenced_and_a_day_old()
    {
        var rig = await StartAsync();
        var store = await OpenAsync(rig);
        var session = await CompletedAsync(rig);
        var named = await MoveAsync(rig, store, session);
        var before = rig.Incarnation;
        var fenced = await PutAsync(store, before);
        rig = Keep(await rig.RestartAsync());
        store = await OpenAsync(rig);
        var running = await PutAsync(store, rig.Incarnation);
        _ = await BeginAsync(before);
        var unfinished = await BeginAsync(rig.Incarnation);

        // Nothing is old enough.
        Assert.Equal(0, (await SweepAsync(rig)).Counts["sharedRemoved"]);
        Assert.True((await FsckAsync(rig)).Clean);
        _s3.Host.Clock.Advance(TimeSpan.FromHours(23));
        _s3.Host.Switches.Set("skewSeconds", 200_000L);
        Assert.Equal(0, (await SweepAsync(rig)).Counts["sharedRemoved"]);

        _s3.Host.Clock.Advance(TimeSpan.FromHours(2));
        var orphans = await FsckAsync(rig);
        Assert.True(orphans.SharedFault is null, orphans.SharedFault);
        Assert.Equal([FindingCodes.OrphanFile], orphans.Findings.Select(one => one.Code));
        var report = await SweepAsync(rig);
        Assert.Equal((null, 5L, 2L), (report.Error, report.Counts["sharedSeen"], report.Counts["sharedRemoved"]));
        Assert.Null(store.Length(fenced));
        Assert.NotNull(store.Length(named));
        Assert.NotNull(store.Length(running));
        Assert.Equal([unfinished], await UnfinishedAsync(store));
        await session.In(rig).AssertWholeAsync();
    }

    [Theory]
    [InlineData("silent", true)]
    [InlineData("with files on its disk", false)]
    [InlineData("while PostgreSQL was away", false)]
    [InlineData("for 23 hours", false)]
    [InlineData("running", false)]
    [InlineData("after a failover", false)]
    public async Task A_node_without_files_is_fenced_after_a_day_of_silence_and_its_orphans_are_swept(string why, bool expected)
    {
        var pair = await StartTwoAsync();
        var store = await OpenAsync(pair.A, pair.B);
        var before = pair.B.Incarnation;
        var orphan = await PutAsync(store, before);
        var (hours, hasFiles) = (why switch { "for 23 hours" => 23, "running" => 0, _ => 25 }, why == "with files on its disk");
        var session = await CompletedAsync(hasFiles ? pair.B : pair.A);
        var atA = await CompletedAsync(pair.A, seed: 2);
        await pair.B.KillAsync();
        await using (var connection = await pair.A.ConnectAsync())
        {
            _ = await connection.ExecuteAsync(
                """
                update service_clock set seconds = 200000;
                update heartbeats set seconds = 200000, beat_at = clock_timestamp();
                update heartbeats
                set beat_at = beat_at - @Ago * interval '1 hour', seconds = seconds - 3600 * @Ago * (not @Away)::int
                where incarnation = @Id
                """,
                new { Id = before, Ago = hours, Away = why == "while PostgreSQL was away" });
            if (why == "after a failover")
                _ = await connection.ExecuteAsync("update ledger set timeline_since = now()");
        }

        _s3.Host.Clock.Advance(TimeSpan.FromHours(25));
        _s3.Host.Switches.Set("skewSeconds", 200_000L);
        var report = await SweepAsync(pair.A);
        Assert.Null(report.Error);
        await using (var connection = await pair.A.ConnectAsync())
        {
            // The next test may get the same database.
            _ = await connection.ExecuteAsync("update ledger set timeline_since = null");
            Assert.Equal(
                expected,
                await connection.ExecuteScalarAsync<bool>(
                    "select fenced_at is not null from incarnations where id = @Id", new { Id = before }));
        }

        Assert.Equal(expected ? 1 : 0, report.Counts["sharedRemoved"]);
        Assert.Equal(expected, store.Length(orphan) is null);

        // The incarnation that ran the sweep is not fenced, and the silent node can start again.
        await atA.AssertWholeAsync();
        var again = Keep(await pair.B.RestartAsync(new EngineSetup { Alone = false }));
        Assert.True(again.Incarnation > before);
        await session.In(hasFiles ? again : pair.A).AssertWholeAsync();
    }

    [Fact]
    public async Task A_file_that_the_ledger_refused_is_given_up_unless_it_names_it()
    {
        var rig = await StartAsync();
        var store = await OpenAsync(rig);
        var named = await MoveAsync(rig, store, await CompletedAsync(rig));
        var refused = await PutAsync(store, rig.Incarnation);
        await rig.Remover.GiveUpAsync(named);
        await rig.Remover.GiveUpAsync(refused);
        Assert.NotNull(store.Length(named));
        Assert.Null(store.Length(refused));
    }

    private static async Task<TestSession> CompletedAsync(EngineRig rig, int seed = 1)
    {
        var session = await TestSession.CreateAsync(rig, 2 * Part, declare: true, seed: seed);
        await session.MustPutAsync(0, Part);
        await session.MustPutAsync(Part, Part);
        await session.SettleAsync();
        TestSession.Expect(await session.CompleteAsync());
        await session.SettleAsync();
        return session;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Reading(byte[] bytes)
    {
        await Task.Yield();
        yield return bytes;
    }

    private static async Task<StoredFile> PutAsync(BucketStore store, long incarnation)
    {
        var file = StoredFile.New(Bucket, StoredFileKind.Assembly, incarnation);
        await store.PutAsync(file, 3, Reading([1, 2, 3]), None);
        return file;
    }

    private static async Task<UploadFailure?> CopyAsync(EngineRig rig, TestSession session)
    {
        var upload = await rig.Catalog.FileAsync(TestSession.Me, session.Id, None);
        if (!upload.Ok)
            return upload.Failure;
        if (UploadRefusals.IfElsewhere(upload.Value) is { } refused)
            return refused;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var failure = await rig.Contents.CopyAsync(
            Caller.Operator, upload.Value, new ByteRange(0, session.Content.Length), pipe.Writer, null, None);
        await pipe.Writer.CompleteAsync();
        await pipe.Reader.CompleteAsync();
        return failure;
    }

    private static Task<FsckReport> FsckAsync(EngineRig rig, bool deep = false) => new FsckRun(
        rig.Get<IFsckLedger>(), rig.Ledger, rig.Ledger, rig.Get<Stores>(), rig.Get<IRunningHashes>(), rig.Time)
        .RunAsync(deep, mend: false, serviceRuns: true, new SilentProgress(), None);

    private static Task<JobReport> SweepAsync(EngineRig rig) => EngineInvariants.SweepAsync(rig);

    private static async Task<List<StoredFile>> UnfinishedAsync(BucketStore store)
    {
        var left = new List<StoredFile>();
        await foreach (var one in store.ListAsync(None))
        {
            if (one.Unfinished is not null)
                left.Add(one.File);
        }

        return left;
    }

    /// <summary>Begins a write in parts that does not end.</summary>
    private async Task<StoredFile> BeginAsync(long incarnation)
    {
        var file = StoredFile.New(Bucket, StoredFileKind.Assembly, incarnation);
        _ = await _client.SendAsync(
            (s3, stop) => s3.InitiateMultipartUploadAsync(
                S3Rig.Bucket, $"{_client.Folder}files/{incarnation}/assembly-{file.Unique:n}", stop),
            None);
        return file;
    }

    /// <summary>Registers the bucket at these engines, as a start does.</summary>
    private async Task<BucketStore> OpenAsync(params EngineRig[] rigs)
    {
        await using (var connection = await rigs[0].ConnectAsync())
        {
            _ = await connection.ExecuteAsync(
                "insert into stores (id, kind, name) values (@Id, 'bucket', 'box') on conflict do nothing", new { Id = Bucket });
        }

        var store = new BucketStore(Bucket, _client);
        foreach (var rig in rigs)
            rig.Get<OtherStores>().Add(store);
        return store;
    }

    /// <summary>Moves the content of an upload to one object, and says so in the ledger.</summary>
    private static async Task<StoredFile> MoveAsync(EngineRig rig, BucketStore store, TestSession session)
    {
        var file = StoredFile.New(Bucket, StoredFileKind.Assembly, rig.Incarnation);
        await store.PutAsync(file, session.Content.Length, Reading(session.Content), None);
        await using var connection = await rig.ConnectAsync();
        _ = await connection.ExecuteAsync(
            """
            insert into stored_files (id, upload_id, kind, incarnation, store) values (@File, @Id, 3, @Incarnation, @Bucket);
            update extents set file_id = @File, file_offset = start, placed = true, synced = true where upload_id = @Id;
            delete from assemblies where upload_id = @Id;
            select tombstone_files(array(select id from stored_files where upload_id = @Id and id <> @File));
            """,
            new { File = file.Unique, Id = session.Id.Value, rig.Incarnation, Bucket });
        await rig.Remover.RemoveReleasedAsync(None);
        return file;
    }
}
