-- Records the id of a folder before it is made, then that it is there, or that it failed. What is in a folder that cannot be made fails
-- with its reason, and what has not been read of it is still read, so that the report names every file. False where the lease is lost.
-- p_unreadable: it failed because the source does not list it.
create function save_transfer_folder(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_folder uuid, p_target text, p_result text, p_name text, p_fault text,
    p_reason text, p_unreadable boolean)
returns boolean language plpgsql as $$
declare
    f        transfer_items;
    v_failed bigint := 0;
begin
    select * into f from transfer_items where id = p_folder;
    if f.id is null or not hold_transfer(p_incarnation, p_work, p_epoch, f.transfer) then
        return false;
    end if;
    select * into f from transfer_items where id = p_folder for update;
    update transfer_items
    set target_id = coalesce(p_target, target_id), result = coalesce(p_result, result), target_name = coalesce(p_name, target_name),
        fault = coalesce(p_fault, fault), reason = coalesce(p_reason, reason),
        state = case when p_fault is not null then 'failed' when p_result is not null then 'done' else state end,
        ended_at = case when p_fault is not null or p_result is not null then now() end, listed = listed or p_unreadable
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
            update transfer_items i set state = 'failed', fault = p_fault, reason = p_reason, ended_at = now()
            from below b where i.id = b.id and i.state = 'ready' returning i.kind
        )
        select count(*) filter (where kind = 'file') into v_failed from ended;
    end if;
    update transfers set failed = failed + v_failed where id = f.transfer;
    if f.state <> 'failed' then
        perform note_transfer(f.transfer, p_folder, 'failed', p_reason);
    end if;
    return true;
end $$;
