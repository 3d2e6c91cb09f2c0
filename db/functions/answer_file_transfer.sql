-- The answer of a device's user to a request for a file. p_folder approves all that the member asks for in this folder, for 30 days.
-- Returns ok; same for the same answer again; absent, not_source, answered (otherwise) or ended.
create function answer_file_transfer(
    p_tenant text, p_project uuid, p_id uuid, p_subject text, p_approve boolean, p_folder boolean) returns text language plpgsql as $$
declare
    t       file_transfers;
    v_other file_transfers;
    v_word  text := case when p_approve then 'approved' else 'declined' end;
begin
    t := lock_file_transfer(p_id);
    if t.id is null or t.tenant <> p_tenant or t.project_id <> p_project then
        return 'absent';
    elsif p_subject is distinct from (select 'user:' || replace(d.user_id::text, '-', '') from devices d where d.id = t.source_device_id)
    then
        return case when t.requester_id = p_subject then 'not_source' else 'absent' end;
    elsif t.approval = v_word then
        return 'same';
    elsif t.approval <> 'waiting' then
        return 'answered';
    elsif t.status <> 'pending' then
        return 'ended';
    end if;
    if not p_approve then
        update file_transfers set approval = 'declined', answered_at = now() where id = t.id returning * into t;
        perform end_file_transfer(t, 'failed', 'declined', 'The member whose device has the file has declined.');
        return 'ok';
    end if;
    if p_folder then
        insert into file_approvals (project_id, folder_id, subject, until)
        values (t.project_id, t.folder_id, t.requester_id, now() + interval '30 days')
        on conflict (project_id, folder_id, subject) do update set until = excluded.until;
    end if;
    -- A transfer that waits for an answer has no upload: rows alone are locked, in their order.
    for v_other in
        select * from file_transfers o
        where (o.id = t.id or p_folder and o.project_id = t.project_id and o.folder_id = t.folder_id
               and o.requester_id = t.requester_id)
              and o.status = 'pending' and o.approval = 'waiting'
        order by o.id for update
    loop
        update file_transfers set approval = 'approved', answered_at = now() where id = v_other.id returning * into v_other;
        perform change_work('file_request', v_other.id, v_other.expires_at);
        perform tell_file_requested(v_other);
    end loop;
    return 'ok';
end $$;
