using ChunkUpload.Core.Access;
using ChunkUpload.Core.Transfers;
using Dapper;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>Figures.</summary>
internal sealed partial class PostgresTransferLedger
{
    private const string Window = """
        t.tenant = @Tenant and (@Owner::text is null or t.subject = @Owner) and (t.ended_at is null or t.ended_at >= @From)
        """;

    private const string Statistics = $"""
        select case when t.wait is not null and t.ended_at is null and t.state <> 'paused' then 'waiting' else t.state end as word,
               count(*)::float8 as count
        from transfers t where {Window} group by 1 order by 1;

        select date_trunc('day', t.ended_at at time zone 'UTC') as day, count(*) filter (where t.state = 'done') as done,
               count(*) filter (where t.state = 'partly_done') as partly_done, count(*) filter (where t.state = 'failed') as failed,
               count(*) filter (where t.state = 'cancelled') as cancelled, sum(t.done_files)::bigint as files,
               sum(t.done_bytes)::bigint as bytes
        from transfers t where {Window} and t.ended_at is not null group by 1 order by 1;

        select t.source, t.destination, count(*) as transfers, sum(t.done_files)::bigint as files, sum(t.done_bytes)::bigint as bytes,
               sum(t.skipped)::bigint as skipped, sum(t.failed)::bigint as failed
        from transfers t where {Window} group by 1, 2 order by 5 desc, 3 desc limit @Most;

        select coalesce(i.fault, 'refused') as fault, case when t.subject = @Subject then i.reason end as reason, count(*) as files
        from transfers t join transfer_items i on i.transfer = t.id and i.state = 'failed'
        where {Window} and t.failed > 0 group by 1, 2 order by 3 desc, 1, 2 limit @Most;

        select v.key as word, sum(v.value::float8) as count
        from transfers t cross join jsonb_each_text(t.verified) v where {Window} group by 1 order by 2 desc, 1;

        select w.word, sum(w.seconds)::float8 as count
        from transfers t
        cross join lateral (
            select e.key as word, e.value::numeric as seconds from jsonb_each_text(t.waited) e
            union all
            select split_part(t.told, ' ', 2), extract(epoch from now() - t.told_at) where t.ended_at is null and t.told like '% %'
        ) w
        where {Window} group by 1 order by 2 desc, 1
        """;

    private const int MostOfEach = 20;

    public Task<TransferStatistics> StatisticsAsync(Caller caller, TimeSpan window, CancellationToken cancellationToken)
    {
        var from = time.GetUtcNow() - window;
        var parameters = new { caller.Tenant, caller.Owner, caller.Subject, From = from, Most = MostOfEach };
        return calls.RunAsync(
            async (connection, stop) =>
            {
                await using var answers = await connection.QueryMultipleAsync(Command(Statistics, parameters, stop));
                return new TransferStatistics(
                    from, await WordsAsync(answers),
                    [.. (await answers.ReadAsync<DayRow>()).Select(day => new TransferDay(
                        DateOnly.FromDateTime(day.Day), day.Done, day.PartlyDone, day.Failed, day.Cancelled, day.Files, day.Bytes))],
                    [.. await answers.ReadAsync<TransferRoute>()], [.. await answers.ReadAsync<TransferFailure>()],
                    await WordsAsync(answers), await WordsAsync(answers));
            },
            cancellationToken);
    }

    private static async Task<IReadOnlyList<CountedWord>> WordsAsync(SqlMapper.GridReader answers) =>
        [.. await answers.ReadAsync<CountedWord>()];

    private sealed class DayRow
    {
        static DayRow() => LedgerRows.Prepare();

        public DateTime Day { get; set; }
        public long Done { get; set; }
        public long PartlyDone { get; set; }
        public long Failed { get; set; }
        public long Cancelled { get; set; }
        public long Files { get; set; }
        public long Bytes { get; set; }
    }
}
