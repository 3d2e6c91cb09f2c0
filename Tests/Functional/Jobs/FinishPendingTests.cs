using ChunkUpload.Core.Access;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Limits;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
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
    public async Task Hands_what_has_work_left_to_the_background_which_computes_its_digest()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, _) = await ground.FinishedAsync(3);
        await ground.SqlAsync("update uploads set sha256 = null, hash_bytes = 0 where id = @Id", new { Id = id.Value });
        using var work = Work(ground);
        await work.StartAsync(CancellationToken.None);
        var worked = work.Schedule(id);

        var report = await new FinishPending(work, ground.Store).RunAsync(new SilentProgress(), CancellationToken.None);
        await worked;
        await work.StopAsync(CancellationToken.None);

        Assert.Equal((1, 0), (report.Counts["pending"], report.Counts["probed"]));
        Assert.NotNull((await ground.GetAsync(id)).Sha256);
    }

    [Fact]
    public async Task Says_that_nothing_was_left()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        using var work = Work(ground);

        var report = await new FinishPending(work, ground.Store).RunAsync(new SilentProgress(), CancellationToken.None);

        Assert.Equal("Nothing was left to do.", report.Summary);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Probes_a_store_that_accepts_no_writes(bool isMended)
    {
        await using var ground = await Ground.OpenAsync(postgres);
        using var work = Work(ground);
        ground.Disk.Calls.Fail(nameof(ISyscalls.Fdatasync), Errno.InputOutput);
        await Assert.ThrowsAsync<StoreException>(() => ground.FileAsync([1]));
        Assert.NotNull(ground.Store.Health.Degraded);
        if (isMended)
            ground.Disk.Calls.Answer = null;

        var report = await new FinishPending(work, ground.Store).RunAsync(new SilentProgress(), CancellationToken.None);

        Assert.Equal((1, isMended ? 1 : 0), (report.Counts["probed"], report.Counts["healed"]));
        Assert.Equal(isMended, ground.Store.Health.Degraded is null);
    }

    private static BackgroundWork Work(Ground ground)
    {
        var options = Options.Create(new UploadOptions());
        var remover = new FileRemover(ground.Store, ground.Ledger, NullLogger<FileRemover>.Instance);
        var check = new ContentCheck(
            ground.Ledger, ground.Ledger, ground.Ledger, ground.Store, ground.Incarnation, NullLogger<ContentCheck>.Instance);
        var merger = new ChunkMerger(
            ground.Ledger, ground.Ledger, ground.Store, check, remover, ground.Incarnation, options, NullLogger<ChunkMerger>.Instance);
        var extents = new ExtentReader(ground.Ledger, ground.Store);
        var hasher = new FrontHasher(ground.Ledger, ground.Ledger, extents, check, ground.Hashes, options);
        var admission = new Admission(ground.Store, new LimitBook(new FakeLimitLedger()), options);
        return new BackgroundWork(
            ground.Ledger, ground.Ledger, ground.Ledger, check, merger, hasher, remover, admission, options, TimeProvider.System,
            NullLogger<BackgroundWork>.Instance);
    }
}
