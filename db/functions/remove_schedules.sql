-- Removes schedules of transfers. What they have begun goes on. Their rows are locked before their work, as a publication locks them.
create function remove_schedules(p_ids uuid[]) returns void language plpgsql as $$
begin
    perform from transfer_schedules where id = any (p_ids) order by id for update;
    perform withdraw_work('transfer_schedule', p_ids);
    perform withdraw_work('transfer_arrival', p_ids);
    delete from transfer_schedules where id = any (p_ids);
end $$;
