-- Removes transfers with everything of them.
create function remove_transfers(p_ids uuid[]) returns void language plpgsql as $$
begin
    perform from transfers where id = any (p_ids) order by id for update;
    perform withdraw_work('transfer_item', array(
        select i.id from transfer_items i where i.transfer = any (p_ids) and i.state in ('queued', 'running')));
    perform withdraw_work('transfer', p_ids);
    perform withdraw_work('transfer_deadline', p_ids);
    perform withdraw_work('transfer_mail', p_ids);
    delete from work_keys k using unnest(p_ids) t where k.key = 'transfer:' || t;
    delete from transfer_calls where transfer = any (p_ids);
    delete from transfer_events where transfer = any (p_ids);
    delete from transfer_items where transfer = any (p_ids);
    delete from transfers where id = any (p_ids);
end $$;
