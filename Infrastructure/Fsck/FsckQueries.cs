namespace ChunkUpload.Infrastructure.Fsck;

/// <summary>The statements of fsck. Pages start at a key, so their cost does not depend on their position.</summary>
internal static class FsckQueries
{
    public const string Uploads = """
        with page as materialized (
            select * from uploads where @After::uuid is null or id > @After order by id limit @Limit
        )
        select u.id, u.state, u.protocol, u.file_name, u.size, u.has_content, u.sha256 is not null as digest_known,
               extract(epoch from now() - u.state_at)::float8 as in_state_seconds,
               (select seconds from service_clock) - greatest(u.purge_at, u.active_at + u.idle_allowance) as overdue_seconds,
               case when u.damaged_at is not null then coalesce(u.damaged_reason, '') end as damaged_reason,
               u.received_bytes, u.placed_bytes, u.chunk_count,
               p.bytes as extent_bytes, p.placed as extent_placed, p.count as extent_count,
               (select coalesce(sum(upper(run) - lower(run)), 0)::bigint from unnest(p.covered) run) as covered,
               lower(p.covered) as first_byte,
               (select count(*) from unnest(p.covered) run) as runs,
               p.covered is not distinct from r.covered as ranges_match,
               exists (select from extents e join stored_files f on f.id = e.file_id
                       where e.upload_id = u.id and f.store <> all (@Stores) offset 0) as elsewhere,
               u.state = 'completed' and u.target_space is not null
               and not exists (select from entry_versions v where v.upload = u.id) as unnamed
        from page u
        cross join lateral (
            select count(*) as count, coalesce(sum(length), 0)::bigint as bytes,
                   coalesce(sum(length) filter (where placed), 0)::bigint as placed,
                   range_agg(int8range(start, start + length)) as covered
            from extents where upload_id = u.id
        ) p
        cross join lateral (
            select range_agg(int8range(lo, hi)) as covered from received_ranges where upload_id = u.id
        ) r
        order by u.id
        """;

    public const string Quarantined = """
        select n.* from (
            select u.id from uploads u
            where u.damaged_at is not null and is_present(u.state)
              and (@After::uuid is null or u.id > @After) and not is_checked_elsewhere(@Store, u.id)
            order by u.id limit @Limit
        ) o
        join upload_now n on n.id = o.id
        order by o.id
        """;

    private const string ExtentColumns = """
        select p.upload_id, p.start, p.length, p.file_offset, u.file_name,
               f.id as file_id, f.store as file_store, f.kind as file_kind, f.incarnation as file_incarnation,
               f.tombstone_at is not null as tombstoned,
               is_present(u.state) and coalesce(f.store = any (@Stores), true) as counts
        """;

    // Select the page first and join afterwards. If uploads were joined before the limit, a plan based on old statistics could join all
    // rows for every page.
    public const string Extents = $"""
        with page as materialized (
            select * from extents where @Upload::uuid is null or (upload_id, start) > (@Upload, @Start)
            order by upload_id, start limit @Limit
        )
        {ExtentColumns}
        from page p join uploads u on u.id = p.upload_id left join stored_files f on f.id = p.file_id
        order by p.upload_id, p.start
        """;

    public const string Extent = $"""
        {ExtentColumns}
        from extents p join uploads u on u.id = p.upload_id left join stored_files f on f.id = p.file_id
        where p.upload_id = @Upload and p.start = @Start
        """;

    private const string PrefixColumns = """
        select x.upload_id, x.start, x.kept, u.file_name,
               f.id as file_id, f.store as file_store, f.kind as file_kind, f.incarnation as file_incarnation,
               f.tombstone_at is not null as tombstoned,
               exists (select from extents p where p.upload_id = x.upload_id and p.start = x.start) as received,
               takes_bytes(u.state) and u.damaged_at is null and coalesce(f.store = any (@Stores), true) as counts
        """;

    public const string Prefixes = $"""
        with page as materialized (
            select * from prefixes where @Upload::uuid is null or (upload_id, start) > (@Upload, @Start)
            order by upload_id, start limit @Limit
        )
        {PrefixColumns}
        from page x join uploads u on u.id = x.upload_id left join stored_files f on f.id = x.file_id
        order by x.upload_id, x.start
        """;

    public const string Prefix = $"""
        {PrefixColumns}
        from prefixes x join uploads u on u.id = x.upload_id left join stored_files f on f.id = x.file_id
        where x.upload_id = @Upload and x.start = @Start
        """;

    public const string Files = """
        with page as materialized (
            select * from stored_files where @After::uuid is null or id > @After order by id limit @Limit
        )
        select f.id, f.store, f.kind, f.incarnation, f.upload_id,
               f.store = any (@Stores) and f.tombstone_at is null
               and not exists (select from extents p where p.file_id = f.id)
               and not exists (select from prefixes x where x.upload_id = f.upload_id and x.file_id = f.id)
               and not exists (select from assemblies a where a.upload_id = f.upload_id and a.file_id = f.id)
               and not exists (select from uploads u where u.id = f.upload_id and u.has_content and is_ended(u.state)) as unused
        from page f
        order by f.id
        """;

    public const string Tombstones = """
        select f.id, f.store, f.kind, f.incarnation, f.upload_id, false as unused
        from stored_files f
        where (@After::uuid is null or f.id > @After) and f.tombstone_at < now() - @Age and f.forget_at is null and f.store = any (@Stores)
        order by f.id limit @Limit
        """;

    public const string UnknownFiles = """
        select g.id, @Store as store, g.kind, g.incarnation, l.id is not null or g.incarnation < n.newest as incarnation_known,
               l.id is null or l.fenced_at is not null as fenced
        from unnest(@Ids, @Kinds, @Incarnations) g (id, kind, incarnation)
        cross join (select coalesce(max(id), 0) as newest from incarnations) n
        left join incarnations l on l.id = g.incarnation
        where not exists (select from stored_files f where f.id = g.id and f.kind = g.kind and f.incarnation = g.incarnation)
        """;
}
