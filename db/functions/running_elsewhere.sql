-- Returns the incarnations that may be running, except those of the caller's node that have ended because the caller holds its lock: up to
-- p_ended. A later one runs in a copy of its data directory. A running incarnation beats every second; the database's clock decides.
create function running_elsewhere(p_node uuid, p_ended bigint)
returns table (incarnation bigint, node uuid, host text, store text, beat_at timestamptz, alone boolean) language sql stable as $$
    select i.id, i.node, i.host, coalesce(s.name, i.store::text), h.beat_at, i.alone
    from incarnations i join heartbeats h on h.incarnation = i.id left join stores s on s.id = i.store
    where i.fenced_at is null and i.ended_at is null and (i.node is distinct from p_node or i.id > p_ended)
      and abs(extract(epoch from clock_timestamp() - h.beat_at)) < 15
$$;
