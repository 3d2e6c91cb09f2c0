using System.Runtime.CompilerServices;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Jobs;
using ChunkUpload.Tests.Support;
using Dapper;
using Hangfire.Common;
using Hangfire.Storage;

namespace ChunkUpload.Tests.Functional.Jobs;

public sealed class SchedulerTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly SchedulesOptions EverySecond = new()
    {
        PurgeStaleSessions = "* * * * * ?",
        TrimHistory = "* * * * * ?",
    };

    [Fact]
    public async Task Lists_every_job_with_its_schedule_before_it_ever_ran()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [new FakeJob("trim-history"), new FakeJob("scrub-files")]);

        var jobs = await node.Catalog.ListAsync(CancellationToken.None);

        Assert.Equal(["scrub-files", "trim-history"], jobs.Select(job => job.Name));
        Assert.All(jobs, job =>
        {
            Assert.Equal(JobState.Idle, job.State);
            Assert.Equal("0 0 0 29 2 ?", job.Schedule);
            Assert.Equal((2, 29, TimeSpan.Zero), (job.NextRunAt!.Value.Month, job.NextRunAt.Value.Day, job.NextRunAt.Value.TimeOfDay));
            Assert.Null(job.LastRun);
            Assert.Null(job.Running);
        });
    }

    [Fact]
    public async Task Remembers_what_a_run_did()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);

        Assert.Equal(JobAnswer.Done, await node.Catalog.RunAsync(job.Name, CancellationToken.None));
        (await job.NextAsync()).Finish("Did all of it.", 42);
        var run = await LastRunAsync(node, job);

        Assert.Equal(JobOutcome.Succeeded, run.Outcome);
        Assert.Equal("Did all of it.", run.Summary);
        Assert.Equal(42, run.Counts["did"]);
        Assert.Null(run.Error);
        Assert.True(run.ByHand);
        Assert.True(run.Duration >= TimeSpan.Zero);
    }

    [Fact]
    public async Task Remembers_the_sentence_of_a_run_that_broke_off()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);

        await node.Catalog.RunAsync(job.Name, CancellationToken.None);
        (await job.NextAsync()).Result.SetException(new InvalidOperationException("The floor gave way."));
        var run = await LastRunAsync(node, job);

        Assert.Equal(JobOutcome.Failed, run.Outcome);
        Assert.Equal("The floor gave way.", run.Error);
    }

    [Fact]
    public async Task Keeps_the_figures_of_a_run_that_did_a_part()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);

        await node.Catalog.RunAsync(job.Name, CancellationToken.None);
        (await job.NextAsync()).Finish("Did three.", 3, "One could not be read.");
        var run = await LastRunAsync(node, job);

        Assert.Equal((JobOutcome.Failed, "Did three.", "One could not be read."), (run.Outcome, run.Summary, run.Error));
        Assert.Equal(3, run.Counts["did"]);
    }

    [Fact]
    public async Task Refuses_to_start_a_running_job_and_starts_it_again_afterwards()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);

        await node.Catalog.RunAsync(job.Name, CancellationToken.None);
        var run = await job.NextAsync();
        var whileRunning = await node.Catalog.RunAsync(job.Name, CancellationToken.None);
        run.Finish();
        await UntilAsync(node, job, status => status.State == JobState.Idle);
        var afterwards = await node.Catalog.RunAsync(job.Name, CancellationToken.None);
        (await job.NextAsync()).Finish();

        Assert.Equal((JobAnswer.AlreadyRunning, JobAnswer.Done), (whileRunning, afterwards));
    }

    [Fact]
    public async Task Says_unknown_for_a_job_that_does_not_exist()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [new FakeJob()]);

        Assert.Null(await node.Catalog.FindAsync("no-such-job", CancellationToken.None));
        Assert.Null(await node.Catalog.HistoryAsync("no-such-job", null, 10, CancellationToken.None));
        Assert.Equal(JobAnswer.Unknown, await node.Catalog.RunAsync("no-such-job", CancellationToken.None));
        Assert.Equal(JobAnswer.Unknown, await node.Catalog.PauseAsync("no-such-job", CancellationToken.None));
        Assert.Equal(JobAnswer.Unknown, await node.Catalog.ResumeAsync("no-such-job", CancellationToken.None));
    }

    [Fact]
    public async Task Shows_the_progress_of_a_run_on_every_node()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using TempFolder here = new(), there = new();
        FakeJob mine = new(), theirs = new();
        await using var runner = await JobsNode.StartAsync(ledger, here.Path, [mine]);
        await runner.Scheduler.Ready;
        await using var other = await JobsNode.StartAsync(ledger, there.Path, [theirs], enabled: false);

        await runner.Catalog.RunAsync(mine.Name, CancellationToken.None);
        var run = await mine.NextAsync();
        run.Progress.Report(3, 12, "of twelve");
        var status = await UntilAsync(other, theirs, status => status.Running?.Progress is not null);
        run.Finish();

        Assert.Equal(JobState.Running, status.State);
        Assert.Equal(new JobProgress(3, 12, "of twelve"), status.Running!.Progress);
        Assert.Equal(runner.Scheduler.Node, status.Running.Node);
    }

    [Fact]
    public async Task Runs_a_job_once_in_a_cluster()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using TempFolder here = new(), there = new();
        // One job object in both nodes, so that it counts the runs of both.
        var job = new FakeJob();
        await using var first = await JobsNode.StartAsync(ledger, here.Path, [job], EverySecond);
        await using var second = await JobsNode.StartAsync(ledger, there.Path, [job], EverySecond);
        await Task.WhenAll(first.Scheduler.Ready, second.Scheduler.Ready);

        for (var run = 0; run < 4; run++)
            (await job.NextAsync()).Finish();
        await first.Catalog.PauseAsync(job.Name, CancellationToken.None);
        // The second at which the schedule fired. A slow machine may begin the runs of two such seconds in one.
        await using var connection = await ledger.OpenConnectionAsync(CancellationToken.None);
        var fired = (await connection.QueryAsync<string>(
            "select p.value from job_runs r join hangfire.jobparameter p on p.jobid = r.ticket::bigint and p.name = 'Time'")).ToList();

        Assert.Equal(1, job.MostAtOnce);
        Assert.True(fired.Count >= 4);
        Assert.Equal(fired.Count, fired.Distinct().Count());
    }

    [Fact]
    public async Task A_paused_job_stays_paused_over_a_restart_also_with_another_schedule()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob("purge-stale-sessions");
        await using (var before = await JobsNode.StartAsync(ledger, folder.Path, [job]))
        {
            (await job.NextAsync()).Finish();
            await before.Catalog.PauseAsync(job.Name, CancellationToken.None);
            await before.Catalog.PauseAsync(job.Name, CancellationToken.None);
            await UntilAsync(before, job, status => status is { State: JobState.Paused, NextRunAt: null });
        }

        await using var after = await JobsNode.StartAsync(ledger, folder.Path, [job], EverySecond);
        var status = await after.Catalog.FindAsync(job.Name, CancellationToken.None);
        var runs = await after.Catalog.HistoryAsync(job.Name, null, 100, CancellationToken.None);
        Assert.Equal((JobState.Paused, "* * * * * ?"), (status!.State, status.Schedule));
        Assert.Single(runs!.Items);

        await after.Catalog.ResumeAsync(job.Name, CancellationToken.None);
        await after.Catalog.ResumeAsync(job.Name, CancellationToken.None);
        (await job.NextAsync()).Finish();
    }

    [Fact]
    public async Task A_paused_job_can_be_run_by_hand()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);
        await node.Catalog.PauseAsync(job.Name, CancellationToken.None);

        Assert.Equal(JobAnswer.Done, await node.Catalog.RunAsync(job.Name, CancellationToken.None));
        var run = await job.NextAsync();
        var status = await node.Catalog.FindAsync(job.Name, CancellationToken.None);
        run.Finish();

        Assert.Equal((JobState.Running, true), (status!.State, status.Paused));
        await UntilAsync(node, job, now => now.State == JobState.Paused);
    }

    [Fact]
    public async Task Tidying_jobs_run_at_every_start()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        FakeJob purge = new("purge-stale-sessions"), trim = new();
        for (var start = 0; start < 2; start++)
        {
            await using var node = await JobsNode.StartAsync(ledger, folder.Path, [purge, trim]);
            (await purge.NextAsync()).Finish();
            Assert.False((await LastRunAsync(node, purge)).ByHand);
            Assert.Null((await node.Catalog.FindAsync(trim.Name, CancellationToken.None))!.LastRun);
        }
    }

    [Fact]
    public async Task Mends_a_next_run_that_a_clock_set_back_has_left_far_ahead()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job], new SchedulesOptions());
        await node.Scheduler.Ready;
        var before = Stored(node, job).NextExecution!.Value;
        await using (var connection = await ledger.OpenConnectionAsync(CancellationToken.None))
        {
            await connection.ExecuteAsync(
                "update hangfire.hash set value = @Far where key = 'recurring-job:' || @Name and field = 'NextExecution'",
                new { job.Name, Far = JobHelper.SerializeDateTime(before.AddYears(10)) });
        }

        Assert.Equal(before.AddYears(10), Stored(node, job).NextExecution);

        RecurringJobs.Align(node.Storage, [job], new SchedulesOptions(), TimeProvider.System.GetUtcNow());

        Assert.Equal(before, Stored(node, job).NextExecution);
    }

    [Fact]
    public async Task A_request_that_was_left_when_the_clock_was_years_ahead_is_carried_out()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using (var connection = await ledger.OpenConnectionAsync(CancellationToken.None))
            await connection.ExecuteAsync(
                "insert into job_runs (job, by_hand, asked_at) values (@Name, true, now() + interval '10 years')", new { job.Name });

        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);

        (await job.NextAsync()).Finish();
        Assert.True((await LastRunAsync(node, job)).ByHand);
    }

    [Fact]
    public async Task A_run_that_a_stop_cut_off_is_run_again_at_the_next_start()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using (var before = await JobsNode.StartAsync(ledger, folder.Path, [job]))
        {
            await before.Catalog.RunAsync(job.Name, CancellationToken.None);
            await job.NextAsync();
        }

        await using var after = await JobsNode.StartAsync(ledger, folder.Path, [job]);
        (await job.NextAsync()).Finish("Made up for it.");
        await UntilAsync(after, job, status => status is { State: JobState.Idle, LastRun.Summary: "Made up for it." });
        var history = await after.Catalog.HistoryAsync(job.Name, null, 10, CancellationToken.None);

        Assert.Equal([JobOutcome.Succeeded, JobOutcome.Cancelled], history!.Items.Select(run => run.Outcome));
    }

    [Fact]
    public async Task History_comes_in_pages_newest_first()
    {
        await using var ledger = await postgres.CreateLedgerAsync();
        using var folder = new TempFolder();
        var job = new FakeJob();
        await using var node = await JobsNode.StartAsync(ledger, folder.Path, [job]);
        for (var number = 1; number <= 5; number++)
        {
            await node.Catalog.RunAsync(job.Name, CancellationToken.None);
            (await job.NextAsync()).Finish($"Run {number}.");
            await UntilAsync(node, job, status => status.State == JobState.Idle && status.LastRun?.Summary == $"Run {number}.");
        }

        var first = await node.Catalog.HistoryAsync(job.Name, null, 2, CancellationToken.None);
        var second = await node.Catalog.HistoryAsync(job.Name, first!.Items[^1].StartedAt, 2, CancellationToken.None);
        var third = await node.Catalog.HistoryAsync(job.Name, second!.Items[^1].StartedAt, 2, CancellationToken.None);

        Assert.Equal(["Run 5.", "Run 4.", "Run 3.", "Run 2.", "Run 1."], first.Items.Concat(second.Items).Concat(third!.Items)
            .Select(run => run.Summary));
        Assert.Equal((true, true, false), (first.More, second.More, third.More));
    }

    private static RecurringJobDto Stored(JobsNode node, FakeJob job)
    {
        using var connection = node.Storage.GetConnection();
        return connection.GetRecurringJobs().Single(stored => stored.Id == job.Name);
    }

    private static async Task<JobRun> LastRunAsync(JobsNode node, FakeJob job) =>
        (await UntilAsync(node, job, status => status is { State: JobState.Idle, LastRun: not null })).LastRun!;

    /// <summary>Asks until the status is as expected, because a run's result is written just after it has ended.</summary>
    private static async Task<JobStatus> UntilAsync(
        JobsNode node, FakeJob job, Func<JobStatus, bool> isSo, [CallerArgumentExpression(nameof(isSo))] string condition = "") =>
        (await Eventually.BecomesAsync(
            () => node.Catalog.FindAsync(job.Name, CancellationToken.None), status => isSo(status!), condition))!;
}
