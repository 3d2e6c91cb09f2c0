-- The names from the root of its space to an entry; null where it or an ancestor is removed.
create function entry_path(p_entry uuid) returns text[] language plpgsql stable as $$
declare
    v_names text[] := '{}';
    e       record;
begin
    loop
        select parent, name, removed_at into e from entries where id = p_entry;
        if not found or e.removed_at is not null then
            return null;
        end if;
        exit when e.parent is null;
        v_names := e.name || v_names;
        p_entry := e.parent;
    end loop;
    return v_names;
end $$;
