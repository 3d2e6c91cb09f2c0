-- Ends all items of a transfer that are open, and takes them out of the queue. Returns those that were worked on, or have an upload at the
-- destination; nothing where the lease is lost.
-- p_reason: why they have failed; null: they are cancelled.
create function cancel_transfer_items(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_reason text default null)
returns setof transfer_items language plpgsql as $$
declare
    v_begun uuid[];
    v_ended bigint;
begin
    if not hold_transfer(p_incarnation, p_work, p_epoch, p_transfer) then
        return;
    end if;
    perform withdraw_work('transfer_item', array(
        select i.id from transfer_items i where i.transfer = p_transfer and item_has_work(i.state)));
    v_begun := array(
        select i.id from transfer_items i
        where i.transfer = p_transfer and (item_has_work(i.state) or (item_is_left(i.state) and i.session is not null)));
    update transfer_items set listed = true where transfer = p_transfer and not listed;
    with ended as (
        update transfer_items i
        set state = case when p_reason is null then 'cancelled' else 'failed' end, reason = p_reason, ended_at = now()
        where i.transfer = p_transfer and item_is_left(i.state) returning i.kind
    )
    select count(*) filter (where kind = 'file') into v_ended from ended;
    update transfers t
    set done_bytes = (select coalesce(sum(i.size), 0) from transfer_items i where i.transfer = p_transfer and i.state = 'done'),
        failed = t.failed + case when p_reason is null then 0 else v_ended end
    where t.id = p_transfer;
    return query select i.* from transfer_items i where i.id = any (v_begun);
end $$;
