using ChunkUpload.Core.Access;
using ChunkUpload.Core.Fsck;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
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
        await using var ground = await Ground.OpenAsync(postgres);
        await ground.FinishedAsync(3, "a");
        await ground.FinishedAsync(2, "b");

        var first = await RunAsync(ground);
        var second = await RunAsync(ground);

        Assert.Equal((2, 5L * Ground.ChunkSize, 0), (first.Counts["files"], first.Counts["bytes"], first.Counts["damaged"]));
        Assert.Equal(0, second.Counts["files"]);
    }

    [Fact]
    public async Task Quarantines_and_names_a_file_with_a_flipped_bit()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (broken, files) = await ground.FinishedAsync(3, "broken.mp4");
        var (sound, _) = await ground.FinishedAsync(1, "sound.mp4");
        ground.FlipBit(files[1], 4711);

        var report = await RunAsync(ground);

        Assert.Equal((2, 1), (report.Counts["files"], report.Counts["damaged"]));
        Assert.Contains("\"broken.mp4\"", report.Summary, StringComparison.Ordinal);
        Assert.NotNull((await ground.GetAsync(broken)).DamagedAt);
        Assert.Null((await ground.GetAsync(sound)).DamagedAt);
        Assert.StartsWith(
            "Bytes 10000-19999 differ from the received ones", await ReasonAsync(ground, broken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quarantines_a_file_whose_chunk_is_gone()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, files) = await ground.FinishedAsync(3);
        ground.Store.Delete(files[2]);

        await RunAsync(ground);

        Assert.Equal("Bytes 20000-29999 are missing: their file does not exist.", await ReasonAsync(ground, id));
    }

    [Fact]
    public async Task Quarantines_a_file_that_is_cut_off()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, files) = await ground.FinishedAsync(3);
        ground.Cut(files[0], 9_999);

        await RunAsync(ground);

        Assert.Equal("Bytes 0-9999 are cut off after 9999 bytes.", await ReasonAsync(ground, id));
    }

    [Fact]
    public async Task Quarantines_a_file_whose_extents_are_right_and_whose_whole_is_not()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, _) = await ground.FinishedAsync(3);
        await ground.SqlAsync(
            "update uploads set sha256 = @Other where id = @Id", new { Other = Sha256Digest.OfNothing.ToArray(), Id = id.Value });

        await RunAsync(ground);

        Assert.StartsWith("The file's SHA-256 is", await ReasonAsync(ground, id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_a_file_that_cannot_be_read_and_quarantines_nothing()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, files) = await ground.FinishedAsync(2, "away.mp4");
        await ground.FinishedAsync(1, "there.mp4");
        ground.Disk.Calls.Fail(nameof(ISyscalls.Pread), Errno.InputOutput, path => path == DiskLayout.Name(files[1]));

        var report = await RunAsync(ground);

        Assert.Equal((2, 1, 0), (report.Counts["files"], report.Counts["unreadable"], report.Counts["damaged"]));
        Assert.Contains("\"away.mp4\"", report.Error, StringComparison.Ordinal);
        Assert.Null((await ground.GetAsync(id)).DamagedAt);

        ground.Disk.Calls.Answer = null;
        Assert.Equal(1, (await RunAsync(ground)).Counts["files"]);
    }

    [Fact]
    public async Task Follows_an_extent_that_a_merge_moves_while_it_is_read()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, files) = await ground.FinishedAsync(2);
        var assembly = await ground.FileAsync(
            [.. Ground.BytesAt(0, Ground.ChunkSize), .. Ground.BytesAt(Ground.ChunkSize, Ground.ChunkSize)], StoredFileKind.Assembly);
        var extents = await ground.Ledger.ExtentsAsync(id, 0, 10, CancellationToken.None);
        // The merge ends between the scrubber's ledger query and its read.
        var moved = false;
        ground.Disk.Calls.Answer = call =>
        {
            if (!moved && call.Name == nameof(ISyscalls.OpenAt) && call.Path == DiskLayout.Name(files[1]))
            {
                moved = true;
                Assert.True(ground.Ledger.SetAssemblyAsync(id, assembly, CancellationToken.None).GetAwaiter().GetResult());
                foreach (var file in ground.Ledger.PlaceAsync(id, assembly, extents, CancellationToken.None).GetAwaiter().GetResult())
                    ground.Store.Delete(file);
            }

            return null;
        };

        var report = await RunAsync(ground);

        Assert.True(moved);
        Assert.Equal((1, 0), (report.Counts["files"], report.Counts["damaged"]));
        Assert.Null((await ground.GetAsync(id)).DamagedAt);
    }

    [Fact]
    public async Task Stops_between_two_steps_when_the_service_goes_down()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        await ground.FinishedAsync(2);
        using var stop = new CancellationTokenSource();
        var time = new ManualTime();
        var running = Job(ground, time, bytesPerSecond: Ground.ChunkSize).RunAsync(new SilentProgress(), stop.Token);

        await time.WaitForTimerAsync(TimeSpan.FromSeconds(1));
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Reads_no_faster_than_it_may()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        await ground.FinishedAsync(3);
        var time = new ManualTime();
        var running = Job(ground, time, bytesPerSecond: Ground.ChunkSize).RunAsync(new SilentProgress(), CancellationToken.None);

        for (var chunk = 0; chunk < 3; chunk++)
        {
            await time.WaitForTimerAsync(TimeSpan.FromSeconds(1));
            Assert.False(running.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(3 * Ground.ChunkSize, (await running).Counts["bytes"]);
    }

    [Fact]
    public async Task Lets_out_of_quarantine_what_is_whole_again_and_nothing_else()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (gone, goneFiles) = await ground.FinishedAsync(2, "gone.mp4");
        var (cut, cutFiles) = await ground.FinishedAsync(2, "cut.mp4");
        var (other, otherFiles) = await ground.FinishedAsync(2, "other.mp4");
        var backup = await File.ReadAllBytesAsync(ground.Disk.PathOf(goneFiles[1]));
        ground.Store.Delete(goneFiles[1]);
        ground.Cut(cutFiles[0], 9_999);
        ground.FlipBit(otherFiles[1], 77);
        Assert.Equal((3, 0), await CountsAsync());
        Assert.Equal((0, 0), await CountsAsync());

        await File.WriteAllBytesAsync(ground.Disk.PathOf(goneFiles[1]), backup);
        Assert.Equal((0, 1), await CountsAsync());
        Assert.Null((await ground.GetAsync(gone)).DamagedAt);
        Assert.Null(await ReasonAsync(ground, gone));
        Assert.All(new[] { cut, other }, id => Assert.NotNull(ground.GetAsync(id).GetAwaiter().GetResult().DamagedAt));

        await File.WriteAllBytesAsync(ground.Disk.PathOf(cutFiles[0]), Ground.BytesAt(0, Ground.ChunkSize));
        ground.FlipBit(otherFiles[1], 77);
        Assert.Equal((0, 2), await CountsAsync());

        async Task<(long Damaged, long Mended)> CountsAsync()
        {
            var report = await RunAsync(ground);
            return (report.Counts["damaged"], report.Counts["mended"]);
        }
    }

    [Fact]
    public async Task Leaves_a_quarantined_file_where_it_is_when_the_device_does_not_give_its_bytes()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, files) = await ground.FinishedAsync(2);
        await ground.Ledger.MarkDamagedAsync(id, "test", CancellationToken.None);
        ground.Disk.Calls.Fail(nameof(ISyscalls.Pread), Errno.InputOutput, path => path == DiskLayout.Name(files[1]));

        Assert.Equal(0, (await RunAsync(ground)).Counts["mended"]);

        Assert.Equal("test", await ReasonAsync(ground, id));
    }

    [Fact]
    public async Task Quarantined_uploads_are_listed_page_by_page_until_they_end()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var ids = new List<UploadId>();
        for (var index = 0; index < 4; index++)
        {
            ids.Add(await ground.SessionAsync(100));
            if (index != 1)
                await ground.Ledger.MarkDamagedAsync(ids[^1], "x", CancellationToken.None);
        }

        await ground.Ledger.EndAsync(Caller.Operator, ids[3], UploadState.Cancelled, "x", CancellationToken.None);

        var expected = new[] { ids[0], ids[2] }.OrderBy(id => id.ToString(), StringComparer.Ordinal).ToList();
        Assert.Equal(expected[..1], await PageAsync(null, 1));
        Assert.Equal(expected[1..], await PageAsync(expected[0], 9));

        async Task<IEnumerable<UploadId>> PageAsync(UploadId? after, int limit) =>
            (await ground.FsckLedger.QuarantinedAsync(after, limit, CancellationToken.None)).Select(upload => upload.Id);
    }

    [Fact]
    public async Task Leaves_a_quarantined_file_of_another_store_alone()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, _) = await ground.FinishedAsync(2);
        await ground.Ledger.MarkDamagedAsync(id, "test", CancellationToken.None);
        Assert.Equal([id], (await ground.FsckLedger.QuarantinedAsync(null, 10, CancellationToken.None)).Select(upload => upload.Id));
        await using var connection = await ground.Database.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(
            """
            with other as (
                insert into incarnations (store, host, boot_id, durability) values (gen_random_uuid(), 'h', 'b', 'committed') returning id
            )
            update uploads set incarnation = other.id from other
            """);

        Assert.Equal(0, (await RunAsync(ground)).Counts["mended"]);

        Assert.Empty(await ground.FsckLedger.QuarantinedAsync(null, 10, CancellationToken.None));
        Assert.Equal("test", await ReasonAsync(ground, id));
    }

    private static Task<JobReport> RunAsync(Ground ground) =>
        Job(ground, TimeProvider.System, 1L << 40).RunAsync(new SilentProgress(), CancellationToken.None);

    private static ScrubFiles Job(Ground ground, TimeProvider time, long bytesPerSecond) => new(
        ground.Ledger, Check(ground), new QuarantineReview(ground.FsckLedger, ground.Ledger, ground.Store, Check(ground)),
        Options.Create(new JobsOptions { ScrubBytesPerSecond = bytesPerSecond }), time, NullLogger<ScrubFiles>.Instance);

    private static DeviceCheck Check(Ground ground) => new(ground.Ledger, ground.Store, ground.Hashes);

    private static async Task<string?> ReasonAsync(Ground ground, UploadId id)
    {
        await using var connection = await ground.Database.OpenConnectionAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<string>("select damaged_reason from uploads where id = @Id", new { Id = id.Value });
    }
}
