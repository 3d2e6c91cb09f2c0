using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using ChunkUpload.Tests.Unit.Limits;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class FinishPendingTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Gives_uploads_with_work_left_to_the_background_worker()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, _) = await rig.FinishedAsync(3);
        await rig.SqlAsync("update uploads set sha256 = null, hash_bytes = 0 where id = @Id", new { Id = id.Value });
        using var work = Work(rig);
        await work.StartAsync(CancellationToken.None);
        var worked = work.Schedule(id);

        var report = await new FinishPending(work, rig.Store).RunAsync(new SilentProgress(), CancellationToken.None);
        await worked;
        await work.StopAsync(CancellationToken.None);

        Assert.Equal((1, 0), (report.Counts["pending"], report.Counts["probed"]));
        Assert.NotNull((await rig.GetAsync(id)).Sha256);
    }

    [Fact]
    public async Task Says_that_nothing_was_left()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        using var work = Work(rig);

        var report = await new FinishPending(work, rig.Store).RunAsync(new SilentProgress(), CancellationToken.None);

        Assert.Equal("Nothing was left to do.", report.Summary);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Probes_a_store_that_accepts_no_writes(bool isMended)
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        using var work = Work(rig);
        rig.Disk.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        await Assert.ThrowsAsync<StoreException>(() => rig.FileAsync([1]));
        Assert.NotNull(rig.Store.Health.Degraded);
        if (isMended)
            rig.Disk.Calls.Answer = null;

        var report = await new FinishPending(work, rig.Store).RunAsync(new SilentProgress(), CancellationToken.None);

        Assert.Equal((1, isMended ? 1 : 0), (report.Counts["probed"], report.Counts["healed"]));
        Assert.Equal(isMended, rig.Store.Health.Degraded is null);
    }

    private static BackgroundWork Work(MaintenanceRig rig)
    {
        var options = Options.Create(new UploadOptions());
        var remover = new FileRemover(rig.Stores, rig.Ledger, NullLogger<FileRemover>.Instance);
        var check = new ContentCheck(
            rig.Ledger, rig.Ledger, rig.Stores, rig.Incarnation, NullLogger<ContentCheck>.Instance);
        var merger = new ChunkMerger(
            rig.Ledger, rig.Ledger, rig.Stores, check, remover, rig.Incarnation, options, NullLogger<ChunkMerger>.Instance);
        var extents = new ExtentReader(rig.Ledger, rig.Stores);
        var hasher = new FrontHasher(rig.Ledger, rig.Ledger, extents, check, rig.Hashes, options);
        var admission = new Admission(rig.Stores, new LimitBook(new FakeLimitLedger()), new NodeDrain(), options);
        return new BackgroundWork(
            rig.Ledger, rig.Ledger, check, merger, hasher, remover, admission, options, TimeProvider.System,
            NullLogger<BackgroundWork>.Instance);
    }
}
