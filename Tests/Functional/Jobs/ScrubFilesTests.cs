using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class ScrubFilesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Checks_every_finished_file_and_not_again_before_its_time()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        await rig.FinishedAsync(3, "a");
        await rig.FinishedAsync(2, "b");

        var first = await RunAsync(rig);
        var second = await RunAsync(rig);

        Assert.Equal((2, 5L * MaintenanceRig.ChunkSize, 0), (first.Counts["files"], first.Counts["bytes"], first.Counts["damaged"]));
        Assert.Equal(0, second.Counts["files"]);
    }

    [Fact]
    public async Task Quarantines_and_names_a_file_with_a_flipped_bit()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (broken, files) = await rig.FinishedAsync(3, "broken.mp4");
        var (sound, _) = await rig.FinishedAsync(1, "sound.mp4");
        rig.FlipBit(files[1], 4711);

        var report = await RunAsync(rig);

        Assert.Equal((2, 1), (report.Counts["files"], report.Counts["damaged"]));
        Assert.Contains("\"broken.mp4\"", report.Summary, StringComparison.Ordinal);
        Assert.NotNull((await rig.GetAsync(broken)).DamagedAt);
        Assert.Null((await rig.GetAsync(sound)).DamagedAt);
        Assert.StartsWith(
            "Bytes 10000-19999 differ from the received ones", await ReasonAsync(rig, broken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quarantines_a_file_whose_chunk_is_gone()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, files) = await rig.FinishedAsync(3);
        rig.Store.Delete(files[2]);

        await RunAsync(rig);

        Assert.Equal("Bytes 20000-29999 are missing: their file does not exist.", await ReasonAsync(rig, id));
    }

    [Fact]
    public async Task Quarantines_a_file_that_is_cut_off()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, files) = await rig.FinishedAsync(3);
        rig.Cut(files[0], 9_999);

        await RunAsync(rig);

        Assert.Equal("Bytes 0-9999 are cut off after 9999 bytes.", await ReasonAsync(rig, id));
    }

    [Fact]
    public async Task Quarantines_a_file_with_intact_extents_and_a_wrong_digest()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, _) = await rig.FinishedAsync(3);
        await rig.SqlAsync(
            "update uploads set sha256 = @Other where id = @Id", new { Other = Sha256Digest.OfNothing.ToArray(), Id = id.Value });

        await RunAsync(rig);

        Assert.StartsWith("The file's SHA-256 is", await ReasonAsync(rig, id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_a_file_that_cannot_be_read_and_quarantines_nothing()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, files) = await rig.FinishedAsync(2, "away.mp4");
        await rig.FinishedAsync(1, "there.mp4");
        rig.Disk.Calls.Fail(nameof(ISyscalls.Pread), Errno.InputOutput, path => path == DiskLayout.Name(files[1]));

        var report = await RunAsync(rig);

        Assert.Equal((2, 1, 0), (report.Counts["files"], report.Counts["unreadable"], report.Counts["damaged"]));
        Assert.Contains("\"away.mp4\"", report.Error, StringComparison.Ordinal);
        Assert.Null((await rig.GetAsync(id)).DamagedAt);

        rig.Disk.Calls.Answer = null;
        Assert.Equal(1, (await RunAsync(rig)).Counts["files"]);
    }

    [Fact]
    public async Task Follows_an_extent_that_a_merge_moves_while_it_is_read()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, files) = await rig.FinishedAsync(2);
        var assembly = await rig.FileAsync(MaintenanceRig.BytesOfChunks(2), StoredFileKind.Assembly);
        var extents = await rig.Ledger.ExtentsAsync(id, 0, 10, CancellationToken.None);
        // The merge ends between the scrubber's ledger query and its read.
        var moved = false;
        rig.Disk.Calls.Answer = call =>
        {
            if (!moved && call.Name == nameof(ISyscalls.OpenAt) && call.Path == DiskLayout.Name(files[1]))
            {
                moved = true;
                Assert.True(rig.Ledger.SetAssemblyAsync(id, assembly, CancellationToken.None).GetAwaiter().GetResult());
                foreach (var file in rig.Ledger.PlaceAsync(id, assembly, extents, CancellationToken.None).GetAwaiter().GetResult())
                    rig.Store.Delete(file);
            }

            return null;
        };

        var report = await RunAsync(rig);

        Assert.True(moved);
        Assert.Equal((1, 0), (report.Counts["files"], report.Counts["damaged"]));
        Assert.Null((await rig.GetAsync(id)).DamagedAt);
    }

    [Fact]
    public async Task Stops_between_two_steps_when_the_service_goes_down()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        await rig.FinishedAsync(2);
        using var stop = new CancellationTokenSource();
        var time = new ManualTime();
        var running = Job(rig, time, bytesPerSecond: MaintenanceRig.ChunkSize).RunAsync(new SilentProgress(), stop.Token);

        await time.WaitForTimerAsync(TimeSpan.FromSeconds(1));
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Reads_no_faster_than_it_may()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        await rig.FinishedAsync(3);
        var time = new ManualTime();
        var running = Job(rig, time, bytesPerSecond: MaintenanceRig.ChunkSize).RunAsync(new SilentProgress(), CancellationToken.None);

        for (var chunk = 0; chunk < 3; chunk++)
        {
            await time.WaitForTimerAsync(TimeSpan.FromSeconds(1));
            Assert.False(running.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(3 * MaintenanceRig.ChunkSize, (await running).Counts["bytes"]);
    }

    [Fact]
    public async Task Releases_only_intact_files_from_quarantine()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (gone, goneFiles) = await rig.FinishedAsync(2, "gone.mp4");
        var (cut, cutFiles) = await rig.FinishedAsync(2, "cut.mp4");
        var (other, otherFiles) = await rig.FinishedAsync(2, "other.mp4");
        var backup = await File.ReadAllBytesAsync(rig.Disk.PathOf(goneFiles[1]));
        rig.Store.Delete(goneFiles[1]);
        rig.Cut(cutFiles[0], 9_999);
        rig.FlipBit(otherFiles[1], 77);
        Assert.Equal((3, 0), await CountsAsync());
        Assert.Equal((0, 0), await CountsAsync());

        await File.WriteAllBytesAsync(rig.Disk.PathOf(goneFiles[1]), backup);
        Assert.Equal((0, 1), await CountsAsync());
        Assert.Null((await rig.GetAsync(gone)).DamagedAt);
        Assert.Null(await ReasonAsync(rig, gone));
        Assert.All(new[] { cut, other }, id => Assert.NotNull(rig.GetAsync(id).GetAwaiter().GetResult().DamagedAt));

        await File.WriteAllBytesAsync(rig.Disk.PathOf(cutFiles[0]), MaintenanceRig.BytesAt(0, MaintenanceRig.ChunkSize));
        rig.FlipBit(otherFiles[1], 77);
        Assert.Equal((0, 2), await CountsAsync());

        async Task<(long Damaged, long Mended)> CountsAsync()
        {
            var report = await RunAsync(rig);
            return (report.Counts["damaged"], report.Counts["mended"]);
        }
    }

    [Fact]
    public async Task Leaves_a_file_in_quarantine_when_the_device_cannot_read_it()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, files) = await rig.FinishedAsync(2);
        await rig.Ledger.MarkDamagedAsync(id, "test", CancellationToken.None);
        rig.Disk.Calls.Fail(nameof(ISyscalls.Pread), Errno.InputOutput, path => path == DiskLayout.Name(files[1]));

        Assert.Equal(0, (await RunAsync(rig)).Counts["mended"]);

        Assert.Equal("test", await ReasonAsync(rig, id));
    }

    [Fact]
    public async Task Quarantined_uploads_are_listed_page_by_page_until_they_end()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var ids = new List<UploadId>();
        for (var index = 0; index < 4; index++)
        {
            ids.Add(await rig.SessionAsync(100));
            if (index != 1)
                await rig.Ledger.MarkDamagedAsync(ids[^1], "x", CancellationToken.None);
        }

        await rig.Ledger.EndAsync(Caller.Operator, ids[3], UploadState.Cancelled, "x", CancellationToken.None);

        var expected = new[] { ids[0], ids[2] }.OrderBy(id => id.ToString(), StringComparer.Ordinal).ToList();
        Assert.Equal(expected[..1], await PageAsync(null, 1));
        Assert.Equal(expected[1..], await PageAsync(expected[0], 9));

        async Task<IEnumerable<UploadId>> PageAsync(UploadId? after, int limit) =>
            (await rig.FsckLedger.QuarantinedAsync(after, limit, CancellationToken.None)).Select(upload => upload.Id);
    }

    [Fact]
    public async Task Leaves_a_quarantined_file_of_another_store_alone()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, _) = await rig.FinishedAsync(2);
        await rig.Ledger.MarkDamagedAsync(id, "test", CancellationToken.None);
        Assert.Equal([id], (await rig.FsckLedger.QuarantinedAsync(null, 10, CancellationToken.None)).Select(upload => upload.Id));
        await using var connection = await rig.Database.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(
            """
            with other as (insert into stores (id, name) values (gen_random_uuid(), 'another host') returning id)
            update stored_files set store = (select id from other) where id = (select file_id from extents where start > 0)
            """);

        Assert.Equal(0, (await RunAsync(rig)).Counts["mended"]);

        Assert.Empty(await rig.FsckLedger.QuarantinedAsync(null, 10, CancellationToken.None));
        Assert.Equal("test", await ReasonAsync(rig, id));
    }

    private static Task<JobReport> RunAsync(MaintenanceRig rig) =>
        Job(rig, TimeProvider.System, 1L << 40).RunAsync(new SilentProgress(), CancellationToken.None);

    private static ScrubFiles Job(MaintenanceRig rig, TimeProvider time, long bytesPerSecond) => new(
        rig.Ledger, Check(rig), new QuarantineReview(rig.FsckLedger, rig.Ledger, rig.Stores, Check(rig)),
        Options.Create(new JobsOptions { ScrubBytesPerSecond = bytesPerSecond }), time, NullLogger<ScrubFiles>.Instance);

    private static DeviceCheck Check(MaintenanceRig rig) => new(rig.Ledger, rig.Stores, rig.Hashes);

    private static async Task<string?> ReasonAsync(MaintenanceRig rig, UploadId id)
    {
        await using var connection = await rig.Database.OpenConnectionAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<string>("select damaged_reason from uploads where id = @Id", new { Id = id.Value });
    }
}
