-- Fences the incarnations of other nodes that have been silent for a day and have no file on their disks, so that what they have left in
-- the bucket can be swept. The day is also one of service: time in which no service reached the database does not count. A node with files
-- on its disk keeps them by an incarnation that is not fenced (is_elsewhere). Its row in heartbeats stays, so that its silence is shown.
-- Returns the names of the nodes.
create function fence_silent(p_incarnation bigint) returns setof text language plpgsql as $$
declare
    v_node  uuid;
    v_store uuid;
    v_name  text;
begin
    if lock_incarnation(p_incarnation) is null or not may_sweep() then
        return;
    end if;
    -- None begins beside it.
    perform pg_advisory_xact_lock(hashtextextended('chunkupload.begin_incarnation', 0));
    for v_node, v_store in
        select i.node, i.store from incarnations i join heartbeats h on h.incarnation = i.id
        where i.fenced_at is null and i.node <> (select o.node from incarnations o where o.id = p_incarnation)
              and h.beat_at < clock_timestamp() - interval '1 day'
              and h.seconds < (select c.seconds from service_clock c) - extract(epoch from interval '1 day')
              and exists (select from stores s where s.kind = 'bucket')
        for update of i skip locked
    loop
        -- No index has the stores of all files: they are searched only for a node that is silent.
        continue when exists (select from stored_files f where f.store = v_store and f.tombstone_at is null);
        update incarnations set fenced_at = now() where node = v_node and fenced_at is null;
        v_name := coalesce((select n.name from nodes n where n.id = v_node), v_node::text);
        perform add_audit('', 'service', null, null, 'node.fenced', v_name, null);
        return next v_name;
    end loop;
end $$;
