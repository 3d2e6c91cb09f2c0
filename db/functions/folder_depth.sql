-- How many levels below the root a folder lies: 0 for the root. Null where it is no folder, or it or an ancestor is removed.
create function folder_depth(p_folder uuid) returns int language plpgsql stable as $$
declare
    v_depth int := 0;
    e       record;
begin
    select parent, kind, removed_at into e from entries where id = p_folder;
    if e.kind is distinct from 'folder' then
        return null;
    end if;
    loop
        if e.removed_at is not null then
            return null;
        end if;
        exit when e.parent is null;
        v_depth := v_depth + 1;
        select parent, kind, removed_at into e from entries where id = e.parent;
        if not found then
            return null;
        end if;
    end loop;
    return v_depth;
end $$;
