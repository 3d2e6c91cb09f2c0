-- The requester of a running file transfer chooses its way: straight, overlay, or relay with the reason. Returns ok, absent, not_requester,
-- ended, attempt_over, straight (the folder's files are never relayed), room, or fenced.
create function set_transfer_way(
    p_incarnation bigint, p_tenant text, p_project uuid, p_id uuid, p_subject text, p_attempt int, p_way text, p_reason text,
    p_room bigint)
returns text language plpgsql as $$
declare
    t file_transfers;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    -- Those of one member are counted one after the other, as when they are claimed.
    perform pg_advisory_xact_lock(hashtextextended(p_tenant || E'\n' || p_subject, 531));
    t := lock_file_transfer(p_id);
    if t.id is null or t.tenant <> p_tenant or t.project_id <> p_project
       or not exists (select from space_members m where m.space = p_project and m.subject = p_subject) then
        return 'absent';
    elsif t.requester_id <> p_subject then
        return case when p_subject = (
            select 'user:' || replace(d.user_id::text, '-', '') from devices d where d.id = t.source_device_id)
            then 'not_requester' else 'absent' end;
    elsif t.status not in ('pending', 'in_progress') then
        return 'ended';
    elsif coalesce(p_attempt, t.attempt) <> t.attempt then
        return 'attempt_over';
    elsif t.status = 'pending' or t.way = p_way then
        return 'ok';
    elsif p_way = 'relay' and exists (
        select from served_folders f where f.project_id = t.project_id and f.id = t.folder_id and f.is_straight)
    then
        update file_transfers set way_reason = p_reason where id = t.id;
        return 'straight';
    elsif p_way = 'relay' and t.total_bytes + relayed_bytes(t) > p_room then
        update file_transfers set way_reason = p_reason where id = t.id;
        return 'room';
    end if;
    update file_transfers set way = p_way, way_reason = case p_way when 'relay' then p_reason end, moved_at = now() where id = t.id;
    return 'ok';
end $$;
