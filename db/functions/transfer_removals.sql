-- The items that are to be removed at the source, once no file of the transfer is left: files whose digest has agreed, then the folders
-- that are there at the destination, the deepest first.
create function transfer_removals(p_transfer uuid, p_limit int) returns setof transfer_items
language plpgsql stable as $$
begin
    if exists (select from transfer_items i where i.transfer = p_transfer and item_is_left(i.state))
       or exists (select from transfer_items i where i.transfer = p_transfer and not i.listed) then
        return;
    end if;
    return query
        select i.* from transfer_items i where i.transfer = p_transfer and i.removal = 'due' order by i.number limit p_limit;
    if found then
        return;
    end if;
    return query
        select i.* from transfer_items i
        where i.transfer = p_transfer and i.kind = 'folder' and i.state = 'done' and i.removal is null
        order by i.number desc limit p_limit;
end $$;
