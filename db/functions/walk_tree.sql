-- The live entries below a folder in tree order: each folder before what is in it, and names in order. Goes on after a path, whether that
-- is still there or not. Leaves out incomplete copies. Ends early after 8 MiB of paths, so that a page of a deep tree stays small.
create function walk_tree(p_folder uuid, p_after text[], p_limit int) returns table (path text[], entry entry_now)
language plpgsql stable as $$
declare
    v_folders uuid[] := array[p_folder];
    v_path    text[] := '{}';
    v_last    text := '';
    v_name    text;
    v_next    uuid;
    v_kind    text;
    v_left    int := p_limit;
    v_width   int := 0;
    v_bytes   bigint := 0;
begin
    foreach v_name in array coalesce(p_after, '{}') loop
        v_last := v_name;
        select id into v_next from entries
        where parent = v_folders[cardinality(v_folders)] and name = v_name and kind = 'folder' and removed_at is null;
        exit when not found;
        v_folders := v_folders || v_next;
        v_path := v_path || v_name;
        v_width := v_width + octet_length(v_name) + 1;
        v_last := '';
    end loop;
    while v_left > 0 and v_bytes <= 8388608 loop
        select id, name, kind into v_next, v_name, v_kind from entries
        where parent = v_folders[cardinality(v_folders)] and name > v_last and removed_at is null and not is_draft_copy(space, parent, name)
        order by name limit 1;
        if found then
            path := v_path || v_name;
            select n.* into entry from entry_now n where n.id = v_next;
            return next;
            v_left := v_left - 1;
            v_bytes := v_bytes + v_width + octet_length(v_name);
            if v_kind = 'folder' then
                v_folders := v_folders || v_next;
                v_path := v_path || v_name;
                v_width := v_width + octet_length(v_name) + 1;
                v_last := '';
            else
                v_last := v_name;
            end if;
        else
            exit when cardinality(v_path) = 0;
            v_last := v_path[cardinality(v_path)];
            v_width := v_width - octet_length(v_last) - 1;
            v_path := v_path[:cardinality(v_path) - 1];
            v_folders := v_folders[:cardinality(v_folders) - 1];
        end if;
    end loop;
end $$;
