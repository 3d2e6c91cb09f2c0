-- Makes a file transfer for a member who asks for a file, or finds the open one of the same version. Returns ok with its id, or why not:
-- absent (no member), no_file, changed (with the present digest), straight, never, declined (with the seconds until it may be asked for
-- again), too_large, day, or too_many. p_straight: the member's device may take the file straight.
create function ask_for_file(
    p_id uuid, p_tenant text, p_project uuid, p_subject text, p_path text, p_hash bytea, p_target uuid, p_most int, p_room bigint,
    p_straight boolean)
returns table (outcome text, id uuid, hash bytea, seconds int) language plpgsql as $$
declare
    r remote_files;
    f served_folders;
    t file_transfers;
    v_refusal text;
begin
    -- Those who ask at once are counted one after the other.
    perform pg_advisory_xact_lock(hashtextextended(p_tenant || E'\n' || p_subject, 530));
    perform from space_members m where m.space = p_project and m.subject = p_subject for share;
    if not found then
        outcome := 'absent';
        return next;
        return;
    end if;
    select * into t from file_transfers o where o.id = p_id;
    if found then
        return query select 'ok', t.id, null::bytea, 0;
        return;
    end if;
    select * into r from remote_files x
    where x.project_id = p_project and x.path_sha256 = sha256(convert_to(p_path, 'UTF8'));
    select * into f from served_folders x where x.project_id = p_project and x.id = r.folder_id for share;
    hash := r.hash;
    id := (
        select o.id from file_transfers o
        where o.requester_id = p_subject and o.project_id = p_project and o.status in ('pending', 'in_progress') and o.file_path = p_path
              and o.total_bytes = r.size and o.modified_at = r.modified_at and o.source_device_id = f.device_id
              and o.target_device_id is not distinct from p_target limit 1);
    seconds := (
        select ceil(extract(epoch from max(o.answered_at) + interval '1 hour' - now())) from file_transfers o
        where o.requester_id = p_subject and o.project_id = p_project and o.file_path = p_path and o.approval = 'declined');
    v_refusal := file_refusal(
        f.is_straight, p_straight, file_approval(p_project, f.id, p_subject), seconds > 0, r.size, p_room,
        file_bytes_left(p_project, f.id, p_subject, true));
    outcome := case
        when f.id is null then 'no_file'
        when p_hash <> r.hash then 'changed'
        when id is not null then 'ok'
        when v_refusal is not null then v_refusal
        when (select count(*) from (
                  select from file_transfers o
                  where o.requester_id = p_subject and o.tenant = p_tenant and o.status in ('pending', 'in_progress')
                  limit p_most) s) >= p_most then 'too_many'
        else 'new' end;
    if outcome <> 'new' then
        return next;
        return;
    end if;
    insert into file_transfers (
        id, project_id, requester_id, file_path, file_hash, source_device_id, total_bytes, tenant, folder_id, mime_type, modified_at,
        target_device_id, approval, expires_at)
    values (
        p_id, p_project, p_subject, p_path, coalesce(r.hash, p_hash), f.device_id, r.size, p_tenant, f.id, r.mime_type, r.modified_at,
        p_target, file_approval(p_project, f.id, p_subject), now() + interval '7 days')
    returning * into t;
    -- Due at once where a mail may have to be sent, and at its end.
    perform add_work('file_request', p_id, p_due => case t.approval when 'waiting' then now() else t.expires_at end);
    if t.approval = 'approved' then
        perform tell_file_requested(t);
    end if;
    outcome := 'ok';
    id := p_id;
    return next;
end $$;
