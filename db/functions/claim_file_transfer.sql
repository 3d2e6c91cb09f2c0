-- Takes the present attempt of a file transfer for one agent of the source device. The same agent again gets ok. Returns ok, absent,
-- not_source, ended, not_approved, attempt_over, claimed, receiver_away, room, day, straight, or fenced. If the list has another version
-- of the file by now, the transfer fails. A version that the device sends to another member already is bound to the same upload.
-- p_straight: both devices can send it straight; p_why: otherwise, what stands in the way.
create function claim_file_transfer(
    p_incarnation bigint, p_tenant text, p_project uuid, p_id uuid, p_key uuid, p_attempt int, p_claim uuid, p_receiver boolean,
    p_room bigint, p_straight boolean, p_why text)
returns text language plpgsql as $$
declare
    t       file_transfers;
    v_share uuid;
    v_who   text;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    -- Those of one member are counted one after the other. Locks: the counter, the upload to share, the row.
    select requester_id into v_who from file_transfers where id = p_id;
    perform pg_advisory_xact_lock(hashtextextended(p_tenant || E'\n' || v_who, 531)) where v_who is not null;
    select o.relay into v_share
    from file_transfers m
    join file_transfers o on o.project_id = m.project_id and o.source_device_id = m.source_device_id and o.file_path = m.file_path
        and o.total_bytes = m.total_bytes and o.modified_at = m.modified_at
        and o.status = 'in_progress' and o.claim = p_claim and o.id <> m.id
        and coalesce(o.file_hash, m.file_hash) is not distinct from coalesce(m.file_hash, o.file_hash)
    where m.id = p_id and o.relay is not null and o.relay_ranges is null
    order by o.started_at limit 1;
    perform from uploads where id = v_share for update;
    t := lock_file_transfer(p_id);
    if t.id is null or t.tenant <> p_tenant or t.project_id <> p_project then
        return 'absent';
    elsif not exists (select from devices d where d.id = t.source_device_id and d.key = p_key and d.revoked_at is null) then
        return 'not_source';
    elsif t.status not in ('pending', 'in_progress') then
        return 'ended';
    elsif t.approval <> 'approved' then
        return 'not_approved';
    elsif p_attempt <> t.attempt then
        return 'attempt_over';
    elsif t.status = 'in_progress' then
        return case when t.claim = p_claim then 'ok' else 'claimed' end;
    elsif not exists (select from space_members m where m.space = t.project_id and m.subject = t.requester_id) then
        perform end_file_transfer(t, 'failed', 'rights_ended', 'Who asked is no member any more.');
        return 'ended';
    elsif not exists (
        select from remote_files r
        where r.project_id = t.project_id and r.path_sha256 = sha256(convert_to(t.file_path, 'UTF8')) and r.folder_id = t.folder_id
              and (r.size, r.modified_at) = (t.total_bytes, t.modified_at))
    then
        perform end_file_transfer(t, 'failed', 'file_changed', 'The file was changed or removed after it was asked for.');
        return 'ended';
    elsif not p_receiver then
        update file_transfers set waits = null where id = t.id;
        return 'receiver_away';
    elsif t.total_bytes > file_bytes_left(t.project_id, t.folder_id, t.requester_id, false) then
        update file_transfers set waits = 'day' where id = t.id;
        return 'day';
    elsif not p_straight and exists (
        select from served_folders f where f.project_id = t.project_id and f.id = t.folder_id and f.is_straight)
    then
        update file_transfers set waits = 'straight', way_reason = p_why where id = t.id;
        return 'straight';
    elsif not p_straight and t.total_bytes + relayed_bytes(t) > p_room
    then
        update file_transfers set waits = 'room' where id = t.id;
        return 'room';
    end if;
    update file_transfers
    set status = 'in_progress', claim = p_claim, started_at = now(), moved_at = now(), waits = null,
        counted_on = (now() at time zone 'UTC')::date,
        way = case when p_straight then 'straight' else 'relay' end, way_reason = case when p_straight then null else p_why end,
        relay = (select u.id from uploads u
                 where u.id = v_share and not p_straight and is_present(u.state)
                       and exists (select from file_transfers o where o.relay = u.id))
    where id = t.id;
    insert into file_days (project_id, folder_id, subject, day, bytes)
    values (t.project_id, t.folder_id, t.requester_id, (now() at time zone 'UTC')::date, t.total_bytes)
    on conflict (project_id, folder_id, subject, day) do update set bytes = file_days.bytes + excluded.bytes;
    insert into file_transfer_events (transfer_id, event_type, event_data)
    values (t.id, 'started', jsonb_build_object('bytes_transferred', 0, 'speed', null, 'eta', null));
    -- Looked at every hour from now on: it ends after a day without a byte.
    perform change_work('file_request', t.id, now() + interval '1 hour');
    return 'ok';
end $$;
