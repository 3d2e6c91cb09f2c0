namespace ChunkUpload.Infrastructure.Advisor;

/// <summary>Statements on the advisor's memory.</summary>
internal static class AdviceQueries
{
    // Steps of an upload that is not there (removed, or not yet visible) are skipped; the others are still inserted.
    public const string AddSteps = """
        insert into advice_steps (upload_id, at, chunk_size, concurrency, limited_by, rate, dead_time, mtbf, succeeded, failed, bytes)
        select s.upload_id, s.at, s.chunk_size, s.concurrency, s.limited_by, s.rate, s.dead_time, s.mtbf, s.succeeded, s.failed, s.bytes
        from unnest(@Uploads, @Times, @Sizes, @Concurrencies, @Limits, @Rates, @DeadTimes, @Mtbfs, @Successes, @Failures, @Bytes)
             with ordinality s (upload_id, at, chunk_size, concurrency, limited_by, rate, dead_time, mtbf, succeeded, failed, bytes, number)
        join uploads u on u.id = s.upload_id
        order by s.number
        """;

    public const string Steps = """
        select id, at, chunk_size, concurrency, limited_by, rate, dead_time, mtbf, succeeded, failed, bytes
        from advice_steps where upload_id = @Id and id > @After order by id limit @Limit
        """;

    // Several nodes may know the same network: the newest figures win, and counts never fall.
    public const string SaveNetworks = """
        insert into client_networks as n (tenant, subject, network, first_seen_at, seen_at, uploaded, requests, failures, figures)
        select s.tenant, s.subject, s.network, s.first_seen_at, s.seen_at, s.uploaded, s.requests, s.failures, s.figures::double precision[]
        from unnest(@Tenants, @Subjects, @Networks, @Firsts, @Lasts, @Uploaded, @Requests, @Failures, @Figures)
             s (tenant, subject, network, first_seen_at, seen_at, uploaded, requests, failures, figures)
        order by s.tenant, s.subject, s.network
        on conflict (tenant, subject, network) do update set
            first_seen_at = least(n.first_seen_at, excluded.first_seen_at),
            seen_at = greatest(n.seen_at, excluded.seen_at),
            uploaded = greatest(n.uploaded, excluded.uploaded),
            requests = greatest(n.requests, excluded.requests),
            failures = greatest(n.failures, excluded.failures),
            figures = case when excluded.seen_at >= n.seen_at then excluded.figures else n.figures end
        """;

    public const string RecentNetworks = """
        select id, tenant, subject, network, first_seen_at, seen_at, uploaded, requests, failures, figures
        from client_networks where seen_at > now() - @Within order by seen_at desc limit @Limit
        """;

    public const string LastNetworks = """
        select n.*
        from (select distinct * from unnest(@Tenants, @Subjects) a (tenant, subject)) s
        cross join lateral (
            select id, tenant, subject, network, first_seen_at, seen_at, uploaded, requests, failures, figures
            from client_networks c where c.tenant = s.tenant and c.subject = s.subject order by c.seen_at desc limit 1
        ) n
        """;

    public const string Networks = """
        select id, tenant, subject, network, first_seen_at, seen_at, uploaded, requests, failures, figures
        from client_networks where tenant = @Tenant and (@Before::bigint is null or id < @Before::bigint) order by id desc limit @Limit
        """;
}
