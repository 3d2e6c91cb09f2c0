-- Raises the heights of the folders above entries that have got a place. Only add_changes calls it. The last entries come first, as they
-- are the deepest of a new path: then the folders above them are raised once.
create function raise_heights(p_entries uuid[]) returns void language plpgsql as $$
declare
    v_folder uuid;
    v_height int;
begin
    for v_folder, v_height in
        select p.id, max(e.height) + 1
        from unnest(p_entries) with ordinality i (id, place)
        join entries e on e.id = i.id and e.removed_at is null
        join entries p on p.id = e.parent
        where p.height <= e.height
        group by p.id order by max(i.place) desc
    loop
        while v_folder is not null loop
            v_height := least(v_height, 200);
            update entries set height = v_height where id = v_folder and height < v_height returning parent into v_folder;
            v_height := v_height + 1;
        end loop;
    end loop;
end $$;
