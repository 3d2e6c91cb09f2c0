-- Ends all open file transfers of a project that come from one of these folders, or were asked for by a subject; null: any.
create function end_file_transfers(p_project uuid, p_folders uuid[], p_subject text, p_code text, p_message text) returns void
language plpgsql as $$
declare
    t      file_transfers;
    v_open uuid;
begin
    for v_open in
        select o.id from file_transfers o
        where o.project_id = p_project and o.status in ('pending', 'in_progress')
              and (p_folders is null or o.folder_id = any (p_folders)) and (p_subject is null or o.requester_id = p_subject)
        order by o.relay, o.id
    loop
        t := lock_file_transfer(v_open);
        if t.status in ('pending', 'in_progress') then
            perform end_file_transfer(t, 'failed', p_code, p_message);
        end if;
    end loop;
end $$;
