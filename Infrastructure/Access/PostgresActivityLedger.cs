using ChunkUpload.Core.Access;
using Dapper;

namespace ChunkUpload.Infrastructure.Access;

/// <summary>Reads the activity of subjects from the counters of the limits.</summary>
internal sealed class PostgresActivityLedger(LedgerCalls calls) : IActivityLedger
{
    private const string Query = """
        select s.tenant as "Tenant", s.subject as "Subject", u.open_uploads as "OpenUploads", u.stored_bytes as "StoredBytes",
               d.received as "Received", d.sent as "Sent"
        from (select distinct * from unnest(@Tenants, @Subjects) a (tenant, subject)) s
        cross join lateral (
            select coalesce(sum(n.open_uploads), 0)::bigint as open_uploads, coalesce(sum(n.stored_bytes), 0)::bigint as stored_bytes
            from usage_now n where n.tenant = s.tenant and n.subject = s.subject
        ) u
        cross join lateral (
            select coalesce(sum(n.received), 0)::bigint as received, coalesce(sum(n.sent), 0)::bigint as sent
            from usage_days n where n.tenant = s.tenant and n.subject = s.subject
        ) d
        """;

    public Task<IReadOnlyDictionary<ActiveSubject, Activity>> OfAsync(
        IReadOnlyCollection<ActiveSubject> subjects, CancellationToken cancellationToken)
    {
        var parameters = new
        {
            Tenants = subjects.Select(one => one.Tenant).ToArray(),
            Subjects = subjects.Select(one => one.Subject).ToArray(),
        };
        return calls.RunAsync<IReadOnlyDictionary<ActiveSubject, Activity>>(
            async (connection, stop) => (await connection.QueryAsync<Row>(
                    new CommandDefinition(Query, parameters, cancellationToken: stop)))
                .ToDictionary(
                    row => new ActiveSubject(row.Tenant, row.Subject),
                    row => new Activity(row.OpenUploads, row.StoredBytes, row.Received, row.Sent)),
            cancellationToken);
    }

    private sealed class Row
    {
        public string Tenant { get; set; } = "";
        public string Subject { get; set; } = "";
        public long OpenUploads { get; set; }
        public long StoredBytes { get; set; }
        public long Received { get; set; }
        public long Sent { get; set; }
    }
}
