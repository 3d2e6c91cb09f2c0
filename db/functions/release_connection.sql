-- Ends the pause that a storage has asked for, so that it is asked again: all transfers that wait for its end go on.
create function release_connection(p_connection uuid, p_wait text) returns void language plpgsql as $$
declare
    v_ids uuid[];
begin
    -- Our own files and addresses of the web are held by nobody.
    if not exists (select from connections where id = p_connection) then
        return;
    end if;
    v_ids := array(
        select t.id from transfers t
        where (t.source = p_connection or t.destination = p_connection) and t.ended_at is null and t.wait = p_wait
        order by t.id for update);
    perform change_work('transfer', t.id, now()) from unnest(v_ids) t (id);
    perform change_work('transfer_item', i.id, now()) from transfer_items i where i.transfer = any (v_ids) and i.state = 'queued';
    perform set_work_key('connection:' || p_connection, p_not_before => '-infinity');
    update transfers t set wait = null, wait_since = null, wait_until = null, reason = null where t.id = any (v_ids);
    perform tell_transfer(t.id) from unnest(v_ids) t (id);
end $$;
