-- Whether a member gets the files of a served folder: approved, waiting for an answer, or never. Who serves a folder gets its files.
create function file_approval(p_project uuid, p_folder uuid, p_subject text) returns text language sql stable as $$
    select case
        when p_subject = 'user:' || replace(d.user_id::text, '-', '') then 'approved'
        when coalesce(a.approval, f.approval) = 'never' then 'never'
        when coalesce(a.approval, f.approval) = 'always' then 'approved'
        when exists (
            select from file_approvals v
            where v.project_id = p_project and v.folder_id = p_folder and v.subject = p_subject and v.until > now()) then 'approved'
        else 'waiting' end
    from served_folders f
    join devices d on d.id = f.device_id
    left join folder_approvals a on a.project_id = f.project_id and a.folder_id = f.id and a.subject = p_subject
    where f.project_id = p_project and f.id = p_folder
$$;
