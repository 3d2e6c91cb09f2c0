using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Jobs;
using ChunkUpload.Tests.Support;
using Dapper;
using Hangfire.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChunkUpload.Tests.Functional.Jobs;

/// <summary>Only one run at a time, whatever Hangfire, another process or the database does.</summary>
public sealed class JobLeaseTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_run_by_hand_after_the_server_closed_all_connections_is_carried_out()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);
        await node.Scheduler.Ready.WaitAsync(Eventually.Limit);
        await using (var connection = await ledger.OpenConnectionAsync(CancellationToken.None))
        {
            await connection.ExecuteAsync("""
                select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and application_name = 'ChunkUpload jobs'
                """);
        }

        Assert.Equal(JobAnswer.Done, await node.Catalog.RunAsync(job.Name, CancellationToken.None));
        (await job.NextAsync()).Finish();
    }

    [Fact]
    public async Task Registers_every_job_with_hangfire()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var schedules = new SchedulesOptions();
        await using var node = await JobsNode.StartAsync(
            ledger, folder.Path, [.. schedules.ByJob().Keys.Select(name => new FakeJob(name))], schedules);
        await node.Scheduler.Ready;

        using var connection = node.Storage.GetConnection();
        var stored = connection.GetRecurringJobs().ToDictionary(job => job.Id);

        Assert.Equal(
            schedules.ByJob().Select(job => (job.Key, job.Value)).Order(), stored.Select(job => (job.Key, job.Value.Cron)).Order());
        Assert.All(stored.Values, job => Assert.Equal("UTC", job.TimeZoneId));
    }

    [Fact]
    public async Task Two_requests_at_once_begin_one_run()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using TempFolder here = new(), there = new();
        var job = new FakeJob();
        await using var first = await JobsNode.StartAsync(ledger, here.Path, [job]);
        await using var second = await JobsNode.StartAsync(ledger, there.Path, [job]);
        await Task.WhenAll(first.Scheduler.Ready, second.Scheduler.Ready);

        var answers = await Task.WhenAll(
            first.Catalog.RunAsync(job.Name, CancellationToken.None), second.Catalog.RunAsync(job.Name, CancellationToken.None));
        (await job.NextAsync()).Finish();

        Assert.Equal([JobAnswer.Done, JobAnswer.AlreadyRunning], answers.Order());
        Assert.Equal(1, job.MostAtOnce);
    }

    [Fact]
    public async Task A_run_that_another_process_has_ended_stops()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);
        await node.Catalog.RunAsync(job.Name, CancellationToken.None);
        var run = await job.NextAsync();

        await using var connection = await ledger.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(
            "update job_runs set ended_at = now(), outcome = 'cancelled', summary = 'Taken.' where ended_at is null");

        await run.Ended.Task.WaitAsync(Eventually.Limit);
        var history = await node.Catalog.HistoryAsync(job.Name, null, 10, CancellationToken.None);
        Assert.Equal("Taken.", Assert.Single(history!.Items).Summary);
    }

    [Fact]
    public async Task A_background_job_that_hangfire_hands_to_a_second_worker_runs_once_and_the_first_stops()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        FakeJob job = new(), other = new("scrub-files");
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job, other]);
        await node.Scheduler.Ready;
        await node.Catalog.RunAsync(job.Name, CancellationToken.None);
        var run = await job.NextAsync();

        // As after the invisibility timeout. The request for the other job wakes a worker, which finds this one first.
        await using (var connection = await ledger.OpenConnectionAsync(CancellationToken.None))
            await connection.ExecuteAsync("update hangfire.jobqueue set fetchedat = null");
        await node.Catalog.RunAsync(other.Name, CancellationToken.None);

        await run.Ended.Task.WaitAsync(Eventually.Limit);
        Assert.Equal(1, job.MostAtOnce);
        (await other.NextAsync()).Finish();
    }

    [Fact]
    public async Task A_run_whose_node_has_died_is_asked_for_again_after_its_lease()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job], enabled: false);
        await node.Scheduler.Ready;
        await using var connection = await ledger.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync(
            "insert into job_runs (job, by_hand, ticket, node, started_at) values (@Name, false, '1', 'elsewhere', now())",
            new { job.Name });
        var time = new ManualTime();
        var runner = new MaintenanceJobRunner(
            [job], node.Runs, JobsNode.Names, node.Scheduler.Node, time, NullLogger.Instance, CancellationToken.None);
        var watch = new JobWatch(
            node.Runs, JobsNode.Names, runner, [job], JobsNode.Never, new JobsOptions(), node.HangfireStorage, node.Scheduler, time,
            NullLogger.Instance);

        await watch.PassAsync(1, CancellationToken.None);
        time.Advance(RunLease.Expiry - TimeSpan.FromSeconds(1));
        time.Jump(TimeSpan.FromDays(1000));
        await watch.PassAsync(2, CancellationToken.None);
        var before = (await node.Catalog.FindAsync(job.Name, CancellationToken.None))!;
        time.Advance(TimeSpan.FromSeconds(2));
        await watch.PassAsync(3, CancellationToken.None);
        var after = (await node.Catalog.FindAsync(job.Name, CancellationToken.None))!;
        var again = Assert.Single(await node.Runs.OpenAsync(CancellationToken.None));

        Assert.Equal((JobState.Running, "elsewhere"), (before.State, before.Running!.Node));
        Assert.Equal((job.Name, null), (again.Job, again.Node));
        // It waits until jobs are on again.
        Assert.Equal((JobState.Idle, null, JobOutcome.Cancelled), (after.State, after.Running, after.LastRun!.Outcome));
    }

    [Fact]
    public async Task A_resumed_job_makes_up_for_what_it_missed_once()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job], new SchedulesOptions());
        await node.Catalog.PauseAsync(job.Name, CancellationToken.None);
        await using (var connection = await ledger.OpenConnectionAsync(CancellationToken.None))
            await connection.ExecuteAsync("update paused_jobs set paused_at = now() - interval '3 days'");

        await node.Catalog.ResumeAsync(job.Name, CancellationToken.None);

        (await job.NextAsync()).Finish();
        await node.Catalog.PauseAsync(job.Name, CancellationToken.None);
        await node.Catalog.ResumeAsync(job.Name, CancellationToken.None);
        var history = await node.Catalog.HistoryAsync(job.Name, null, 10, CancellationToken.None);
        Assert.True(history!.Items.Count <= 1);
        Assert.All(history.Items, run => Assert.False(run.ByHand));
    }
}
