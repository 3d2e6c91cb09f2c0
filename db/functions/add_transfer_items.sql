-- Adds what a page of a folder's listing has, and says where the listing goes on. A page that was added before changes nothing. False where
-- the lease is lost.
create function add_transfer_items(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_folder uuid, p_cursor text, p_next text, p_items jsonb)
returns boolean language plpgsql as $$
declare
    f transfer_items;
begin
    select * into f from transfer_items where id = p_folder;
    if f.id is null or not hold_transfer(p_incarnation, p_work, p_epoch, f.transfer) then
        return false;
    end if;
    select * into f from transfer_items where id = p_folder for update;
    if f.listed or f.cursor is distinct from p_cursor then
        return true;
    end if;
    perform insert_transfer_items(f.transfer, p_items);
    update transfer_items set cursor = p_next, listed = p_next is null where id = p_folder;
    return true;
end $$;
