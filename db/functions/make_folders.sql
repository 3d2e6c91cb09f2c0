-- Finds or makes the folders of a path below a folder. The caller holds the row of the space and has seen that the folder is live.
create function make_folders(
    p_space uuid, p_parent uuid, p_names text[], p_modified_ns bigint, p_subject text, out folder uuid, out made uuid[], out reason text)
language plpgsql as $$
declare
    v_name text;
    e      entries;
begin
    folder := p_parent;
    made := '{}';
    foreach v_name in array coalesce(p_names, '{}') loop
        select * into e from entries where parent = folder and name = v_name and removed_at is null;
        if e.id is not null and e.kind <> 'folder' then
            reason := 'not_a_folder';
            return;
        end if;
        if e.id is null then
            insert into entries (id, space, parent, name, kind, modified_ns, owner)
            values (gen_random_uuid(), p_space, folder, v_name, 'folder', p_modified_ns, p_subject)
            returning * into e;
            made := made || e.id;
        end if;
        folder := e.id;
    end loop;
end $$;
