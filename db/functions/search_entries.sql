-- The live entries below a folder whose names contain a text, by name and id, after a given one. A small folder is searched itself.
-- Otherwise the names of the whole space are searched through their index, and for at most p_most hits it is checked whether they lie in
-- the folder. If the page is not full then, a last row without a path names the hit after which the search continues. A
-- page ends early after 8 MiB of paths.
create function search_entries(
    p_space uuid, p_folder uuid, p_text text, p_kind text, p_after_name text, p_after_id uuid, p_limit int, p_most int)
returns table (path text[], entry entry_now)
language plpgsql stable
set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_custom_plan as $$
declare
    -- Escape after normalizing, because NFKC turns a fullwidth percent sign into "%".
    v_pattern text := '%' || replace(replace(replace(
        fold_name(p_text), '\', '\\'), '%', '\%'), '_', '\_') || '%';
    v_below   uuid[];
    v_left    int := p_limit;
    v_seen    int := 0;
    v_bytes   bigint := 0;
    v_id      uuid;
begin
    if p_folder <> p_space then
        v_below := array(
            with recursive below as (
                select e.id, e.kind from entries e where e.parent = p_folder and e.removed_at is null
                union all
                select e.id, e.kind from below b join entries e on e.parent = b.id and e.removed_at is null where b.kind = 'folder'
            )
            select b.id from below b limit p_most + 1);
        if cardinality(v_below) <= p_most then
            for v_id in
                select e.id from entries e
                where e.id = any (v_below) and e.folded like v_pattern and (p_kind is null or e.kind = p_kind)
                      and (p_after_name is null or (e.name, e.id) > (p_after_name collate "C", p_after_id))
                order by e.name, e.id limit p_limit
            loop
                path := entry_path(v_id);
                select n.* into entry from entry_now n where n.id = v_id;
                return next;
                v_bytes := v_bytes + coalesce(octet_length(array_to_string(path, '/')), 0);
                exit when v_bytes > 8388608;
            end loop;
            return;
        end if;
    end if;
    for v_id in
        select e.id from entries e
        where e.space = p_space and e.removed_at is null and e.parent is not null and e.folded like v_pattern
              and (p_kind is null or e.kind = p_kind) and (p_after_name is null or (e.name, e.id) > (p_after_name collate "C", p_after_id))
        order by e.name, e.id limit p_most
    loop
        v_seen := v_seen + 1;
        path := entry_path(v_id);
        if path is not null and (p_folder = p_space or is_below(v_id, p_folder)) then
            select n.* into entry from entry_now n where n.id = v_id;
            return next;
            v_left := v_left - 1;
            v_bytes := v_bytes + octet_length(array_to_string(path, '/'));
        end if;
        exit when v_left = 0 or v_bytes > 8388608;
    end loop;
    if v_seen = p_most and v_left > 0 and v_bytes <= 8388608 then
        path := null;
        select n.* into entry from entry_now n where n.id = v_id;
        return next;
    end if;
end $$;
