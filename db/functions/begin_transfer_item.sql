-- Takes up an item whose work was leased; that of a transfer that was paused or is being cancelled goes back into the queue. Nothing where
-- the lease is lost or the item has ended.
create function begin_transfer_item(p_incarnation bigint, p_work bigint, p_epoch bigint, p_item uuid) returns setof transfer_items
language plpgsql as $$
declare
    v_transfer uuid;
    v_state    text;
    v_stopped  boolean;
begin
    -- If the database loses it, the item begins once more: waiting for the disk with the transfer locked would let items go one by one.
    perform set_config('synchronous_commit', 'off', true);
    select transfer, state into v_transfer, v_state from transfer_items where id = p_item;
    if v_transfer is null or not hold_transfer(p_incarnation, p_work, p_epoch, v_transfer) then
        return;
    end if;
    -- Its worker ended without a word: the process was killed, or hung until the lease was over.
    if v_state = 'running' then
        perform note_transfer(v_transfer, p_item, 'taken_over');
    end if;
    select t.state = 'paused' or t.cancelling into v_stopped from transfers t where t.id = v_transfer;
    return query
        update transfer_items
        set state = case when v_stopped then 'queued' else 'running' end,
            began_at = case when v_stopped then began_at else coalesce(began_at, now()) end, wait = null, wait_until = null
        where id = p_item and item_has_work(state) returning *;
    if not v_stopped then
        update transfers
        set state = case when state in ('queued', 'scanning') and scanned then 'running' else state end,
            began_at = coalesce(began_at, now())
        where id = v_transfer and (began_at is null or state in ('queued', 'scanning') and scanned);
        if found then
            perform tell_transfer(v_transfer);
        end if;
    end if;
end $$;
