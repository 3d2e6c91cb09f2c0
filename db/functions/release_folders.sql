-- Takes served folders out of a project, with the list of their files: one folder, those of one subject, or all. The files stay on their
-- devices. The caller holds the row of the project. Returns how many folders were taken out.
create function release_folders(p_project uuid, p_folder uuid, p_subject text) returns int language plpgsql as $$
declare
    v_folders uuid[];
begin
    v_folders := array(
        select f.id from served_folders f join devices d on d.id = f.device_id
        where f.project_id = p_project and (p_folder is null or f.id = p_folder)
              and (p_subject is null or p_subject = 'user:' || replace(d.user_id::text, '-', ''))
        for update of f);
    perform end_file_transfers(p_project, v_folders, null, 'rights_ended', 'The folder is not served any more.');
    delete from file_approvals where project_id = p_project and folder_id = any (v_folders);
    delete from file_days where project_id = p_project and folder_id = any (v_folders);
    delete from remote_files where project_id = p_project and folder_id = any (v_folders);
    delete from folder_approvals where project_id = p_project and folder_id = any (v_folders);
    delete from served_folders where project_id = p_project and id = any (v_folders);
    return cardinality(v_folders);
end $$;
