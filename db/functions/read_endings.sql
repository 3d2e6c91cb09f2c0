-- The next events that are not counted yet. An event about the beginning of an upload, or about an end that is not in finished_uploads,
-- comes with the facts of the upload. The requests of an upload's parts count as its own.
create function read_endings(p_limit int)
returns table (
    from_xid xid8, from_id bigint, xid xid8, id bigint, at timestamptz, kind text, upload_id uuid, tenant text, subject text, protocol text,
    is_part boolean, reason text, file_name text, size bigint, received bigint, began_at timestamptz, attempts bigint, causes json,
    saved bigint, chunk_size bigint, concurrency int, limited_by text, rate double precision, mtbf double precision,
    user_agent text)
language sql stable set enable_hashjoin = off set enable_mergejoin = off as $$
    select e.from_xid, e.from_id, e.xid, e.id, e.at, e.kind, u.id, u.tenant, u.subject, u.protocol,
           u.is_part, u.state_reason, u.file_name, u.size, u.received_bytes, u.created_at,
           u.attempt_count, f.causes, f.saved, a.chunk_size, a.concurrency, a.limited_by, a.rate, a.mtbf, u.user_agent
    from (
        select p.xid as from_xid, p.id as from_id, v.xid, v.id, v.at, v.kind, v.upload_id
        from statistics_position p
        cross join lateral (
            select n.xid, n.id, n.at, n.kind, n.upload_id from events n
            where (n.xid, n.id) > (p.xid, p.id) and n.xid < pg_snapshot_xmin(pg_current_snapshot())
            order by n.xid, n.id limit p_limit
        ) v
    ) e
    left join finished_uploads d on d.upload_id = e.upload_id and e.kind <> 'created'
    left join uploads u on u.id = e.upload_id and d.upload_id is null
        and e.kind in ('created', 'completed', 'failed', 'cancelled', 'expired')
    left join lateral (
        select json_object_agg(c.kind, c.times) as causes, sum(c.kept)::bigint as saved
        from (select t.kind, count(*) as times, sum(t.kept) as kept from failed_attempts t
              where t.upload_id = any (u.id || u.parts) group by t.kind) c
    ) f on e.kind <> 'created'
    left join lateral (
        select s.chunk_size, s.concurrency, s.limited_by, s.rate, s.mtbf from advice_steps s
        where s.upload_id = u.id order by s.id desc limit 1
    ) a on e.kind <> 'created'
    order by e.xid, e.id
$$;
