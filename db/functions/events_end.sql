-- The cursor after the newest event that can be read, the generation of the ledger, and the transaction up to which events were trimmed.
create function events_end(out generation bigint, out xid xid8, out id bigint, out trimmed xid8)
language sql stable as $$
    select l.generation, coalesce(e.xid, l.events_trimmed), coalesce(e.id, 0), l.events_trimmed
    from ledger l
    left join lateral (
        select v.xid, v.id from events v where v.xid < pg_snapshot_xmin(pg_current_snapshot()) order by v.xid desc, v.id desc limit 1
    ) e on true
$$;
