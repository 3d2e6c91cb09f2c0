-- Ends pairs. Neither side changes; what is being copied for them is cancelled.
create function remove_syncs(p_ids uuid[]) returns void language plpgsql as $$
begin
    perform from syncs where id = any (p_ids) order by id for update;
    perform withdraw_work('sync', p_ids);
    perform change_transfer(t.id, 'cancel') from (
        select id from transfers where sync = any (p_ids) and ended_at is null order by id for update) t;
    delete from syncs where id = any (p_ids);
end $$;
