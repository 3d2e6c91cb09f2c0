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
        -- Each by its id alone: while the statistics say that the table is small, reading all of an index of what is not removed for
        -- each entry looks as cheap.
        cross join lateral (select e.parent, e.height, e.removed_at from entries e where e.id = i.id offset 0) e
        cross join lateral (select p.id, p.height from entries p where p.id = e.parent offset 0) p
        where p.height <= e.height and e.removed_at is null
        group by p.id order by max(i.place) desc
    loop
        while v_folder is not null loop
            v_height := least(v_height, 200);
            update entries set height = v_height where id = v_folder and height < v_height returning parent into v_folder;
            v_height := v_height + 1;
        end loop;
    end loop;
end $$;
