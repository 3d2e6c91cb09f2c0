-- Ends the work of a transfer that is planned: its owner goes on with it. Returns whether the lease was held.
create function finish_transfer_plan(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_room bigint)
returns boolean language plpgsql as $$
begin
    perform from transfers where id = p_transfer for update;
    if not end_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    update transfers
    set state = case when state = 'paused' then state else 'planned' end, scanned = true, planned_at = now(), room = p_room, wait = null,
        wait_since = null, wait_until = null, reason = null
    where id = p_transfer;
    perform note_transfer(p_transfer, null, 'planned');
    perform tell_transfer(p_transfer);
    return true;
end $$;
