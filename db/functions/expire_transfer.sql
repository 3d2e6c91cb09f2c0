-- Ends a transfer whose deadline has passed: what is not done has failed. Returns the items that were worked on, or have an upload at the
-- destination; nothing where the lease is lost.
create function expire_transfer(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid) returns setof transfer_items
language plpgsql as $$
declare
    v_reason constant text := 'The deadline of the transfer has passed.';
    t        transfers;
    v_begun  uuid[];
    v_ended  bigint;
begin
    if not hold_transfer(p_incarnation, p_work, p_epoch, p_transfer) then
        return;
    end if;
    select * into t from transfers where id = p_transfer;
    -- Meanwhile it may have ended, or have got another deadline.
    if t.ended_at is not null or t.deadline is null or t.deadline > now() then
        return;
    end if;
    perform withdraw_work('transfer', array[t.id]);
    perform withdraw_work('transfer_item', array(
        select i.id from transfer_items i where i.transfer = t.id and item_has_work(i.state)));
    v_begun := array(
        select i.id from transfer_items i
        where i.transfer = t.id and (item_has_work(i.state) or (item_is_left(i.state) and i.session is not null)));
    with ended as (
        update transfer_items i set state = 'failed', fault = null, reason = v_reason, listed = true, ended_at = now()
        where i.transfer = t.id and (item_is_left(i.state) or (not i.listed and i.state <> 'failed')) returning i.kind
    )
    select count(*) filter (where kind = 'file') into v_ended from ended;
    update transfers
    set failed = failed + v_ended, planning = false, cancelling = false, ended_at = now(), wait = null, wait_since = null,
        wait_until = null, reason = v_reason, state = case when done_files > 0 then 'partly_done' else 'failed' end,
        done_bytes = (select coalesce(sum(i.size), 0) from transfer_items i where i.transfer = t.id and i.state = 'done')
    where id = t.id;
    perform note_transfer(t.id, null, 'deadline', v_reason);
    perform tell_transfer(t.id);
    return query select i.* from transfer_items i where i.id = any (v_begun);
end $$;
