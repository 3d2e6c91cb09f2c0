-- Events after a cursor, in the order of their transactions. Only events of transactions older than every open one are returned: a number
-- that is given early may be committed late (E12). The owner is the subject of the topic; the subject is the actor. The event that ends an
-- upload has its "story", the figures of its requests. It is computed here and not in the transaction that ends the upload, because most
-- events have no listener.
create function read_events(p_xid xid8, p_id bigint, p_limit int)
returns table (id bigint, xid xid8, at timestamptz, tenant text, owner text, subject text, upload_id uuid, topic_kind text,
              topic_id text, kind text, data text)
language sql stable set enable_hashjoin = off set enable_mergejoin = off as $$
    select e.id, e.xid, e.at, e.tenant, coalesce(u.subject, e.owner, e.subject), e.subject, e.upload_id, e.topic_kind,
           coalesce(replace(e.upload_id::text, '-', ''), e.topic_id), e.kind, (e.data || coalesce(s.story, '{}'))::text
    from (
        select * from events v
        where (v.xid, v.id) > (p_xid, p_id) and v.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by v.xid, v.id limit p_limit
    ) e
    left join uploads u on u.id = e.upload_id
    left join lateral (
        select jsonb_build_object('story', jsonb_strip_nulls(jsonb_build_object(
            'durationMs', greatest(0, round(1000 * extract(epoch from e.at - u.created_at))),
            -- A session counts its chunks. A stream records only broken requests, and after each of them came another one.
            'attempts', case u.protocol when 'session' then u.attempt_count else coalesce(f.cuts, 0) + 1 end,
            'cuts', coalesce(f.cuts, 0), 'takeovers', coalesce(f.takeovers, 0), 'savedBytes', coalesce(f.saved, 0), 'causes', f.causes,
            'advice', (select jsonb_build_object('chunkSize', a.chunk_size, 'concurrency', a.concurrency, 'limitedBy', a.limited_by)
                       from advice_steps a where a.upload_id = u.id order by a.id desc limit 1)))) as story
        from (
            select sum(c.times) as cuts, sum(c.times) filter (where c.kind = 'taken-over') as takeovers, sum(c.kept) as saved,
                   jsonb_object_agg(c.kind, c.times) as causes
            from (select t.kind, count(*) as times, sum(t.kept) as kept from failed_attempts t
                  where t.upload_id = any (u.id || u.parts) group by t.kind) c
        ) f
        where not u.is_part and e.kind in ('completed', 'failed', 'cancelled', 'expired')
    ) s on true
    order by e.xid, e.id
$$;
