using ChunkUpload.Core.Statistics;

namespace ChunkUpload.Infrastructure.Statistics;

/// <summary>Statements on figures and on the history. Transaction ids are passed as text, because Dapper has no type for them.</summary>
internal static class StatisticsQueries
{
    public const string Read = """
        select e.from_xid::text as fromxid, e.from_id as fromid, e.xid::text as xid, e.id, e.at, e.kind, e.upload_id as upload, e.tenant,
               e.subject, e.protocol, e.is_part as ispart, e.reason, e.file_name as filename, e.size, e.received, e.began_at as beganat,
               e.attempts, e.causes::text as causes, e.saved, e.chunk_size as chunksize, e.concurrency, e.limited_by as limitedby, e.rate,
               e.mtbf, e.user_agent as useragent
        from read_endings(@Limit) e
        """;

    public const string Count =
        "select count_endings(@FromXid::xid8, @FromId, @Xid::xid8, @Id, @Stories::json, @Figures::json)";

    public const string CountReceived = "select count_received(@Incarnation, @Batch, @Figures::json)";

    public const string Trim = "select trim_statistics(@Age, @Limit)";

    public static string Figures(StatisticsQuery query) => $"""
        select {(query.Step == StatisticsStep.TenMinutes ? "date_bin('10 minutes', s.start, timestamptz 'epoch')" : "s.start")} as at,
               s.kind, s.name, sum(s.value)::bigint as value
        from statistics s
        where s.width = @Width and s.start >= @From and s.start < @To{(query.Tenant is null ? "" : " and s.tenant = @Tenant")}
        group by 1, 2, 3 order by 1, 2, 3
        """;

    /// <summary>
    /// Returns the statement for a page of the history with only the conditions of the query, so that an index can be used.
    /// </summary>
    public static string History(HistoryQuery query)
    {
        var where = new List<string>();
        if (query.Tenant is not null)
            where.Add("h.tenant = @Tenant");
        if (query.Owner is not null)
        {
            where.Add("""
                h.subject in (select @Owner::text union all select 'link:' || translate(l.id::text, '-', '') from links l
                              where l.made_by = @Owner and l.tenant = @Tenant)
                """);
        }

        if (query.States.Count == 1)
            where.Add("h.state = @State");
        else if (query.States.Count > 0)
            where.Add("h.state = any (@States)");
        if (query.Name is not null)
            where.Add("h.file_name ilike @Name");
        if (query.Protocol is not null)
            where.Add("h.protocol = @Protocol");
        if (query.From is not null)
            where.Add("h.ended_at >= @From");
        if (query.To is not null)
            where.Add("h.ended_at < @To");
        if (query.After is not null)
            where.Add("(h.ended_at, h.upload_id) < (@AfterTime, @AfterId)");
        return $"""
            select h.upload_id as upload, h.tenant, h.subject, h.protocol, h.state, h.reason, h.file_name as filename, h.size, h.received,
                   h.began_at as beganat, h.ended_at as endedat, h.attempts, h.cuts, h.takeovers, h.saved, h.causes::text as causes,
                   h.network, h.chunk_size as chunksize, h.concurrency, h.limited_by as limitedby,
                   h.user_agent as useragent
            from finished_uploads h
            {(where.Count == 0 ? "" : "where ")}{string.Join(" and ", where)}
            order by h.ended_at desc, h.upload_id desc limit @Limit
            """;
    }
}
