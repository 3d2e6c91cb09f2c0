-- Records the id of a folder before it is made, then that it is there, or that it failed. What is in a folder that cannot be made fails
-- with it. False where the lease is lost.
create function save_transfer_folder(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_folder uuid, p_target text, p_result text, p_fault text, p_reason text)
returns boolean language plpgsql as $$
declare
    f        transfer_items;
    v_failed bigint := 0;
begin
    select * into f from transfer_items where id = p_folder;
    if f.id is null or not hold_transfer(p_incarnation, p_work, p_epoch, f.transfer) then
        return false;
    end if;
    update transfer_items
    set target_id = coalesce(p_target, target_id), result = coalesce(p_result, result), fault = p_fault, reason = p_reason,
        state = case when p_fault is not null then 'failed' when p_result is not null then 'done' else state end,
        ended_at = case when p_fault is not null or p_result is not null then now() end, listed = listed or p_fault is not null
    where id = p_folder;
    if p_fault is null then
        return true;
    end if;
    if f.result is null then
        with recursive below as (
            select i.id from transfer_items i where i.parent = p_folder
            union all
            select i.id from transfer_items i join below b on i.parent = b.id
        ), ended as (
            update transfer_items i
            set state = 'failed', fault = p_fault, reason = 'Its folder could not be made.', listed = true, ended_at = now()
            from below b where i.id = b.id and i.state = 'ready' returning 1
        )
        select count(*) into v_failed from ended;
    end if;
    update transfers set failed = failed + 1 + v_failed where id = f.transfer;
    perform note_transfer(f.transfer, p_folder, 'failed', p_reason);
    return true;
end $$;
