-- Ends the work on a pair of which nothing has changed since its last look, and looks again after p_pause. False where the lease is lost.
create function rest_sync(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_sync uuid, p_left text, p_right text, p_pause interval)
returns boolean language plpgsql as $$
begin
    perform from syncs where id = p_sync for update;
    if not found or not end_work(p_incarnation, p_work, p_epoch, p_pause) then
        return false;
    end if;
    -- Who has asked for a look meanwhile gets one.
    update syncs
    set left_position = case when left_position is not null then p_left end,
        right_position = case when right_position is not null then p_right end,
        looked_at = now()
    where id = p_sync;
    return true;
end $$;
