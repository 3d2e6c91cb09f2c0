using System.Text.Json;
using ChunkUpload.Core.Jobs;
using ChunkUpload.Infrastructure.Audit;
using Dapper;

namespace ChunkUpload.Infrastructure.Jobs;

/// <summary>
/// The runs and the pauses of the jobs. They are in the ledger, because Hangfire cannot pause a recurring job and deletes old runs. A run
/// is requested, started, renewed by heartbeats and ended; at most one run of a job is open. Each statement may be repeated.
/// </summary>
internal sealed class JobRuns(LedgerCalls calls)
{
    // A job that runs every five minutes has 8,640 runs in the default thirty days. The limit is for schedules with intervals of seconds.
    private const int MostRunsPerJob = 20_000;

    // The audit log records who requested a manual run.
    private const string Ask = $"""
        with asked as (
            insert into job_runs (job, by_hand)
            select @Run, @ByHand where @ByHand or not exists (select from paused_jobs where job = @Job)
            on conflict do nothing returning id
        )
        select id, case when @ByHand then {ActParameters.Noted} end from asked
        """;

    // A ticket starts one run only, because Hangfire may pass the same background job to a second worker.
    private const string BeginScheduled = $"""
        insert into job_runs (job, by_hand, ticket, node, started_at)
        select @Job, false, @Ticket, @Node, clock_timestamp() where not exists (select from paused_jobs where job = @Job)
        on conflict do nothing returning id, {Started}
        """;

    private const string BeginAsked = $"""
        update job_runs set ticket = @Ticket, node = @Node, started_at = clock_timestamp()
        where id = @Run and started_at is null and ended_at is null returning id, {Started}
        """;

    /// <summary>Pages receive runs as events of the service.</summary>
    private const string Started = "add_event('job_started', 'job', split_part(job, '@', 1), jsonb_build_object("
        + "'job', split_part(job, '@', 1), 'run', id, 'byHand', by_hand))";

    private const string Ended = """
        add_event('job_ended', 'job', split_part(job, '@', 1), jsonb_build_object(
            'job', split_part(job, '@', 1), 'run', id, 'outcome', outcome, 'summary', summary, 'milliseconds', round(duration_ms)))
        """;

    private const string Beat = """
        update job_runs set beats = beats + 1, progress = coalesce(@Progress::json, progress)
        where id = @Run and ended_at is null returning id
        """;

    private const string End = $"""
        update job_runs set ended_at = clock_timestamp(), outcome = @Outcome, summary = @Summary, counts = @Counts::json,
            error = @Error, duration_ms = @Milliseconds
        where id = @Run and ended_at is null returning {Ended}
        """;

    // An interrupted run is requested again in the same statement, so that it is not lost if the process is killed.
    private const string Interrupt = $"""
        with ended as (
            update job_runs set ended_at = clock_timestamp(), outcome = 'cancelled', summary = @Why,
                duration_ms = greatest(0, extract(epoch from clock_timestamp() - started_at) * 1000)
            where id = @Run and ended_at is null returning job, by_hand, {Ended}
        )
        insert into job_runs (job, by_hand)
        select job, by_hand from ended
        where by_hand or not exists (select from paused_jobs where paused_jobs.job = split_part(ended.job, '@', 1))
        on conflict do nothing
        """;

    private const string Open = "select id as Id, job as Job, node as Node, beats as Beats from job_runs where ended_at is null";

    private const string Status = """
        select j.name as Name, p.paused_at is not null as Paused, o.id is not null as IsOpen, o.started_at as OpenSince, o.node as OpenNode,
            o.progress::text as OpenProgress, h.*
        from unnest(@Names) j(name)
        left join paused_jobs p on p.job = split_part(j.name, '@', 1)
        left join job_runs o on o.job = j.name and o.ended_at is null
        left join lateral (
            select started_at as StartedAt, duration_ms as DurationMs, outcome as Outcome, summary as Summary, counts::text as Counts,
                error as Error, node as Node, by_hand as ByHand
            from job_runs where job = j.name and ended_at is not null and started_at is not null
            order by started_at desc limit 1) h on true
        """;

    private const string History = """
        select started_at as StartedAt, duration_ms as DurationMs, outcome as Outcome, summary as Summary, counts::text as Counts,
            error as Error, node as Node, by_hand as ByHand
        from job_runs
        where job = any (@Runs) and ended_at is not null and started_at is not null
              and started_at < coalesce(@Before::timestamptz, 'infinity')
        order by started_at desc limit @Limit
        """;

    private const string Pause = "insert into paused_jobs (job) values (@Job) on conflict do nothing";
    private const string Resume = "delete from paused_jobs where job = @Job returning paused_at";

    private const string Trim = """
        delete from job_runs where job = @Job and ended_at is not null and (started_at < now() - @Age or id <=
            (select id from job_runs where job = @Job and ended_at is not null order by id desc offset @Most limit 1))
        """;

    /// <param name="run">The name of the run, as <see cref="RunNames"/> has it.</param>
    /// <returns>Null if such a run is open, or the job is paused and the run is not requested manually.</returns>
    public Task<long?> AskAsync(string run, bool byHand, CancellationToken cancellationToken) =>
        ScalarAsync<long?>(
            Ask, ActParameters.Of(new { Run = run, Job = RunNames.JobOf(run), ByHand = byHand }, "job.run", run, tenant: ""),
            cancellationToken);

    /// <returns>Null if another run of the job is open, the job is paused, or this ticket has already started a run.</returns>
    public Task<long?> BeginScheduledAsync(string job, string ticket, string node, CancellationToken cancellationToken) =>
        ScalarAsync<long?>(BeginScheduled, new { Job = job, Ticket = ticket, Node = node }, cancellationToken);

    /// <returns>Null if the run has already started.</returns>
    public Task<long?> BeginAskedAsync(long run, string ticket, string node, CancellationToken cancellationToken) =>
        ScalarAsync<long?>(BeginAsked, new { Run = run, Ticket = ticket, Node = node }, cancellationToken);

    /// <returns>False when the run was ended by another process: its lease is lost.</returns>
    public async Task<bool> BeatAsync(long run, JobProgress? progress, CancellationToken cancellationToken) =>
        await ScalarAsync<long?>(
            Beat, new { Run = run, Progress = progress is null ? null : JsonSerializer.Serialize(progress) },
                cancellationToken) is not null;

    public Task EndAsync(long run, JobOutcome outcome, JobReport report, TimeSpan took, CancellationToken cancellationToken) =>
        ExecuteAsync(
        End,
        new
        {
            Run = run,
            Outcome = JobRunRow.NameOf(outcome),
            report.Summary,
            Counts = JsonSerializer.Serialize(report.Counts),
            report.Error,
            Milliseconds = took.TotalMilliseconds,
        },
        cancellationToken);

    /// <summary>Ends an interrupted run, and requests another one unless its job is paused.</summary>
    public Task InterruptAsync(long run, string why, CancellationToken cancellationToken) =>
        ExecuteAsync(Interrupt, new { Run = run, Why = why }, cancellationToken);

    /// <summary>Returns the requested and running runs on all nodes.</summary>
    public Task<IReadOnlyList<OpenJobRun>> OpenAsync(CancellationToken cancellationToken) =>
        QueryAsync<OpenJobRun>(Open, new { }, cancellationToken);

    public Task<IReadOnlyList<JobStatusRow>> StatusAsync(IEnumerable<string> names, CancellationToken cancellationToken) =>
        QueryAsync<JobStatusRow>(Status, new { Names = names.ToArray() }, cancellationToken);

    /// <param name="names">The names of the job's runs.</param>
    public async Task<JobRunPage> HistoryAsync(
        IReadOnlyList<string> names, DateTimeOffset? before, int limit, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync<JobRunRow>(
            History, new { Runs = names.ToArray(), Before = before?.UtcDateTime, Limit = limit + 1 }, cancellationToken);
        return new JobRunPage([.. rows.Take(limit).Select(row => row.ToRun())], rows.Count > limit);
    }

    public Task PauseAsync(string job, CancellationToken cancellationToken) => ExecuteAsync(Pause, new { Job = job }, cancellationToken);

    /// <returns>Since when it was paused; null when it was not.</returns>
    public Task<DateTime?> ResumeAsync(string job, CancellationToken cancellationToken) =>
        ScalarAsync<DateTime?>(Resume, new { Job = job }, cancellationToken);

    public Task TrimAsync(string job, TimeSpan age, CancellationToken cancellationToken) =>
        ExecuteAsync(Trim, new { Job = job, Age = age, Most = MostRunsPerJob }, cancellationToken);

    private Task<T?> ScalarAsync<T>(string sql, object arguments, CancellationToken cancellationToken) => calls.OnceAsync(
        (connection, token) => connection.ExecuteScalarAsync<T>(new CommandDefinition(sql, arguments, cancellationToken: token)),
            cancellationToken);

    private Task<int> ExecuteAsync(string sql, object arguments, CancellationToken cancellationToken) => calls.OnceAsync(
        (connection, token) => connection.ExecuteAsync(new CommandDefinition(sql, arguments, cancellationToken: token)), cancellationToken);

    private Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object arguments, CancellationToken cancellationToken) =>
        calls.OnceAsync<IReadOnlyList<T>>(
        async (connection, token) => (await connection.QueryAsync<T>(new CommandDefinition(sql, arguments, cancellationToken: token)))
            .AsList(),
        cancellationToken);
}
