-- The path from a folder to an entry that lies in it, however deep; null where it does not, or something on the way is removed.
create function path_below(p_entry uuid, p_folder uuid) returns text language plpgsql stable as $$
declare
    v_path text;
    e      record;
begin
    loop
        select parent, name, removed_at into e from entries where id = p_entry;
        if not found or e.removed_at is not null then
            return null;
        end if;
        if p_entry = p_folder then
            return case when is_live_folder(p_folder) then v_path end;
        end if;
        v_path := e.name || coalesce('/' || v_path, '');
        p_entry := e.parent;
    end loop;
end $$;
