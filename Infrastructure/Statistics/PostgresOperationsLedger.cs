using ChunkUpload.Core.Statistics;
using Dapper;

namespace ChunkUpload.Infrastructure.Statistics;

/// <summary>Figures for operators in PostgreSQL.</summary>
internal sealed class PostgresOperationsLedger(LedgerCalls calls) : IOperationsLedger
{
    private const string Damaged = "damaged";
    private const string Transfer = "transfer";
    private const string Wait = "wait";
    private const string Job = "job";

    // The history of jobs has many rows of few jobs, so the query steps from job to job along the index job_runs_history.
    private const string Read = $"""
        with recursive jobs as (
            select min(job) as job from job_runs where ended_at is not null
            union all
            select (select min(next.job) from job_runs next where next.ended_at is not null and next.job > jobs.job)
            from jobs where jobs.job is not null)
        select '{Damaged}' as kind, '' as name, count(*) as value from uploads where damaged_at is not null
        union all
        select '{Transfer}', state, count(*) from transfers where ended_at is null group by state
        union all
        select '{Wait}', wait, count(*) from transfers where ended_at is null and wait is not null group by wait
        union all
        select '{Job}', jobs.job, (last.outcome = 'failed')::int
        from jobs cross join lateral (
            select outcome from job_runs where job = jobs.job and ended_at is not null and outcome <> 'cancelled'
            order by started_at desc limit 1) last
        """;

    public Task<OperationsFigures> ReadAsync(CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            var rows = (await connection.QueryAsync<Row>(new CommandDefinition(Read, cancellationToken: stop))).AsList();
            return new OperationsFigures(rows.Single(row => row.Kind == Damaged).Value, Of(Transfer), Of(Wait), Of(Job));

            Dictionary<string, long> Of(string kind) => rows.Where(row => row.Kind == kind).ToDictionary(row => row.Name, row => row.Value);
        },
        cancellationToken);

    private sealed record Row(string Kind, string Name, long Value);
}
