-- Ends the work of a transfer when nothing of it is left to do; else it looks again after a while. Returns the state; null where the lease
-- is lost.
create function settle_transfer(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_pause interval) returns text
language plpgsql as $$
declare
    t       transfers;
    v_open  boolean;
    v_state text;
    v_whole boolean;
begin
    select * into t from transfers where id = p_transfer for update;
    v_open := not t.cancelling and (
        exists (select from transfer_items i where i.transfer = p_transfer and item_is_left(i.state))
        or exists (select from transfer_items i where i.transfer = p_transfer and not i.listed)
        or (t.options ->> 'move')::boolean and exists (select from transfer_removals(p_transfer, 1)));
    if not end_work(p_incarnation, p_work, p_epoch, case when v_open then p_pause end, false) then
        return null;
    end if;
    if v_open then
        return t.state;
    end if;
    -- An empty folder that could not be made counts in no number of files.
    v_whole := not exists (select from transfer_items i where i.transfer = p_transfer and i.state = 'failed');
    v_state := case when t.cancelling then 'cancelled' when v_whole then 'done'
                    when t.done_files > 0 then 'partly_done' else 'failed' end;
    update transfers
    set state = v_state, ended_at = now(), wait = null, wait_since = null, wait_until = null, cancelling = false
    where id = p_transfer;
    perform note_transfer(p_transfer, null, v_state);
    perform tell_transfer(p_transfer);
    return v_state;
end $$;
