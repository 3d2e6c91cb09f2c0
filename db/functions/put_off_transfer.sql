-- Puts the work of a transfer back into the queue because of a failure. False where the lease is lost.
create function put_off_transfer(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_fault text, p_reason text, p_wait text, p_pause interval)
returns boolean language plpgsql as $$
begin
    perform from transfers where id = p_transfer for update;
    if not end_work(p_incarnation, p_work, p_epoch, p_pause, true) then
        return false;
    end if;
    update transfers
    set wait_since = case when p_wait is null then wait_since when p_wait = wait then wait_since else now() end,
        wait = coalesce(p_wait, wait),
        wait_until = case when p_wait is null then wait_until when p_wait <> 'sign_in' then now() + p_pause end,
        reason = coalesce(p_reason, reason)
    where id = p_transfer;
    perform note_transfer_once(p_transfer, null, coalesce('waits_' || p_wait, 'tried_again'), p_reason);
    perform tell_transfer(p_transfer);
    return true;
end $$;
