using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Files;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class PurgeStaleSessionsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Ends_every_stale_session_in_batches_and_frees_its_files()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var withBytes = await ground.SessionAsync(100_000);
        var chunk = await ground.ChunkAsync(withBytes, 0);
        await ManyAsync(ground, 450);
        await ground.AgeAsync(TimeSpan.FromHours(25));
        var young = await ground.SessionAsync(100);

        var report = await RunAsync(ground);

        Assert.Equal(451, report.Counts["ended"]);
        Assert.Null(report.Error);
        Assert.Equal(UploadState.Expired, (await ground.GetAsync(withBytes)).State);
        Assert.Equal(UploadState.Open, (await ground.GetAsync(young)).State);
        Assert.False(ground.Exists(chunk));
        Assert.Empty(await ground.Ledger.TombstonesAsync(10, CancellationToken.None));
    }

    [Fact]
    public async Task Ends_a_hundred_thousand_while_chunks_are_recorded()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var full = new List<StoredFile>();
        for (var count = 0; count < 50; count++)
            full.Add(await ground.ChunkAsync(await ground.SessionAsync(100_000), 0));
        await ManyAsync(ground, 100_000 - full.Count);
        await ground.AgeAsync(TimeSpan.FromHours(25));
        var young = await ground.SessionAsync(null);

        var purging = RunAsync(ground);
        var chunks = 0;
        do
            await ground.ChunkAsync(young, Ground.ChunkSize * (long)chunks++);
        while (!purging.IsCompleted);
        var report = await purging;

        Assert.Equal((100_000, 0), (report.Counts["ended"], report.Counts["waiting"]));
        Assert.Equal(chunks * (long)Ground.ChunkSize, (await ground.GetAsync(young)).ReceivedBytes);
        Assert.Empty(await ground.Ledger.PurgeAsync(10, null, CancellationToken.None));
        Assert.All(full, file => Assert.False(ground.Exists(file)));
    }

    [Fact]
    public async Task A_batch_that_is_not_committed_holds_up_no_upload_that_is_alive()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var stale = await ground.SessionAsync(100_000);
        await ManyAsync(ground, 10);
        await ground.AgeAsync(TimeSpan.FromHours(25));
        var young = await ground.SessionAsync(100_000);

        await using (var purge = await ground.Database.OpenConnectionAsync(CancellationToken.None))
        await using (var transaction = await purge.BeginTransactionAsync())
        {
            var ended = await purge.QueryAsync<Guid>(
                "select ended from purge_uploads(@Incarnation, 100, null, '', '')",
                new { Incarnation = ground.Incarnation.Id }, transaction);
            Assert.Contains(stale.Value, ended);
            await ground.ChunkAsync(young, 0);
            Assert.NotEqual(default, await ground.SessionAsync(100_000));
        }

        Assert.Equal(UploadState.Open, (await ground.GetAsync(stale)).State);
    }

    [Fact]
    public async Task Skips_a_session_that_receives_a_byte_and_waits_for_no_lock()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var busy = await ground.SessionAsync(100_000);
        var idle = await ground.SessionAsync(100_000);
        await ground.AgeAsync(TimeSpan.FromHours(25));

        // Another transaction holds the row, as when a chunk is being recorded.
        await using (var writer = await ground.Database.OpenConnectionAsync(CancellationToken.None))
        await using (var transaction = await writer.BeginTransactionAsync())
        {
            await writer.ExecuteAsync("select from uploads where id = @Id for update", new { Id = busy.Value }, transaction);
            var meanwhile = await RunAsync(ground);
            Assert.Equal(1, meanwhile.Counts["ended"]);
        }

        await ground.ChunkAsync(busy, 0);
        var afterwards = await RunAsync(ground);

        Assert.Equal(0, afterwards.Counts["ended"]);
        Assert.Equal(UploadState.Open, (await ground.GetAsync(busy)).State);
        Assert.Equal(UploadState.Expired, (await ground.GetAsync(idle)).State);
    }

    [Fact]
    public async Task Ends_finished_files_when_their_keeping_time_is_over_and_never_without_one()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var (id, files) = await ground.FinishedAsync(2);
        await ground.AgeAsync(TimeSpan.FromDays(400));

        Assert.Equal(0, (await RunAsync(ground)).Counts["ended"]);
        Assert.Equal(1, (await RunAsync(ground, TimeSpan.FromDays(365))).Counts["ended"]);
        Assert.Equal(UploadState.Deleted, (await ground.GetAsync(id)).State);
        Assert.All(files, file => Assert.False(ground.Exists(file)));
    }

    [Fact]
    public async Task Says_so_when_files_cannot_be_removed_and_leaves_them_to_the_sweeper()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var id = await ground.SessionAsync(100_000);
        var chunk = await ground.ChunkAsync(id, 0);
        await ground.AgeAsync(TimeSpan.FromHours(25));
        ground.Disk.Calls.Fail(nameof(ISyscalls.UnlinkAt), Infrastructure.Posix.Errno.InputOutput);

        var report = await RunAsync(ground);

        Assert.Equal((1, 1), (report.Counts["ended"], report.Counts["waiting"]));
        Assert.NotNull(report.Error);
        ground.Disk.Calls.Answer = null;
        Assert.Equal([chunk], await ground.Ledger.TombstonesAsync(10, CancellationToken.None));
    }

    [Fact]
    public async Task Advisor_forgets_a_purged_upload()
    {
        await using var ground = await Ground.OpenAsync(postgres);
        var networks = new NetworkBook(Options.Create(new AdvisorOptions()), TimeProvider.System);
        var stale = await ground.SessionAsync(100_000);
        await ground.AgeAsync(TimeSpan.FromHours(25));
        var young = await ground.SessionAsync(100_000);
        var (ofStale, ofYoung) = (networks.GetOrAdd(stale, Caller.Operator), networks.GetOrAdd(young, Caller.Operator));

        Assert.Equal(1, (await RunAsync(ground, networks: networks)).Counts["ended"]);

        Assert.Equal((true, false), (ofStale.HasEnded, ofYoung.HasEnded));
    }

    private static async Task<JobReport> RunAsync(Ground ground, TimeSpan? keep = null, NetworkBook? networks = null)
    {
        var remover = new FileRemover(ground.Store, ground.Ledger, NullLogger<FileRemover>.Instance);
        using var trash = new TrashPurger(
            ground.Tree, remover, Options.Create(new FilesOptions()), TimeProvider.System, NullLogger<TrashPurger>.Instance);
        return await new PurgeStaleSessions(
            ground.Ledger, remover, trash, networks ?? new NetworkBook(Options.Create(new AdvisorOptions()), TimeProvider.System),
            Options.Create(new UploadOptions { KeepFinishedFor = keep }))
            .RunAsync(new SilentProgress(), CancellationToken.None);
    }

    /// <summary>Copies of one session, as many as a night of bad networks leaves.</summary>
    private static async Task ManyAsync(Ground ground, int count)
    {
        var pattern = await ground.SessionAsync(100_000);
        await ground.SqlAsync(
            """
            insert into uploads (id, tenant, subject, protocol, file_name, content_type, size, idle_allowance, active_at,
                purge_at, incarnation)
            select gen_random_uuid(), tenant, subject, protocol, file_name, content_type, size, idle_allowance, active_at,
                purge_at, incarnation
            from uploads, generate_series(2, @Count) where id = @Id
            """,
            new { Count = count, Id = pattern.Value });
    }
}
