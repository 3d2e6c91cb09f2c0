-- How many bytes of a served folder a member may still get on this day (UTC); null: any number.
create function file_bytes_left(p_project uuid, p_folder uuid, p_subject text, p_whole_day boolean) returns bigint language sql stable as $$
    select case
        when p_subject = 'user:' || replace(d.user_id::text, '-', '') then null
        when a.subject is not null then a.bytes_a_day
        else f.bytes_a_day end
        - case when p_whole_day then 0 else coalesce((
            select y.bytes from file_days y
            where y.project_id = p_project and y.folder_id = p_folder and y.subject = p_subject
                  and y.day = (now() at time zone 'UTC')::date), 0) end
    from served_folders f
    join devices d on d.id = f.device_id
    left join folder_approvals a on a.project_id = f.project_id and a.folder_id = f.id and a.subject = p_subject
    where f.project_id = p_project and f.id = p_folder
$$;
