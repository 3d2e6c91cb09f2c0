using ChunkUpload.Core.Access;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Tree;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Posix;
using ChunkUpload.Tests.Support;
using ChunkUpload.Tests.Support.Maintenance;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class PurgeStaleSessionsTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const int VeryMany = 20_000;

    [Fact]
    public async Task Ends_every_stale_session_in_batches_and_frees_its_files()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var withBytes = await rig.SessionAsync(100_000);
        var chunk = await rig.ChunkAsync(withBytes, 0);
        await ManyAsync(rig, 450);
        await rig.AgeAsync(TimeSpan.FromHours(25));
        var young = await rig.SessionAsync(100);

        var report = await RunAsync(rig);

        Assert.Equal(451, report.Counts["ended"]);
        Assert.Null(report.Error);
        Assert.Equal(UploadState.Expired, (await rig.GetAsync(withBytes)).State);
        Assert.Equal(UploadState.Open, (await rig.GetAsync(young)).State);
        Assert.False(rig.Exists(chunk));
        Assert.Empty(await rig.Ledger.TombstonesAsync(10, CancellationToken.None));
    }

    [Fact]
    public async Task Ends_very_many_while_chunks_are_recorded()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var full = new List<StoredFile>();
        for (var count = 0; count < 50; count++)
            full.Add(await rig.ChunkAsync(await rig.SessionAsync(100_000), 0));
        await ManyAsync(rig, VeryMany - full.Count);
        await rig.AgeAsync(TimeSpan.FromHours(25));
        var young = await rig.SessionAsync(null);

        var purging = RunAsync(rig);
        var chunks = 0;
        do
            await rig.ChunkAsync(young, MaintenanceRig.ChunkSize * (long)chunks++);
        while (!purging.IsCompleted);
        var report = await purging;

        Assert.Equal((VeryMany, 0), (report.Counts["ended"], report.Counts["waiting"]));
        Assert.Equal(chunks * (long)MaintenanceRig.ChunkSize, (await rig.GetAsync(young)).ReceivedBytes);
        Assert.Empty(await rig.Ledger.PurgeAsync(10, null, CancellationToken.None));
        Assert.All(full, file => Assert.False(rig.Exists(file)));
    }

    [Fact]
    public async Task A_batch_that_is_not_committed_holds_up_no_upload_that_is_alive()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var stale = await rig.SessionAsync(100_000);
        await ManyAsync(rig, 10);
        await rig.AgeAsync(TimeSpan.FromHours(25));
        var young = await rig.SessionAsync(100_000);

        await using (var purge = await rig.Database.OpenConnectionAsync(CancellationToken.None))
        await using (var transaction = await purge.BeginTransactionAsync())
        {
            var ended = await purge.QueryAsync<Guid>(
                "select ended from purge_uploads(@Incarnation, 100, null, '', '')",
                new { Incarnation = rig.Incarnation.Id }, transaction);
            Assert.Contains(stale.Value, ended);
            await rig.ChunkAsync(young, 0);
            Assert.NotEqual(default, await rig.SessionAsync(100_000));
        }

        Assert.Equal(UploadState.Open, (await rig.GetAsync(stale)).State);
    }

    [Fact]
    public async Task Skips_a_session_that_receives_a_byte_and_waits_for_no_lock()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var busy = await rig.SessionAsync(100_000);
        var idle = await rig.SessionAsync(100_000);
        await rig.AgeAsync(TimeSpan.FromHours(25));

        // Another transaction holds the row, as when a chunk is being recorded.
        await using (var writer = await rig.Database.OpenConnectionAsync(CancellationToken.None))
        await using (var transaction = await writer.BeginTransactionAsync())
        {
            await writer.ExecuteAsync("select from uploads where id = @Id for update", new { Id = busy.Value }, transaction);
            var meanwhile = await RunAsync(rig);
            Assert.Equal(1, meanwhile.Counts["ended"]);
        }

        await rig.ChunkAsync(busy, 0);
        var afterwards = await RunAsync(rig);

        Assert.Equal(0, afterwards.Counts["ended"]);
        Assert.Equal(UploadState.Open, (await rig.GetAsync(busy)).State);
        Assert.Equal(UploadState.Expired, (await rig.GetAsync(idle)).State);
    }

    [Fact]
    public async Task Ends_finished_files_when_their_keeping_time_is_over_and_never_without_one()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var (id, files) = await rig.FinishedAsync(2);
        await rig.AgeAsync(TimeSpan.FromDays(400));

        Assert.Equal(0, (await RunAsync(rig)).Counts["ended"]);
        Assert.Equal(1, (await RunAsync(rig, TimeSpan.FromDays(365))).Counts["ended"]);
        Assert.Equal(UploadState.Deleted, (await rig.GetAsync(id)).State);
        Assert.All(files, file => Assert.False(rig.Exists(file)));
    }

    [Fact]
    public async Task Says_so_when_files_cannot_be_removed_and_leaves_them_to_the_sweeper()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var id = await rig.SessionAsync(100_000);
        var chunk = await rig.ChunkAsync(id, 0);
        await rig.AgeAsync(TimeSpan.FromHours(25));
        rig.Disk.Calls.Fail(nameof(ISyscalls.UnlinkAt), Infrastructure.Posix.Errno.InputOutput);

        var report = await RunAsync(rig);

        Assert.Equal((1, 1), (report.Counts["ended"], report.Counts["waiting"]));
        Assert.NotNull(report.Error);
        rig.Disk.Calls.Answer = null;
        Assert.Equal([chunk], await rig.Ledger.TombstonesAsync(10, CancellationToken.None));
    }

    [Fact]
    public async Task Advisor_forgets_a_purged_upload()
    {
        await using var rig = await MaintenanceRig.OpenAsync(postgres);
        var networks = new NetworkBook(Options.Create(new AdvisorOptions()), TimeProvider.System);
        var stale = await rig.SessionAsync(100_000);
        await rig.AgeAsync(TimeSpan.FromHours(25));
        var young = await rig.SessionAsync(100_000);
        var (ofStale, ofYoung) = (networks.GetOrAdd(stale, Caller.Operator), networks.GetOrAdd(young, Caller.Operator));

        Assert.Equal(1, (await RunAsync(rig, networks: networks)).Counts["ended"]);

        Assert.Equal((true, false), (ofStale.HasEnded, ofYoung.HasEnded));
    }

    private static async Task<JobReport> RunAsync(MaintenanceRig rig, TimeSpan? keep = null, NetworkBook? networks = null)
    {
        var remover = new FileRemover(rig.Stores, rig.Ledger, NullLogger<FileRemover>.Instance);
        using var trash = new TrashPurger(
            rig.Tree, remover, Options.Create(new FilesOptions()), TimeProvider.System, NullLogger<TrashPurger>.Instance);
        return await new PurgeStaleSessions(
            rig.Ledger, remover, trash, networks ?? new NetworkBook(Options.Create(new AdvisorOptions()), TimeProvider.System),
            Options.Create(new UploadOptions { KeepFinishedFor = keep }))
            .RunAsync(new SilentProgress(), CancellationToken.None);
    }

    /// <summary>Copies of one session, as many as a night of bad networks leaves.</summary>
    private static async Task ManyAsync(MaintenanceRig rig, int count)
    {
        var pattern = await rig.SessionAsync(100_000);
        await rig.SqlAsync(
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
