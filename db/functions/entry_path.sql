-- The names from the root of its space to an entry; null where it or an ancestor is removed. It collects the names from below and turns
-- them round at the end, because putting each one in front copies all others.
create function entry_path(p_entry uuid) returns text[] language plpgsql stable as $$
declare
    v_up    text[] := '{}';
    v_names text[] := '{}';
    e       record;
begin
    loop
        select parent, name, removed_at into e from entries where id = p_entry;
        if not found or e.removed_at is not null then
            return null;
        end if;
        exit when e.parent is null;
        v_up := v_up || e.name;
        p_entry := e.parent;
    end loop;
    for i in reverse cardinality(v_up)..1 loop
        v_names := v_names || v_up[i];
    end loop;
    return v_names;
end $$;
