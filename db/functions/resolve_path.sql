-- The entry at a path below a space's root, or the deepest one on the way to it; depth says how many of the names were found. An incomplete
-- copy is not found.
create function resolve_path(p_space uuid, p_names text[]) returns table (depth int, entry entry_now) language plpgsql stable as $$
declare
    v_id   uuid := p_space;
    v_next uuid;
begin
    depth := 0;
    while depth < cardinality(p_names) loop
        -- The folded name makes both indexes of names lead to few entries, whatever the statistics of a young tree say.
        select id into v_next from entries
        where parent = v_id and name = p_names[depth + 1] and folded = fold_name(p_names[depth + 1]) and removed_at is null
              and not is_draft_copy(p_space, v_id, name);
        exit when not found;
        v_id := v_next;
        depth := depth + 1;
    end loop;
    select n.* into entry from entry_now n where n.id = v_id;
    return next;
end $$;
