-- Ends a lease whose item needs a folder of another node: that node takes the item next. No failed attempt. False where the lease is lost.
create function hand_work(p_incarnation bigint, p_work bigint, p_epoch bigint, p_folder uuid, p_node uuid) returns boolean
language plpgsql as $$
declare
    v_key constant text := 'folder:' || p_folder;
begin
    -- As in claim_work, the row of the key is locked before the item.
    perform bind_folders(p_node, array[p_folder]);
    if not hold_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    update work
    set state = 'ready', holder = null, again = false, due_at = now(), keys = case when v_key = any (keys) then keys else keys || v_key end
    where id = p_work;
    return true;
end $$;
