-- Adds what a page of a folder's listing has, and says where the listing goes on. A page that was added before changes nothing. Returns
-- 'added', or why nothing was added: 'repeats' if a cursor comes again, 'endless' if the folder has more pages than any has, 'too_many' or
-- 'too_many_of_owner' if there would be more items than a transfer or its owner may have; null where the lease is lost.
create function add_transfer_items(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_folder uuid, p_cursor text, p_next text, p_items jsonb, p_most bigint,
    p_most_of_owner bigint, p_most_pages int)
returns text language plpgsql as $$
declare
    f transfer_items;
    t transfers;
begin
    select * into f from transfer_items where id = p_folder;
    if f.id is null or not hold_transfer(p_incarnation, p_work, p_epoch, f.transfer) then
        return null;
    end if;
    select * into f from transfer_items where id = p_folder for update;
    if f.listed or f.cursor is distinct from p_cursor then
        return 'added';
    end if;
    select * into t from transfers where id = f.transfer;
    case
    when p_next in (p_cursor, f.cursor_mark) then
        return 'repeats';
    when p_next is not null and f.pages >= p_most_pages then
        return 'endless';
    when t.items_made + jsonb_array_length(p_items) > p_most then
        return 'too_many';
    when jsonb_array_length(p_items) > 0 and jsonb_array_length(p_items) + (
             select sum(o.items_kept) from transfers o where o.tenant = t.tenant and o.subject = t.subject) > p_most_of_owner then
        return 'too_many_of_owner';
    else
        perform insert_transfer_items(f.transfer, p_items);
    end case;
    -- Brent's algorithm: the cursor of each page whose number is a power of two is kept, and so is met again in a circle of any length.
    update transfer_items
    set cursor = p_next, listed = p_next is null, pages = pages + 1,
        cursor_mark = case when (pages + 1) & pages = 0 then p_next else cursor_mark end
    where id = p_folder;
    return 'added';
end $$;
