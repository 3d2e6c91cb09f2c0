-- Returns the incarnations that may be running, except those on the caller's store that have ended because the caller holds its lock: up to
-- p_ended. A later one runs in a copy of the store. A running incarnation beats every second; the database's clock decides.
create function running_elsewhere(p_store uuid, p_ended bigint)
returns table (incarnation bigint, host text, store text, beat_at timestamptz) language sql stable as $$
    select i.id, i.host, coalesce(s.name, i.store::text), h.beat_at
    from incarnations i join heartbeats h on h.incarnation = i.id left join stores s on s.id = i.store
    where i.fenced_at is null and i.ended_at is null and (i.store is distinct from p_store or i.id > p_ended)
      and abs(extract(epoch from clock_timestamp() - h.beat_at)) < 15
$$;
