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

    // Each part reads a partial index or the newest rows of one.
    private const string Read = $"""
        select '{Damaged}' as kind, '' as name, count(*) as value from uploads where damaged_at is not null
        union all
        select '{Transfer}', state, count(*) from transfers where ended_at is null group by state
        union all
        select '{Wait}', wait, count(*) from transfers where ended_at is null and wait is not null group by wait
        union all
        (select distinct on (job) '{Job}', job, (outcome = 'failed')::int
         from job_runs where ended_at is not null and outcome <> 'cancelled' order by job, started_at desc)
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
