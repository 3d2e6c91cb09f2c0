-- Begins a failed file transfer anew, for its requester, as the attempt after p_attempt: with the version that the list has now. An
-- approval holds for the version that was shown. Returns ok, absent, not_requester, not_failed, declined (within the last hour), no_file,
-- straight, never, too_large, day, or too_many.
create function retry_file_transfer(
    p_tenant text, p_project uuid, p_id uuid, p_subject text, p_attempt int, p_most int, p_room bigint,
    p_straight boolean)
returns text language plpgsql as $$
declare
    t          file_transfers;
    r          remote_files;
    f          served_folders;
    v_approval text;
    v_outcome  text;
begin
    perform pg_advisory_xact_lock(hashtextextended(p_tenant || E'\n' || p_subject, 530));
    t := lock_file_transfer(p_id);
    if t.id is null or t.tenant <> p_tenant or t.project_id <> p_project
       or not exists (select from space_members m where m.space = p_project and m.subject = p_subject) then
        return 'absent';
    elsif t.requester_id <> p_subject then
        return case when p_subject = (
            select 'user:' || replace(d.user_id::text, '-', '') from devices d where d.id = t.source_device_id)
            then 'not_requester' else 'absent' end;
    elsif t.attempt = p_attempt + 1 and t.status in ('pending', 'in_progress') then
        return 'ok';
    elsif t.status <> 'failed' or t.attempt <> p_attempt then
        return 'not_failed';
    elsif t.approval = 'declined' and t.answered_at > now() - interval '1 hour' then
        return 'declined';
    end if;
    select * into r from remote_files x
    where x.project_id = p_project and x.path_sha256 = sha256(convert_to(t.file_path, 'UTF8'));
    select * into f from served_folders x where x.project_id = p_project and x.id = r.folder_id for share;
    v_approval := file_approval(p_project, f.id, p_subject);
    v_outcome := file_refusal(
        f.is_straight, p_straight, v_approval, false, r.size, p_room, file_bytes_left(p_project, f.id, p_subject, true));
    v_outcome := case
        when f.id is null then 'no_file'
        when v_outcome is not null then v_outcome
        when (select count(*) from (
                  select from file_transfers o
                  where o.requester_id = p_subject and o.tenant = p_tenant and o.status in ('pending', 'in_progress')
                  limit p_most) s) >= p_most then 'too_many' end;
    if v_outcome is not null then
        return v_outcome;
    end if;
    if t.approval = 'approved' and (t.total_bytes, t.modified_at, t.folder_id) = (r.size, r.modified_at, f.id) then
        v_approval := 'approved';
    end if;
    update file_transfers
    set status = 'pending', attempt = attempt + 1, approval = v_approval,
        answered_at = case v_approval when 'waiting' then null else answered_at end,
        file_hash = r.hash, total_bytes = r.size, modified_at = r.modified_at, mime_type = r.mime_type, folder_id = f.id,
        source_device_id = f.device_id, bytes_transferred = 0, way = 'relay', way_reason = null,
        started_at = null, completed_at = null, sent_at = null, moved_at = now(),
        noted_at = null, error_code = null, error_message = null, mailed = false, expires_at = now() + interval '7 days'
    where id = t.id returning * into t;
    perform add_work('file_request', t.id, p_due => case t.approval when 'waiting' then now() else t.expires_at end);
    if t.approval = 'approved' then
        perform tell_file_requested(t);
    end if;
    return 'ok';
end $$;
