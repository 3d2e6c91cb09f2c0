using ChunkUpload.Core.Access;
using ChunkUpload.Core.Transfers;
using Dapper;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>Figures of transfers.</summary>
internal sealed partial class PostgresTransferLedger
{
    private const string Window = """
        t.tenant = @Tenant and (@Owner::text is null or t.subject = @Owner) and (t.ended_at is null or t.ended_at >= @From)
        """;

    // The duration and the waiting time of each ended transfer.
    private const string Took = """
        left join lateral (
            select extract(epoch from t.ended_at - t.began_at)::float8 as seconds,
                   (select coalesce(sum(w.value::float8), 0) from jsonb_each_text(t.waited) w) as waited
            where t.ended_at is not null and t.began_at is not null
        ) k on true
        """;

    private const string Paces = """
        sum(t.retries)::bigint as retries, percentile_cont(0.5) within group (order by k.seconds) as seconds,
        sum(t.done_bytes) filter (where k.seconds is not null) / nullif(sum(greatest(k.seconds - k.waited, 0)), 0) as bytes_per_second
        """;

    private const string Day = $"""
        date_trunc('day', t.ended_at at time zone 'UTC') as day, count(*) filter (where t.state = 'done') as done,
        count(*) filter (where t.state = 'partly_done') as partly_done, count(*) filter (where t.state = 'failed') as failed,
        count(*) filter (where t.state = 'cancelled') as cancelled, sum(t.done_files)::bigint as files,
        sum(t.done_bytes)::bigint as bytes, {Paces}
        """;

    private const string RouteDays = $"""
        select {Day}, t.source, t.destination from transfers t {Took} where {Window} and t.ended_at is not null
        group by 1, t.source, t.destination order by 1, bytes desc, t.source, t.destination limit @Most
        """;

    private const string Statistics = $"""
        select case when t.wait is not null and t.ended_at is null and t.state <> 'paused' then 'waiting' else t.state end as word,
               count(*)::float8 as count
        from transfers t where {Window} group by 1 order by 1;

        select {Day} from transfers t {Took} where {Window} and t.ended_at is not null group by 1 order by 1;

        select t.source, t.destination, count(*) as transfers, sum(t.done_files)::bigint as files, sum(t.done_bytes)::bigint as bytes,
               sum(t.skipped)::bigint as skipped, sum(t.failed)::bigint as failed, {Paces}
        from transfers t {Took} where {Window} group by 1, 2 order by 5 desc, 3 desc limit @Most;

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
    private const int MostRouteDays = 100_000;

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
                    [.. (await answers.ReadAsync<StatisticsRow>()).Select(row => row.ToDay())],
                    [.. (await answers.ReadAsync<StatisticsRow>()).Select(row => row.ToRoute())],
                    [.. await answers.ReadAsync<TransferFailure>()],
                    await WordsAsync(answers), await WordsAsync(answers));
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<TransferRouteDay>> RouteDaysAsync(Caller caller, TimeSpan window, CancellationToken cancellationToken)
    {
        var parameters = new { caller.Tenant, caller.Owner, From = time.GetUtcNow() - window, Most = MostRouteDays };
        return calls.RunAsync<IReadOnlyList<TransferRouteDay>>(
            async (connection, stop) =>
            [
                .. (await connection.QueryAsync<StatisticsRow>(Command(RouteDays, parameters, stop)))
                    .Select(row => new TransferRouteDay(row.Source, row.Destination, row.ToDay())),
            ],
            cancellationToken);
    }

    private static async Task<IReadOnlyList<CountedWord>> WordsAsync(SqlMapper.GridReader answers) =>
        [.. await answers.ReadAsync<CountedWord>()];

    private sealed class StatisticsRow
    {
        static StatisticsRow() => LedgerRows.Prepare();

        public DateTime Day { get; set; }
        public Guid? Source { get; set; }
        public Guid? Destination { get; set; }
        public long Transfers { get; set; }
        public long Done { get; set; }
        public long PartlyDone { get; set; }
        public long Failed { get; set; }
        public long Cancelled { get; set; }
        public long Skipped { get; set; }
        public long Files { get; set; }
        public long Bytes { get; set; }
        public long Retries { get; set; }
        public double? Seconds { get; set; }
        public double? BytesPerSecond { get; set; }

        public TransferDay ToDay() => new(
            DateOnly.FromDateTime(Day), Done, PartlyDone, Failed, Cancelled, Files, Bytes, Paces);

        public TransferRoute ToRoute() => new(Source, Destination, Transfers, Files, Bytes, Skipped, Failed, Paces);

        private TransferPaces Paces => new(Retries, Seconds, BytesPerSecond);
    }
}
