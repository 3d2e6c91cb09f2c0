using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Infrastructure.Storage.Disk;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using ChunkUpload.Tests.Support.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class SweepOrphansTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Moves_a_file_that_no_row_names_to_the_trash_once_its_incarnation_is_fenced()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var orphan = await rig.FileAsync(MaintenanceRig.BytesAt(0, 100));

        var whileItRuns = await RunAsync(rig);
        Assert.Equal(0, whileItRuns.Counts["trashed"]);
        Assert.True(rig.Exists(orphan));

        await rig.BeginIncarnationAsync();
        // A failover a moment ago: the ledger may lack rows.
        await rig.SqlAsync("update ledger set timeline_since = now()");
        Assert.Equal(0, (await RunAsync(rig)).Counts["trashed"]);
        Assert.True(rig.Exists(orphan));
        await rig.SqlAsync("update ledger set timeline_since = null");

        var afterwards = await RunAsync(rig);
        Assert.Equal(1, afterwards.Counts["trashed"]);
        Assert.False(rig.Exists(orphan));
        Assert.Equal(1, rig.TrashedFiles());
    }

    [Fact]
    public async Task Leaves_every_file_that_a_row_names()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (_, files) = await rig.FinishedAsync(3);
        var open = await rig.SessionAsync(1_000_000);
        var chunk = await rig.ChunkAsync(open, 50_000);
        var prefix = await rig.PrefixAsync(open, 100_000, 500);
        await rig.BeginIncarnationAsync();

        var report = await RunAsync(rig);

        Assert.Equal((5, 0), (report.Counts["seen"], report.Counts["trashed"]));
        Assert.All([.. files, chunk, prefix], file => Assert.True(rig.Exists(file)));
    }

    [Fact]
    public async Task Prefix_that_a_request_may_continue_is_not_trimmed()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var kept = await rig.PrefixAsync(await rig.SessionAsync(1_000_000), 100_000, 500);
        using (var file = File.OpenHandle(rig.Disk.PathOf(kept), FileMode.Open, FileAccess.ReadWrite))
            Assert.Equal(0, Syscalls.Real.Preallocate(file, 0, 1 << 20));
        await rig.BeginIncarnationAsync();

        await RunAsync(rig);

        using var left = File.OpenHandle(rig.Disk.PathOf(kept));
        Assert.Equal(0, Syscalls.Real.Stat(left, "", out var stat));
        Assert.InRange((long)stat.Blocks * 512, 1 << 20, long.MaxValue);
    }

    [Fact]
    public async Task Removes_files_whose_tombstone_was_committed_before_a_crash()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var id = await rig.SessionAsync(100_000);
        var chunk = await rig.ChunkAsync(id, 0);
        await rig.Ledger.EndAsync(
            Core.Access.Caller.Operator, id, UploadState.Cancelled, "Not wanted.", CancellationToken.None);
        await rig.Ledger.ReclaimAsync(id, 100, CancellationToken.None);
        Assert.True(rig.Exists(chunk));

        var report = await RunAsync(rig);

        Assert.Equal(1, report.Counts["removed"]);
        Assert.False(rig.Exists(chunk));
        Assert.Empty(await rig.Ledger.TombstonesAsync(10, CancellationToken.None));
    }

    [Fact]
    public async Task Empties_the_trash_after_its_time_and_not_before()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        await rig.FileAsync(MaintenanceRig.BytesAt(0, 100));
        await rig.BeginIncarnationAsync();
        await RunAsync(rig);

        rig.Disk.Time.Advance(TimeSpan.FromDays(6));
        Assert.Equal(0, (await RunAsync(rig)).Counts["emptied"]);
        rig.Disk.Time.Advance(TimeSpan.FromDays(2));
        var report = await RunAsync(rig);

        Assert.Equal((1, 100), (report.Counts["emptied"], report.Counts["emptiedBytes"]));
        Assert.Equal(0, rig.TrashedFiles());
    }

    [Fact]
    public async Task Continues_with_the_others_when_one_file_cannot_be_moved()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var stuck = await rig.FileAsync(MaintenanceRig.BytesAt(0, 100));
        await rig.FileAsync(MaintenanceRig.BytesAt(1, 100));
        await rig.BeginIncarnationAsync();
        rig.Disk.Calls.Fail(nameof(ISyscalls.RenameNoReplace), Errno.InputOutput, path => path == DiskLayout.Name(stuck));

        var report = await RunAsync(rig);

        Assert.Equal((1, 1), (report.Counts["trashed"], report.Counts["stuck"]));
        Assert.NotNull(report.Error);
        Assert.True(rig.Exists(stuck));
    }

    [Fact]
    public async Task Ends_when_no_tombstone_can_be_removed()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var id = await rig.SessionAsync(100_000);
        await rig.ChunkAsync(id, 0);
        await rig.Ledger.EndAsync(
            Core.Access.Caller.Operator, id, UploadState.Cancelled, "Not wanted.", CancellationToken.None);
        await rig.Ledger.ReclaimAsync(id, 100, CancellationToken.None);
        rig.Disk.Calls.Fail(nameof(ISyscalls.UnlinkAt), Errno.InputOutput);

        var report = await RunAsync(rig);

        Assert.Equal((0, 1), (report.Counts["removed"], report.Counts["stuck"]));
        Assert.NotNull(report.Error);
    }

    [Fact]
    public async Task Moves_none_when_the_ledger_does_not_name_a_great_share_of_the_files()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        await rig.FinishedAsync(3);
        for (var file = 0; file <= SweepOrphans.AlwaysMoved; file++)
            await File.WriteAllBytesAsync(rig.Disk.PathOf(DiskStoreRig.NewFile(StoredFileKind.Segment, rig.Incarnation.Id)), []);
        await rig.BeginIncarnationAsync();

        var refused = await RunAsync(rig);

        Assert.Equal((SweepOrphans.AlwaysMoved + 4, 0), (refused.Counts["seen"], refused.Counts["trashed"]));
        Assert.Contains("Jobs:MaxOrphanShare", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, rig.TrashedFiles());

        var wanted = await RunAsync(rig, share: 1);

        Assert.Equal(SweepOrphans.AlwaysMoved + 1, wanted.Counts["trashed"]);
        Assert.Null(wanted.Error);
    }

    private static Task<JobReport> RunAsync(MaintenanceRig rig, double share = 0.1) =>
        new SweepOrphans(
            rig.Ledger, rig.Store, new FileRemover(rig.Stores, rig.Ledger, NullLogger<FileRemover>.Instance),
            new SharedSweep(
                rig.Ledger, rig.Stores, Options.Create(new JobsOptions { MaxOrphanShare = share }), NullLogger<SweepOrphans>.Instance),
            rig.Incarnation, Options.Create(new StorageOptions()), Options.Create(new JobsOptions { MaxOrphanShare = share }),
            NullLogger<SweepOrphans>.Instance)
            .RunAsync(new SilentProgress(), CancellationToken.None);
}
