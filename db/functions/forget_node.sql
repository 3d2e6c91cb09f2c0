-- Forgets a node that runs no more: its incarnations record nothing any more, and what lies in its store is elsewhere. Returns forgotten,
-- runs or unknown.
create function forget_node(p_name text) returns text language plpgsql as $$
declare
    v_node uuid;
begin
    -- None begins beside it.
    perform pg_advisory_xact_lock(hashtextextended('chunkupload.begin_incarnation', 0));
    v_node := (select id from nodes where lower(name) = lower(p_name) for update);
    if v_node is null then
        return 'unknown';
    end if;
    if exists (
        select from incarnations i join heartbeats h on h.incarnation = i.id
        where i.node = v_node and i.fenced_at is null and i.ended_at is null
              and abs(extract(epoch from clock_timestamp() - h.beat_at)) < 15) then
        return 'runs';
    end if;
    update incarnations set fenced_at = now() where node = v_node and fenced_at is null;
    delete from heartbeats where incarnation in (select id from incarnations where node = v_node);
    -- Work with its folders is taken by any node, which says that they are gone.
    update work_keys set node = null where node = v_node;
    delete from nodes where id = v_node;
    return 'forgotten';
end $$;
