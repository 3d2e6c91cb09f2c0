-- Ends the making of a folder's copy under a temporary name. If it still has that name, it is incomplete, or was not put into its place: it
-- is freed without being in the trash.
create function end_copy(p_space uuid, p_parent uuid, p_name text) returns void language plpgsql as $$
declare
    v_entry   uuid;
    v_subject text;
begin
    if lock_space(p_space) then
        select c.subject into v_subject from dav_copies c where c.space = p_space and c.parent = p_parent and c.name = p_name;
        update entries set removed_at = now(), removed_by = v_subject, removed_clock = 0, purging = true, revision = revision + 1
        where parent = p_parent and name = p_name and removed_at is null and v_subject is not null
        returning id into v_entry;
        if v_entry is not null then
            perform add_changes(p_space, array[v_entry], array['removed'], array[v_subject]);
        end if;
    end if;
    delete from dav_copies c where c.space = p_space and c.parent = p_parent and c.name = p_name;
end $$;
