-- Removes schedules of transfers. What they have begun goes on.
create function remove_schedules(p_ids uuid[]) returns void language plpgsql as $$
begin
    perform withdraw_work('transfer_schedule', p_ids);
    delete from transfer_schedules where id = any (p_ids);
end $$;
