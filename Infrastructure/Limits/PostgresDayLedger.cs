using ChunkUpload.Core.Limits;
using Dapper;

namespace ChunkUpload.Infrastructure.Limits;

/// <summary>The bytes of each day, in PostgreSQL.</summary>
internal sealed class PostgresDayLedger(LedgerCalls calls) : IDayLedger
{
    // A month's days can still be looked at after its end.
    private const int KeptDays = 35;

    private const string OfDay = """
        select day, tenant, subject, received, sent, changed_at as changedat
        from usage_days
        where day = @Day and changed_at >= @Since
        """;

    private const string Add = """
        with gone as (delete from usage_days where day < @Oldest)
        insert into usage_days as u (day, tenant, subject, received, sent, batch, changed_at)
        select n.*, @Batch, clock_timestamp() from unnest(@Days, @Tenants, @Subjects, @Received, @Sent) n
        on conflict (day, tenant, subject) do update set
            received = u.received + case when u.batch = excluded.batch then 0 else excluded.received end,
            sent = u.sent + case when u.batch = excluded.batch then 0 else excluded.sent end,
            batch = excluded.batch,
            changed_at = excluded.changed_at
        returning u.day, u.tenant, u.subject, u.received, u.sent, u.changed_at as changedat
        """;

    public Task<IReadOnlyList<DayUsage>> OfDayAsync(DateOnly day, DateTimeOffset? since, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, stop) => ReadAsync(
                connection,
                new CommandDefinition(OfDay, new { Day = day, Since = (since ?? default).UtcDateTime }, cancellationToken: stop)),
            cancellationToken);

    public Task<IReadOnlyList<DayUsage>> AddAsync(DayBatch batch, CancellationToken cancellationToken)
    {
        // Rows in a fixed order, so that two processes cannot deadlock.
        var rows = batch.Changes.GroupBy(change => (change.Day, change.Tenant, change.Subject))
            .OrderBy(group => group.Key.Day).ThenBy(group => group.Key.Tenant, StringComparer.Ordinal)
            .ThenBy(group => group.Key.Subject, StringComparer.Ordinal).ToList();
        var parameters = new
        {
            Batch = batch.Id,
            Oldest = rows[0].Key.Day.AddDays(-KeptDays),
            Days = rows.Select(row => row.Key.Day).ToArray(),
            Tenants = rows.Select(row => row.Key.Tenant).ToArray(),
            Subjects = rows.Select(row => row.Key.Subject).ToArray(),
            Received = rows.Select(row => row.Sum(change => change.Received)).ToArray(),
            Sent = rows.Select(row => row.Sum(change => change.Sent)).ToArray(),
        };
        return calls.RunAsync(
            (connection, stop) => ReadAsync(connection, new CommandDefinition(Add, parameters, cancellationToken: stop)),
            cancellationToken);
    }

    private static async Task<IReadOnlyList<DayUsage>> ReadAsync(Npgsql.NpgsqlConnection connection, CommandDefinition command) =>
        [.. (await connection.QueryAsync<DayRow>(command)).Select(row => row.ToUsage())];

    private sealed class DayRow
    {
        public DateOnly Day { get; set; }
        public string Tenant { get; set; } = "";
        public string Subject { get; set; } = "";
        public long Received { get; set; }
        public long Sent { get; set; }
        public DateTime ChangedAt { get; set; }

        public DayUsage ToUsage() => new(Day, Tenant, Subject, Received, Sent) { ChangedAt = LedgerRows.Utc(ChangedAt) };
    }
}
