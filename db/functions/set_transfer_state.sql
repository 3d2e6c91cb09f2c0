-- Records how far the work of a transfer is. A transfer that was paused meanwhile stays so. False where the lease is lost.
create function set_transfer_state(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_state text, p_scanned boolean, p_story text, p_text text)
returns boolean language plpgsql as $$
begin
    if not hold_transfer(p_incarnation, p_work, p_epoch, p_transfer) then
        return false;
    end if;
    update transfers
    set state = case when state = 'paused' then state else p_state end, scanned = scanned or p_scanned, reason = coalesce(p_text, reason),
        began_at = coalesce(began_at, now()), ended_at = case when p_state = 'failed' then now() else ended_at end,
        -- The connection's state ends the wait for a sign-in.
        wait = case when wait = 'sign_in' and p_state <> 'failed' then wait end,
        wait_since = case when wait = 'sign_in' and p_state <> 'failed' then wait_since end, wait_until = null
    where id = p_transfer;
    perform note_transfer(p_transfer, null, p_story, p_text);
    perform tell_transfer(p_transfer);
    return true;
end $$;
