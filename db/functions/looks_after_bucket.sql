-- Whether the node of this store looks after the files in the bucket, which all nodes share: of the nodes that run, the one with the lowest
-- store does. True for every store while no node runs, because then a verb asks.
create function looks_after_bucket(p_store uuid) returns boolean language sql stable as $$
    select coalesce((
        select i.store from incarnations i join heartbeats h on h.incarnation = i.id
        where i.fenced_at is null and i.ended_at is null and abs(extract(epoch from clock_timestamp() - h.beat_at)) < 15
        order by i.store limit 1) = p_store, true)
$$;
