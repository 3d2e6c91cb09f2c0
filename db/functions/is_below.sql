-- Whether an entry lies in a folder, however deep.
create function is_below(p_entry uuid, p_folder uuid) returns boolean language plpgsql stable as $$
begin
    while p_entry is not null loop
        select parent into p_entry from entries where id = p_entry;
        if p_entry = p_folder then
            return true;
        end if;
    end loop;
    return false;
end $$;
