-- Puts a folder of a device at a place of a project. The same user's next device with the folder takes the place over, and tells its list
-- anew; what waits for the previous device waits for this one from now on. Returns served, archived, place_taken, folder_taken (by another
-- user), folder_elsewhere (at another place) or too_many.
create function serve_folder(p_project uuid, p_folder uuid, p_device uuid, p_place text, p_most int) returns text language plpgsql as $$
declare
    v_there  served_folders;
    v_folded text := fold_name(case when p_place = '/' then '/' else p_place || '/' end);
begin
    perform from projects where id = p_project and archived_at is null for no key update;
    if not found then
        return 'archived';
    end if;
    select * into v_there from served_folders where project_id = p_project and id = p_folder for update;
    if found then
        if v_there.place <> p_place then
            return 'folder_elsewhere';
        end if;
        if v_there.device_id <> p_device then
            if (select user_id from devices where id = v_there.device_id) is distinct from (select user_id from devices where id = p_device)
            then
                return 'folder_taken';
            end if;
            update served_folders
            set device_id = p_device, sequence = 0, last_batch = null, last_answer = null, snapshot = null, complete = false
            where project_id = p_project and id = p_folder;
            update file_transfers set source_device_id = p_device
            where project_id = p_project and folder_id = p_folder and status = 'pending';
        end if;
        return 'served';
    end if;
    if exists (
        select from served_folders f
        where f.project_id = p_project and (starts_with(f.folded, v_folded) or starts_with(v_folded, f.folded)))
    then
        return 'place_taken';
    end if;
    if (select count(*) from served_folders where project_id = p_project) >= p_most then
        return 'too_many';
    end if;
    insert into served_folders (project_id, id, device_id, place, folded) values (p_project, p_folder, p_device, p_place, v_folded);
    return 'served';
end $$;
