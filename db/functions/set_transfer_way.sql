-- The requester of a running file transfer chooses its way: straight, overlay, or relay with the reason. p_from and p_to are the ranges of
-- the file that the receiver lacks; null: all of it. Once the device sends them, the relay keeps its ranges, unless the receiver lacks
-- more by now. Returns ok, absent, not_requester, ended, attempt_over, straight (the folder's files are never relayed), room, or fenced.
create function set_transfer_way(
    p_incarnation bigint, p_tenant text, p_project uuid, p_id uuid, p_subject text, p_attempt int, p_way text, p_reason text,
    p_room bigint, p_from bigint[], p_to bigint[])
returns text language plpgsql as $$
declare
    t         file_transfers;
    u         uploads;
    v_missing int8multirange := (select range_agg(int8range(m.lo, m.hi)) from unnest(p_from, p_to) as m (lo, hi));
    v_short   boolean;
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
    end if;
    v_short := p_way = 'relay' and t.relay_ranges is not null and (v_missing is null or not v_missing <@ t.relay_ranges);
    if t.status = 'pending' or t.way = p_way and not v_short then
        return 'ok';
    elsif p_way = 'relay' and exists (
        select from served_folders f where f.project_id = t.project_id and f.id = t.folder_id and f.is_straight)
    then
        update file_transfers set way_reason = p_reason where id = t.id;
        return 'straight';
    elsif p_way = 'relay' and relayed_bytes(t) + coalesce(
        (select sum(upper(r) - lower(r)) from unnest(v_missing) r), t.total_bytes) > p_room
    then
        update file_transfers set way_reason = p_reason where id = t.id;
        return 'room';
    end if;
    if v_short then
        select * into u from uploads where id = t.relay;
    end if;
    update file_transfers
    set way = p_way, way_reason = case p_way when 'relay' then p_reason end, moved_at = now(),
        relay = case when not v_short then relay end,
        relay_ranges = case when p_way = 'relay' and (relay is null or v_short) then v_missing else relay_ranges end
    where id = t.id;
    perform release_relay(u);
    perform tell_source(t, t.status, p_way);
    return 'ok';
end $$;
