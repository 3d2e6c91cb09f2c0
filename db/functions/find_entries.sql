-- The entries at many paths below a folder. p_folders are the folders of the paths, each as the names that lead to it from there; the n-th
-- path is p_names[n] in the folder p_places[n], counted from 1. Paths that do not exist are left out.
create function find_entries(p_folder uuid, p_folders json, p_places int[], p_names text[]) returns table (number int, entry entry_now)
language plpgsql stable as $$
declare
    v_folders uuid[] := '{}';
    v_folder  uuid;
    v_path    json;
    v_name    text;
begin
    for v_path in select p from json_array_elements(p_folders) p loop
        v_folder := p_folder;
        for v_name in select n from json_array_elements_text(v_path) n loop
            select id into v_folder from entries
            where parent = v_folder and name = v_name and folded = fold_name(v_name) and removed_at is null;
            exit when not found;
        end loop;
        v_folders := v_folders || v_folder;
    end loop;
    -- One lookup for each path, whatever the statistics of a young table say. Folded names make both indexes of names lead to few entries.
    return query
        select n.number::int, e.entry
        from unnest(p_places, p_names) with ordinality n (place, name, number)
        cross join lateral (
            select f.id from entries f
            where f.parent = v_folders[n.place] and f.name = n.name and f.folded = fold_name(n.name) and f.removed_at is null
            limit 1) f
        cross join lateral (select o as entry from entry_now o where o.id = f.id limit 1) e;
end $$;
