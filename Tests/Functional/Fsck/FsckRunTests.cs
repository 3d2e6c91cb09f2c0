using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using ChunkUpload.Tests.Support.Storage;

namespace ChunkUpload.Tests.Functional.Fsck;

/// <summary>Provokes each finding of fsck.</summary>
public sealed class FsckRunTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private MaintenanceRig _rig = null!;
    private UploadId _finished;
    private StoredFile[] _files = [];
    private UploadId _open;
    private StoredFile _chunk;
    private StoredFile _prefix;

    public async Task InitializeAsync()
    {
        _rig = await MaintenanceRig.OpenAsync(postgres);
        (_finished, _files) = await _rig.FinishedAsync(3, "done.mp4");
        _open = await _rig.SessionAsync(1_000_000, "open.mp4");
        _chunk = await _rig.ChunkAsync(_open, 20_000);
        await _rig.ChunkAsync(_open, 40_000);
        _prefix = await _rig.PrefixAsync(_open, 60_000, 500);
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Finds_nothing_where_nothing_is_wrong()
    {
        var report = await RunAsync(deep: true);

        Assert.True(report.Clean);
        Assert.Equal((2, 5, 1, 6, 0), (report.Uploads, report.Extents, report.Prefixes, report.Files, report.Unsettled));
        Assert.Equal(5 * MaintenanceRig.ChunkSize, report.BytesRead);
    }

    [Fact]
    public async Task Finds_an_extent_whose_file_is_gone()
    {
        _rig.Store.Delete(_files[1]);
        var finding = await OneAsync(FindingCodes.ExtentFileMissing);
        Assert.Equal((_finished.ToString(), "done.mp4"), (finding.Upload, finding.FileName));
        Assert.Contains("10000-19999", finding.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_an_extent_whose_file_is_too_short()
    {
        _rig.Cut(_chunk, 9_999);
        await OneAsync(FindingCodes.ExtentFileShort);
    }

    [Fact]
    public async Task Finds_a_flipped_bit_only_when_it_reads_every_byte()
    {
        _rig.FlipBit(_chunk, 5_000);
        Assert.True((await RunAsync()).Clean);
        await OneAsync(FindingCodes.ExtentDifferent, deep: true);
    }

    [Fact]
    public async Task Finds_a_file_with_intact_extents_and_a_wrong_digest()
    {
        await _rig.SqlAsync(
            "update uploads set sha256 = @Other where id = @Id", new { Other = Sha256Digest.OfNothing.ToArray(), Id = _finished.Value });
        await OneAsync(FindingCodes.FileDifferent, deep: true);
    }

    [Fact]
    public async Task Finds_an_extent_that_the_device_cannot_read()
    {
        _rig.Disk.Calls.Fail(nameof(ISyscalls.Pread), Errno.InputOutput, path => path == DiskLayout.Name(_chunk));
        await OneAsync(FindingCodes.ExtentUnreadable, deep: true);
    }

    [Fact]
    public async Task Finds_an_extent_in_a_file_without_a_row()
    {
        await _rig.SqlAsync("delete from stored_files where id = @Id", new { Id = _chunk.Unique });
        await SomeAsync(FindingCodes.ExtentNotNamed);
    }

    [Fact]
    public async Task Finds_an_extent_in_a_file_that_is_marked_for_removal()
    {
        await _rig.SqlAsync("update stored_files set tombstone_at = now() where id = @Id", new { Id = _chunk.Unique });
        await OneAsync(FindingCodes.ExtentTombstoned);
    }

    [Fact]
    public async Task Finds_extents_that_overlap()
    {
        await _rig.SqlAsync(
            "update extents set length = length + 5000 where upload_id = @Id and start = 10000", new { Id = _finished.Value });
        await SomeAsync(FindingCodes.ExtentsOverlap);
    }

    [Fact]
    public async Task Finds_received_ranges_that_differ_from_the_extents()
    {
        await _rig.SqlAsync("update received_ranges set hi = hi + 1 where upload_id = @Id and lo = 20000", new { Id = _open.Value });
        await OneAsync(FindingCodes.RangesDiffer);
    }

    [Theory]
    [InlineData("received_bytes = received_bytes + 1", FindingCodes.ReceivedDiffers)]
    [InlineData("placed_bytes = 1", FindingCodes.PlacedDiffers)]
    [InlineData("chunk_count = 7", FindingCodes.ChunkCountDiffers)]
    public async Task Finds_a_row_that_contradicts_its_extents(string change, string code)
    {
        await _rig.SqlAsync($"update uploads set {change} where id = @Id", new { Id = _open.Value });
        await OneAsync(code);
    }

    [Fact]
    public async Task Finds_extents_beyond_the_size()
    {
        // The schema prevents this; a ledger that was changed outside the service may have it.
        await _rig.SqlAsync("alter table uploads drop constraint uploads_check");
        await _rig.SqlAsync("update uploads set size = 19999 where id = @Id", new { Id = _open.Value });
        await OneAsync(FindingCodes.BeyondSize);
    }

    [Fact]
    public async Task Finds_a_completed_upload_with_a_gap()
    {
        await _rig.SqlAsync(
            """
            delete from extents where upload_id = @Id and start = 10000;
            update received_ranges set hi = 10000 where upload_id = @Id;
            insert into received_ranges (upload_id, lo, hi) values (@Id, 20000, 30000);
            update uploads set received_bytes = 20000, chunk_count = 2 where id = @Id;
            """,
            new { Id = _finished.Value });
        await SomeAsync(FindingCodes.CompletedWithGap);
    }

    [Fact]
    public async Task Finds_a_completed_upload_that_is_shorter_than_its_size()
    {
        await _rig.SqlAsync("update uploads set size = size + 1 where id = @Id", new { Id = _finished.Value });
        await OneAsync(FindingCodes.CompletedWithGap);
    }

    [Fact]
    public async Task Finds_a_stream_with_a_gap()
    {
        await _rig.SqlAsync("update uploads set protocol = 'tus' where id = @Id", new { Id = _open.Value });
        await OneAsync(FindingCodes.StreamWithGap);
    }

    [Fact]
    public async Task Finds_a_kept_part_whose_file_is_gone()
    {
        _rig.Store.Delete(_prefix);
        await OneAsync(FindingCodes.PrefixFileMissing);
    }

    [Fact]
    public async Task Finds_a_kept_part_whose_file_is_too_short()
    {
        _rig.Cut(_prefix, 499);
        await OneAsync(FindingCodes.PrefixFileShort);
    }

    [Fact]
    public async Task Finds_a_kept_part_in_a_file_that_is_marked_for_removal()
    {
        await _rig.SqlAsync("update stored_files set tombstone_at = now() where id = @Id", new { Id = _prefix.Unique });
        await OneAsync(FindingCodes.PrefixNotNamed);
    }

    [Fact]
    public async Task Finds_a_kept_part_of_a_chunk_that_was_received()
    {
        await _rig.SqlAsync("update prefixes set start = 40000 where upload_id = @Id", new { Id = _open.Value });
        await OneAsync(FindingCodes.PrefixReceived);
    }

    [Fact]
    public async Task Tells_of_an_upload_that_is_quarantined_already()
    {
        await _rig.Ledger.MarkDamagedAsync(_finished, "Bytes 0-9 are wrong.", CancellationToken.None);
        var finding = await OneAsync(FindingCodes.UploadDamaged);
        Assert.Contains("Bytes 0-9 are wrong.", finding.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_stored_files_that_a_quarantined_upload_lacks()
    {
        await _rig.Ledger.MarkDamagedAsync(_finished, "Bytes 0-9 are wrong.", CancellationToken.None);
        _rig.Store.Delete(_files[0]);
        _rig.FlipBit(_files[2], 5);

        var report = await RunAsync(deep: true);

        Assert.Equal(
            [(FindingCodes.UploadDamaged, null), (FindingCodes.ExtentFileMissing, _files[0].Unique),
                (FindingCodes.ExtentDifferent, _files[2].Unique)],
            report.Findings.Select(
                finding => (finding.Code, finding.File is { } file ? Guid.Parse(file[(file.LastIndexOf('-') + 1)..]) : (Guid?)null)));
    }

    [Fact]
    public async Task Repairs_only_when_asked_and_only_what_is_intact_again()
    {
        await _rig.Ledger.MarkDamagedAsync(_finished, "Bytes 0-9 are wrong.", CancellationToken.None);
        await _rig.Ledger.MarkDamagedAsync(_open, "Bytes 20000-29999 are wrong.", CancellationToken.None);
        _rig.FlipBit(_chunk, 5);

        Assert.Equal((0, 2), (await CountsAsync(mend: false)));
        Assert.Equal((1, 1), (await CountsAsync(mend: true)));
        Assert.Null((await _rig.GetAsync(_finished)).DamagedAt);
        Assert.NotNull((await _rig.GetAsync(_open)).DamagedAt);

        _rig.FlipBit(_chunk, 5);
        Assert.Equal((1, 0), (await CountsAsync(mend: true)));
        Assert.Equal((0, 0), (await CountsAsync(mend: true)));

        async Task<(long Mended, long Findings)> CountsAsync(bool mend)
        {
            var report = await RunAsync(mend: mend);
            return (report.Mended, report.Total);
        }
    }

    [Theory]
    [InlineData("state = 'completing', sha256 = null", FindingCodes.StuckCompleting)]
    [InlineData("state = 'checking'", FindingCodes.StuckChecking)]
    [InlineData("sha256 = null", FindingCodes.StuckDigest)]
    public async Task Finds_a_finished_upload_that_is_stuck(string change, string code)
    {
        await _rig.SqlAsync(
            $"update uploads set {change}, state_at = now() - interval '25 hours' where id = @Id", new { Id = _finished.Value });
        await OneAsync(code);
    }

    [Fact]
    public async Task Finds_an_ended_upload_whose_space_is_not_freed()
    {
        await _rig.SqlAsync(
            "update uploads set state = 'cancelled', state_at = now() - interval '25 hours' where id = @Id", new { Id = _open.Value });
        await OneAsync(FindingCodes.StuckContent);
    }

    [Fact]
    public async Task Finds_a_stale_upload_that_was_not_purged()
    {
        await _rig.AgeAsync(TimeSpan.FromHours(26));
        Assert.True((await RunAsync()).Clean);
        await _rig.AgeAsync(TimeSpan.FromHours(2));
        await OneAsync(FindingCodes.StuckStale);
    }

    [Fact]
    public async Task Finds_a_row_of_a_file_without_extents()
    {
        await _rig.SqlAsync(
            "insert into stored_files (id, upload_id, kind, incarnation, store) "
                + "select gen_random_uuid(), @Upload, 1, id, store from incarnations where id = @Incarnation",
                new { Upload = _open.Value, Incarnation = _rig.Incarnation.Id });
        await OneAsync(FindingCodes.FileUnused);
    }

    [Fact]
    public async Task Finds_a_file_that_should_have_been_removed_long_ago()
    {
        await _rig.Ledger.DropPrefixAsync(_open, 60_000, 7, CancellationToken.None);
        Assert.True((await RunAsync()).Clean);
        await _rig.SqlAsync("update stored_files set tombstone_at = now() - interval '13 hours' where tombstone_at is not null");
        await OneAsync(FindingCodes.TombstoneLeft);
    }

    [Fact]
    public async Task Counts_a_file_without_a_row_while_its_incarnation_may_record_it_and_finds_it_afterwards()
    {
        var file = await _rig.FileAsync(MaintenanceRig.BytesAt(0, 10));
        var whileItRuns = await RunAsync();
        Assert.True(whileItRuns.Clean);
        Assert.Equal(1, whileItRuns.Unsettled);

        await _rig.BeginIncarnationAsync();
        var finding = await OneAsync(FindingCodes.OrphanFile);
        Assert.Contains(file.Unique.ToString("N"), finding.File, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Finds_a_file_of_an_incarnation_that_the_ledger_does_not_know()
    {
        var file = new StoredFile(DiskStoreRig.Id, StoredFileKind.Chunk, _rig.Incarnation.Id + 100, Guid.NewGuid());
        await using (var writer = await _rig.Disk.WriteAsync(file, [1]))
            await writer.RenameDurablyAsync(CancellationToken.None);
        await OneAsync(FindingCodes.ForeignFile);
    }

    [Fact]
    public async Task Looks_again_when_a_merge_moved_an_extent_meanwhile()
    {
        var assembly = await _rig.FileAsync(MaintenanceRig.BytesOfChunks(3), StoredFileKind.Assembly);
        var extents = await _rig.Ledger.ExtentsAsync(_finished, 0, 10, CancellationToken.None);
        var moved = false;
        _rig.Disk.Calls.Answer = call =>
        {
            if (!moved && call.Name == nameof(ISyscalls.OpenAt) && call.Path == DiskLayout.Name(_files[2]))
            {
                moved = true;
                Assert.True(_rig.Ledger.SetAssemblyAsync(_finished, assembly, CancellationToken.None).GetAwaiter().GetResult());
                foreach (var file in _rig.Ledger.PlaceAsync(_finished, assembly, extents, CancellationToken.None).GetAwaiter()
                    .GetResult())
                    _rig.Store.Delete(file);
            }

            return null;
        };

        Assert.True((await RunAsync()).Clean);
        Assert.True(moved);
    }

    [Fact]
    public void Every_code_says_what_to_do() =>
        Assert.All(
            typeof(FindingCodes).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!),
            code => Assert.NotEmpty(FindingCodes.Remedy(code)));

    private Task<FsckReport> RunAsync(bool deep = false, bool mend = false) =>
        new FsckRun(_rig.FsckLedger, _rig.Ledger, _rig.Ledger, _rig.Stores, _rig.Hashes, TimeProvider.System)
            .RunAsync(deep, mend, serviceRuns: true, new SilentProgress(), CancellationToken.None);

    /// <summary>Checks that this is the only finding.</summary>
    private async Task<Finding> OneAsync(string code, bool deep = false)
    {
        var report = await RunAsync(deep);
        Assert.False(report.Clean);
        // A change of uploads behind the ledger's back also makes the usage counters wrong.
        var finding =
            Assert.Single(report.Findings, finding => code == FindingCodes.UsageDiffers || finding.Code != FindingCodes.UsageDiffers);
        Assert.Equal(code, finding.Code);
        return finding;
    }

    /// <summary>Checks that this is one of the findings.</summary>
    private async Task SomeAsync(string code) => Assert.Contains((await RunAsync()).Findings, finding => finding.Code == code);
}
