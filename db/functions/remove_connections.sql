-- Removes connections, and cancels the transfers that use them.
create function remove_connections(p_ids uuid[]) returns void language plpgsql as $$
begin
    perform from transfers t
    where (t.source = any (p_ids) or t.destination = any (p_ids)) and t.ended_at is null order by t.id for update;
    update transfers t set reason = 'Its connection was removed.'
    where (t.source = any (p_ids) or t.destination = any (p_ids)) and t.ended_at is null;
    perform change_transfer(t.id, 'cancel') from transfers t
    where (t.source = any (p_ids) or t.destination = any (p_ids)) and t.ended_at is null;
    delete from work_keys k using unnest(p_ids) c where k.key = 'connection:' || c;
    delete from connections where id = any (p_ids);
end $$;
