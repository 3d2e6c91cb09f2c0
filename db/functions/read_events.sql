-- Events after a cursor, in the order of their transactions. Only those before which every transaction has ended: a number that is given
-- early may be committed late (E12). The owner is whose upload it is; the subject is who did it.
create function read_events(p_xid xid8, p_id bigint, p_limit int)
returns table (id bigint, xid xid8, at timestamptz, tenant text, owner text, subject text, upload_id uuid, kind text, data text)
language sql stable set enable_seqscan = off set jit = off as $$
    select e.id, e.xid, e.at, e.tenant, coalesce(u.subject, e.subject), e.subject, e.upload_id, e.kind, e.data::text
    from (
        select * from events v
        where (v.xid, v.id) > (p_xid, p_id) and v.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by v.xid, v.id limit p_limit
    ) e
    left join uploads u on u.id = e.upload_id
    order by e.xid, e.id
$$;
